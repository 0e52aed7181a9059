"""Every bad input gets one sentence that names the parameter, what came and what is allowed, before any work."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
import torch
from tiny import MEASURE, UNTIL, a_run

import grokkit as gk
from grokkit.train import machine, sweep

NAN = float("nan")

SENTENCES = {
    "p": (lambda: gk.ModularAddition(p=1), ["ModularAddition p", "greater than or equal to 2", "1 came"]),
    "p of the other task": (lambda: gk.Addition(p=0), ["Addition p", "greater than or equal to 2", "0 came"]),
    "p that is no integer": (lambda: gk.ModularAddition(p=7.5), ["ModularAddition p", "integer", "7.5 came"]),
    "too large a table": (lambda: gk.ModularAddition(p=997, summands=3), ["p, summands", "997^3", "smaller p"]),
    "fraction 0": (lambda: a_run(train_fraction=0.0), ["train_fraction", "between 0 and 1, both excluded", "0.0 came"]),
    "fraction 1": (lambda: a_run(train_fraction=1.0), ["train_fraction", "between 0 and 1, both excluded", "1.0 came"]),
    "fraction -1": (lambda: a_run(train_fraction=-1.0), ["train_fraction", "both excluded", "-1.0 came"]),
    "no example to train on": (
        lambda: a_run(train_fraction=0.02),
        ["train_fraction", "0.02 of 49 examples leaves 0 for training and 49 for validation", "at least one"],
    ),
    "batch larger than the training set": (
        lambda: a_run(batch=gk.Batch(size=25)),
        ["batch.size", "25 is larger than the training set of 24", "smaller size", "None", "sampling='replacement'"],
    ),
    "padding among batch averages": (
        lambda: a_run(model=gk.MLP(batch_norm=True), batch=gk.Batch(size=8, short_last=True)),
        ["batch.short_last", "True came", "normalises over the batch", "short_last=False"],
    ),
    "averages of one example": (
        lambda: a_run(model=gk.MLP(batch_norm=True), batch=gk.Batch(size=1)),
        ["batch.size", "1 example a step came", "normalises over the batch", "at least 2"],
    ),
    "draws for a full batch": (
        lambda: gk.Batch(size=None, sampling="replacement"),
        ["Batch sampling", "'replacement' came", "does nothing without a size"],
    ),
    "short last draws": (
        lambda: gk.Batch(sampling="replacement", short_last=True),
        ["Batch short_last", "True came", "does nothing without epochs"],
    ),
    "short last full batch": (lambda: gk.Batch(size=None, short_last=True), ["Batch short_last", "does nothing"]),
    "empty batch": (lambda: gk.Batch(size=0), ["Batch size", "greater than or equal to 1", "0 came"]),
    "negative rate": (lambda: gk.AdamW(learning_rate=-0.1), ["AdamW learning_rate", "equal to 0", "-0.1 came"]),
    "NaN rate": (lambda: gk.AdamW(learning_rate=NAN), ["AdamW learning_rate", "finite number", "nan came"]),
    "infinite decay": (lambda: gk.AdamW(weight_decay=float("inf")), ["weight_decay", "finite", "inf came"]),
    "NaN fraction": (lambda: a_run(train_fraction=NAN), ["train_fraction", "finite number", "nan came"]),
    "NaN accuracy": (lambda: gk.Until(accuracy=NAN), ["Until accuracy", "finite number", "nan came"]),
    "rate in words": (lambda: gk.AdamW(learning_rate="fast"), ["learning_rate", "valid number", "'fast' came"]),
    "seed of no vectors": (lambda: gk.Addition(vector_seed=3), ["Addition vector_seed", "3 came", "vectors is None"]),
    "draw of no embedding": (lambda: gk.MLP(discarded_draw=True), ["MLP discarded_draw", "embedding is None"]),
    "seed too large for scikit-learn": (
        lambda: a_run(seeds=gk.Seeds(data=2**32), split="scikit-learn"),
        ["Run seeds.data", "below 2^32", "4294967296 came"],
    ),
    "nothing to watch": (lambda: gk.Until(accuracy=None, every_step=True), ["every_step", "accuracy is None"]),
    "batches at every step": (
        lambda: gk.train([a_run()], until=gk.Until(every_step=True)),
        ["every_step", "full batches", "batch.size 8 came", "every_step=False"],
    ),
    "unknown task": (lambda: a_run(task={"kind": "modular_adition"}), ["Task", "did you mean 'modular_addition'"]),
    "unknown model": (lambda: a_run(model={"kind": "transfomer"}), ["Model", "did you mean 'transformer'", "mlp"]),
    "unknown optimizer": (lambda: a_run(optimizer={"kind": "adamww"}), ["Optimizer", "did you mean 'adamw'", "sam"]),
    "unknown setting": (lambda: gk.AdamW(learning_rat=0.1), ["AdamW setting", "did you mean 'learning_rate'"]),
    "unknown setting of a run": (lambda: a_run(seed_=1, seeds_=gk.Seeds()), ["Run setting 'seeds_'", "'seeds'"]),
    "unknown choice": (lambda: a_run(precision="float16"), ["Run precision", "'bfloat16' or 'float64'", "'float16'"]),
    "missing part": (lambda: gk.Run(task=gk.Addition(), model=gk.MLP()), ["Run needs optimizer"]),
    "a number for seeds": (lambda: a_run(seeds=7), ["Run seeds: a gk.Seeds, as in gk.Seeds.all(0); 7 came."]),
    "a number for a batch": (lambda: a_run(batch=32), ["Run batch: a gk.Batch, as in gk.Batch(size=32); 32 came."]),
    "a name for a task": (lambda: a_run(task="sums"), ["Run task: a task, as in gk.ModularAddition(p=97); 'sums'"]),
    "a class for a network": (lambda: a_run(model=gk.MLP), ["Run model: a class becomes settings by", "MLP()", "came"]),
    "a number for a moment": (
        lambda: gk.Switch(setting="weight_decay", to=0.0, at=9),
        ["Switch at: a gk.Moment; 9 came."],
    ),
    "no steps": (lambda: gk.Until(steps=0), ["Until steps", "greater than or equal to 1", "0 came"]),
    "negative seed": (lambda: gk.Seeds.all(-1), ["Seeds data", "greater than or equal to 0", "-1 came"]),
    "no initial weights": (lambda: a_run(init_scale=0), ["Run init_scale", "greater than 0", "0 came"]),
    "everything dropped": (lambda: gk.MLP(dropout=1.0), ["MLP dropout", "less than 1", "1.0 came"]),
    "no run": (lambda: gk.train([a_run(), "run"]), ["runs", "every entry must be a Run", "'run' came"]),
    "line that is no run": (lambda: gk.Run.from_json('{"task'), ["one line of JSON", '{"task']),
    "JSON that is no run": (lambda: gk.Run.from_json("[1]"), ["JSON object", "[1]"]),
    "no worker": (lambda: gk.train([a_run()], workers=0), ["workers", "at least 1", "0 came"]),
    "unknown way": (lambda: gk.train([a_run()], missing="rase"), ["missing 'rase'", "did you mean 'raise'", "report"]),
    "compiled without a compiler": (lambda: gk.train([a_run()], compiled=True), ["compiled", "GROKKIT_COMPILED=0"]),
}


@pytest.fixture
def no_work(monkeypatch):
    """Nothing may be trained, and no store may be made."""

    def refuse(*_, **__):
        raise AssertionError("work was begun")

    monkeypatch.setattr(sweep, "Worker", refuse)
    monkeypatch.setattr(sweep, "train_in_pool", refuse)
    yield
    assert not Path(os.environ["GROKKIT_STORE"]).exists()


def check(call, parts, error=gk.BadInput):
    with pytest.raises(error) as caught:
        call()
    sentence = str(caught.value)
    assert all(part in sentence for part in parts), sentence
    assert "\n" not in sentence and sentence[0].isupper() or sentence.startswith("train "), sentence
    assert isinstance(caught.value, gk.GrokkitError)


@pytest.mark.parametrize("case", SENTENCES)
def test_bad_input_gets_its_sentence(case, no_work):
    check(*SENTENCES[case])


@pytest.mark.parametrize("width", [0, -3])
def test_a_layer_without_units_is_refused(width):
    check(lambda: gk.MLP(hidden=(16, width)), ["MLP hidden", str(width)])


# Devices and what they can do.


@pytest.mark.parametrize(
    "device, parts",
    [
        ("cuda", ["Device 'cuda' is not there", "sees no CUDA GPU", "use 'cpu'"]),
        ("cuda:3", ["Device 'cuda:3' is not there", "use 'cpu'"]),
        ("gpu", ["Device 'gpu' is no device name", "'cpu'", "'cuda'"]),
        ("meta", ["Device 'meta' is not supported", "'cpu' and 'cuda' are"]),
    ],
)
def test_a_device_that_is_not_there(device, parts, no_work, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    check(lambda: gk.train([a_run()], device=device), parts, gk.DeviceError)


def test_a_gpu_with_too_high_a_number(no_work, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    check(lambda: gk.train([a_run()], device="cuda:2"), ["'cuda:2' is not there", "2 CUDA GPUs"], gk.DeviceError)


def test_bfloat16_needs_hardware_that_has_it(no_work, monkeypatch):
    runs = [a_run(), a_run(precision="bfloat16")]
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, "avx512_bf16": False})
    check(lambda: gk.train(runs), ["Run precision", "bfloat16 needs hardware", "cpu here has none", "Use float32"],
          gk.DeviceError)  # fmt: skip


def test_bfloat16_trains_where_the_hardware_has_it(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True})
    row = gk.train([a_run(precision="bfloat16")], until=gk.Until(steps=2), store=tmp_path).table().iloc[0]
    assert row["provenance.precision"] == "bfloat16" and row["observed_to"] == 2


# The compiler.


@pytest.fixture
def compiler_wanted(monkeypatch):
    """As on a machine whose compiler works, unless a test says otherwise."""
    monkeypatch.delenv("GROKKIT_COMPILED")
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(machine, "why_it_fails", lambda compiler: None)
    machine._warn_once.cache_clear()


def test_without_a_compiler_training_is_uncompiled_and_the_record_says_so(compiler_wanted, monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda name, *_: None)
    reason = machine.why_uncompiled(torch.device("cpu"))
    assert "no C++ compiler" in reason and "installed" in reason
    with pytest.warns(
        machine.UncompiledWarning, match="no C\\+\\+ compiler.*pass compiled=False or set GROKKIT_COMPILED=0"
    ):
        [record] = gk.train([a_run()], until=UNTIL, measure=MEASURE, store=tmp_path)
    assert record.provenance["compiled"] is False and record.observed_to == UNTIL.steps
    check(lambda: gk.train([a_run(1)], store=tmp_path, compiled=True),
          ["compiled: impossible here", "no C++ compiler", "leave it out"])  # fmt: skip


def test_the_compiler_that_is_looked_for_is_the_one_that_will_be_called(compiler_wanted, monkeypatch):
    installed = {"g++", "clang++"} - {"clang++" if sys.platform == "darwin" else "g++"}
    monkeypatch.setattr(shutil, "which", lambda name, *_: f"/usr/bin/{name}" if name in installed else None)
    assert "no C++ compiler" in machine.why_uncompiled(torch.device("cpu"))
    monkeypatch.setenv("CXX", *installed)
    assert "no C++ compiler" not in (machine.why_uncompiled(torch.device("cpu")) or "")


def test_without_the_headers_of_python_nothing_is_compiled(compiler_wanted, monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda name, *_: f"/usr/bin/{name}")
    monkeypatch.setattr("sysconfig.get_paths", lambda: {"include": str(tmp_path)})
    monkeypatch.setattr(torch, "__file__", "/torch/__init__.py")  # this checkout's path may have a space
    assert "headers of Python" in machine.why_uncompiled(torch.device("cpu"))
    (tmp_path / "Python.h").touch()
    assert machine.why_uncompiled(torch.device("cpu")) is None


@pytest.mark.parametrize("where", ["PyTorch", "the headers of Python", "temporary files", "compiled libraries"])
def test_where_a_path_has_a_space_nothing_is_compiled(where, compiler_wanted, monkeypatch, tmp_path):
    """PyTorch takes its compiler's command apart at spaces."""
    plain, spaced = tmp_path / "plain", tmp_path / "a space"
    for folder in (plain, spaced):
        folder.mkdir()
        (folder / "Python.h").touch()
    places = {"PyTorch": plain / "torch" / "__init__.py", "the headers of Python": plain, "temporary files": plain}
    places |= {"compiled libraries": plain}
    monkeypatch.setattr(shutil, "which", lambda name, *_: f"/usr/bin/{name}")

    def put():
        monkeypatch.setattr(torch, "__file__", str(places["PyTorch"]))
        monkeypatch.setattr("sysconfig.get_paths", lambda: {"include": str(places["the headers of Python"])})
        monkeypatch.setattr(tempfile, "tempdir", str(places["temporary files"]))
        monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(places["compiled libraries"]))

    put()
    assert machine.why_uncompiled(torch.device("cpu")) is None
    places[where] = spaced / places[where].relative_to(plain)
    put()
    assert machine.why_uncompiled(torch.device("cpu")) == (
        f"the path of {where} ({places[where].parent if where == 'PyTorch' else spaced}) has a space, which PyTorch's "
        "compiler does not take"
    )


# The store.


def test_an_unwritable_store_is_an_error_before_any_work(tmp_path, no_work):
    (tmp_path / "file").touch()
    store = tmp_path / "file" / "store"
    with pytest.raises(gk.StoreError) as caught:
        gk.train([a_run()], store=store)
    assert str(store) in str(caught.value) and "GROKKIT_STORE" in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links")
def test_a_store_that_can_be_looked_for_but_not_made_is_an_error_before_any_work(tmp_path, no_work):
    (tmp_path / "store").symlink_to(tmp_path / "absent" / "folder")
    with pytest.raises(gk.StoreError, match="cannot be written to .* choose another one with GROKKIT_STORE"):
        gk.train([a_run()], store=tmp_path / "store")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_store_without_permission_is_an_error_before_any_work(tmp_path, no_work):
    (tmp_path / "store").mkdir(mode=0o500)
    with pytest.raises(gk.StoreError, match="Permission denied"):
        gk.train([a_run()], store=tmp_path / "store")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_cache_that_cannot_be_written_is_an_error_before_any_work(tmp_path, monkeypatch, workers):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GROKKIT_CACHE", str(tmp_path / "file" / "cache"))
    for part in ("Worker", "train_in_pool"):
        monkeypatch.setattr(sweep, part, lambda *_, **__: pytest.fail("work was begun"))
    with pytest.raises(gk.StoreError, match="cache/checkpoints cannot be written to .* with GROKKIT_CACHE") as caught:
        gk.train([a_run(), a_run(1)], store=tmp_path / "store", workers=workers)
    assert "\n" not in str(caught.value)


def test_a_bad_run_among_good_ones_stops_the_call_before_any_work(no_work, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {})
    with pytest.raises(gk.DeviceError):
        gk.train([*(a_run(seed) for seed in range(20)), a_run(precision="bfloat16")])


def test_what_the_hardware_is_called_is_asked_afresh(monkeypatch):
    """Checkpoints are found by it: a name remembered from another time would lose them."""
    names = []
    for name in ("one", "two"):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda name=name: {"cpu_name": name})
        names.append(machine.environment(torch.device("cpu"), False)["hardware"])
    assert names == ["one", "two"]
