"""What is handed to a public call and is not what it takes gets one sentence, before any work; NumPy's numbers are
numbers."""

from __future__ import annotations

import dataclasses
import os
import pathlib
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import MEASURE, UNTIL, a_run
from typer.testing import CliRunner

import grokkit as gk
from grokkit.train import sweep

NAN = float("nan")
RUN = a_run()


def trained(runs=RUN, **asked):
    return lambda: gk.train(runs, **asked)


REFUSED = {
    "until": (trained(until=50), r"^train until: a gk\.Until, as in until=gk\.Until\(steps=50\); 50 came\.$"),
    "until 0": (trained(until=0), "^train until: a gk.Until"),
    "until of a Measure": (trained(until=MEASURE), "^train until: a gk.Until.*; Measure"),
    "measure": (trained(measure=10), r"^train measure: a gk\.Measure, as in measure=gk\.Measure\(every=50\); 10 came"),
    "no runs": (trained(None), "^train runs: one or more gk.Run or gk.Experiment; None came"),
    "a number of runs": (trained(5), "^train runs: one or more gk.Run or gk.Experiment; 5 came"),
    "a name": (trained("quickstart"), "^train runs: every entry must be a Run; 'q' came"),
    "a request for a run": (trained(UNTIL), "^train runs: one or more gk.Run or gk.Experiment; Until"),
    "store": (trained(store=5), r"^train store: a folder's path or a gk\.Store; 5 came"),
    "no store": (trained(store=False), "^train store: .*; False came"),
    "device 0": (trained(device=0), "^Device 0 is no device name; use 'cpu', 'cuda' or 'cuda:0'"),
    "device ''": (trained(device=""), "^Device '' is no device name"),
    "device None": (trained(device=None), "^Device None is no device name"),
    "workers in words": (trained(workers="2"), "^train workers: a whole number, at least 1; '2' came"),
    "workers True": (trained(workers=True), "^train workers: a whole number, at least 1; True came"),
    "half a worker": (trained(workers=2.5), "^train workers: a whole number, at least 1; 2.5 came"),
    "compiled": (trained(compiled="yes"), "^train compiled: True, False or None; 'yes' came"),
    "compiled 1": (trained(compiled=1), "^train compiled: True, False or None; 1 came"),
    "missing": (trained(missing=False), "^train missing: 'train', 'report', 'raise' or None; False came"),
    "display": (trained(display=True), r"^train display: a gk\.Display\(\) or None; True came"),
    "deadline": (trained(deadline="now"), "^train deadline: seconds from now, 0 to a billion; 'now' came"),
    "deadline NaN": (trained(deadline=NAN), "^train deadline: .*; nan came"),
    "deadline in the past": (trained(deadline=-1), "^train deadline: .*; -1 came"),
    "deadline without an end": (trained(deadline=float("inf")), "^train deadline: .*; inf came"),
    "deadline as a moment": (trained(deadline=1_800_000_000.0), "^train deadline: seconds from now, "),
    "runs of an experiment": (lambda: gk.Experiment(5), "^Experiment runs: one or more gk.Run; 5 came"),
    "a run alone in an experiment": (lambda: gk.Experiment(RUN), "^Experiment runs: one or more gk.Run; Run"),
    "no run in an experiment": (lambda: gk.Experiment(["a"]), "^Experiment runs: every entry must be a Run; 'a' came"),
    "until of an experiment": (lambda: gk.Experiment([RUN], 50), "^Experiment until: a gk.Until.*; 50 came"),
    "measure of an experiment": (lambda: gk.Experiment([RUN], measure=5), "^Experiment measure: a gk.Measure.*; 5"),
    "weights of nothing": (lambda: gk.weights_at(5, [1]), "^weights_at runs: one or more gk.Run; 5 came"),
    "weights at a step": (lambda: gk.weights_at(RUN, 5), "^weights_at steps: whole numbers that rise from 0; 5 came"),
    "weights at half a step": (lambda: gk.weights_at(RUN, [0, 2.5]), r"^weights_at steps: .*; \[0, 2.5\] came"),
    "weights at words": (lambda: gk.weights_at(RUN, "10"), "^weights_at steps: .*; '10' came"),
    "weights at True": (lambda: gk.weights_at(RUN, [True]), "^weights_at steps: "),
    "weights compiled": (lambda: gk.weights_at(RUN, [1], compiled="no"), "^weights_at compiled: True, False or None"),
    "a table of a store": (lambda: gk.runs_table(gk.Store("x")), "^runs_table records: .*; Store"),
    "a table of a dict": (lambda: gk.curves_table({"a": 1}), "^curves_table records: .*; 'a' came"),
    "a table of nothing": (lambda: gk.evidence_table(None), "^evidence_table records: .*; None came"),
    "a threshold in percent": (lambda: gk.runs_table([], 99), "^runs_table threshold: above 0, at most 1; 99 came"),
    "a threshold in words": (lambda: gk.evidence_table([], "0.9"), "^evidence_table threshold: .*; '0.9' came"),
    "every 0": (lambda: gk.evidence_table([], every=0), "^evidence_table every: a whole number, at least 1; 0 came"),
    "a store's path": (lambda: gk.Store.find(5), "^Store path: a folder's path; 5 came"),
    "no path": (lambda: gk.Store.find(False), "^Store path: a folder's path; False came"),
    "a store of nothing": (lambda: gk.Store(None), "^Store path: a folder's path; None came"),
    "steps without a name": (lambda: gk.Until(50), r"^Until: its settings come by name, .* Until\(steps=\.\.\.\); 50"),
    "p without a name": (lambda: gk.ModularAddition(97), r"^ModularAddition: .* ModularAddition\(p=\.\.\.\); 97"),
    "endless steps": (lambda: gk.Until(steps=10**30), "^Until steps: input should be less than or equal to"),
}  # fmt: skip


@pytest.fixture
def no_work(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("work was begun")

    for name in ("Worker", "train_in_pool"):
        monkeypatch.setattr(sweep, name, refuse)
    yield
    assert not Path(os.environ["GROKKIT_STORE"]).exists()


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_call_does_not_take_gets_its_sentence(case, no_work):
    call, said = REFUSED[case]
    with pytest.raises(gk.GrokkitError, match=said) as caught:
        call()
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


MEANT = {
    "lr": (lambda: gk.AdamW(lr=1e-3), "AdamW setting 'lr' is unknown; did you mean 'learning_rate'?"),
    "wd": (lambda: gk.AdamW(wd=1.0), "did you mean 'weight_decay'?"),
    "betas": (lambda: gk.AdamW(betas=(0.9, 0.98)), "did you mean 'beta1'?"),
    "modulus": (lambda: gk.ModularAddition(modulus=97), "did you mean 'p'?"),
    "n": (lambda: gk.ModularAddition(prime=97), "did you mean 'p'?"),
    "d_model": (lambda: gk.Transformer(d_model=128), "did you mean 'width'?"),
    "n_heads": (lambda: gk.Transformer(n_heads=4), "did you mean 'heads'?"),
    "num_layers": (lambda: gk.Transformer(num_layers=2), "did you mean 'layers'?"),
    "hidden_size": (lambda: gk.LSTM(hidden_size=128), "did you mean 'hidden'?"),
    "batch_size": (lambda: gk.Batch(batch_size=512), "did you mean 'size'?"),
    "max_steps": (lambda: gk.Until(max_steps=50), "did you mean 'steps'?"),
    "threshold": (lambda: gk.Until(threshold=0.9), "did you mean 'accuracy'?"),
    "eval_every": (lambda: gk.Measure(eval_every=50), "did you mean 'every'?"),
    "dtype": (lambda: a_run(dtype="float64"), "did you mean 'precision'?"),
    "frac_train": (lambda: a_run(frac_train=0.3), "did you mean 'train_fraction'?"),
    "lr of a run": (lambda: a_run(lr=1e-3), "Run setting 'lr' is unknown; 'learning_rate' is one of its optimizer."),
    "decay of a run": (lambda: a_run(weight_decay=1.0), "'weight_decay' is one of its optimizer."),
    "p of a run": (lambda: a_run(modulus=7), "'p' is one of its task."),
    "batch size of a run": (lambda: a_run(batch_size=8), "'size' is one of its batch."),
    "steps of a run": (lambda: a_run(steps=8), "'steps' is no setting of a run: gk.train(runs, until=gk.Until(steps="),
}  # fmt: skip


@pytest.mark.parametrize("case", MEANT)
def test_a_setting_by_another_name_is_answered_with_the_one_that_is_meant(case):
    call, said = MEANT[case]
    with pytest.raises(gk.BadInput) as caught:
        call()
    assert said in str(caught.value)


def test_numpys_integers_are_seeds_and_moduli():
    for seed in np.arange(3):
        run = a_run(seed, p=np.int64(7))
        assert run.key == a_run(int(seed)).key and run == gk.Run.from_json(run.to_json())
        assert type(run.seeds.data) is int and type(run.task.p) is int
    assert gk.Until(steps=np.int32(5)) == gk.Until(steps=5)
    assert gk.MLP(hidden=tuple(np.array([16, 8]))) == gk.MLP(hidden=(16, 8))
    assert gk.Measure(observables=("sharpness",), observe_at=list(np.arange(3))).observe_at == (0, 1, 2)
    assert gk.Run(**dict(a_run()) | {"task": {"kind": "modular_addition", "p": np.int64(7)}}).key == a_run().key


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("rate", [1e-3, 0.1, 3.0])
def test_numpys_floats_give_the_key_of_pythons(kind, rate):
    run = a_run(rate=kind(rate))
    assert run.key == a_run(rate=rate).key and type(run.optimizer.learning_rate) is float


def test_numpys_arrays_of_one_number_are_that_number():
    assert a_run(np.array(3), rate=np.array(0.1, dtype=np.float32)).key == a_run(3, rate=0.1).key
    assert a_run(torch.tensor(3)).key == a_run(3).key


def test_numpys_truth_values_are_pythons():
    assert gk.ModularAddition(framed=np.True_) == gk.ModularAddition(framed=True)


@pytest.mark.parametrize("value", [True, np.True_, np.float64(3.0), np.array([3]), "3"])
def test_what_is_no_integer_is_no_seed(value):
    with pytest.raises(gk.BadInput, match="Seeds data: "):
        gk.Seeds(data=value)


def test_numpys_numbers_are_workers_and_steps():
    assert len(gk.train(a_run(), until=UNTIL, measure=MEASURE, workers=np.int64(1), compiled=np.False_)) == 1
    [weights] = gk.weights_at(a_run(), np.arange(2))
    assert {len(x) for x in weights.values()} == {2}


def test_any_iterable_of_runs_makes_an_experiment():
    made = gk.Experiment(a_run(seed) for seed in range(2))
    assert [run.key for run in made.runs] == [a_run(seed).key for seed in range(2)]
    assert dataclasses.replace(made, runs=made.runs[:1]).runs == [a_run()]


@pytest.mark.parametrize("path", [lambda p: str(p), lambda p: p, lambda p: pathlib.PurePosixPath(p)])
def test_a_path_may_be_of_any_kind(path, tmp_path):
    assert gk.Store.find(path(tmp_path)).path == tmp_path


def test_a_long_watch_costs_nothing(no_work):
    until = gk.Until(steps=10**10)
    assert len(gk.train(a_run(), until=until, measure=gk.Measure(every=1), missing="report")) == 0


@pytest.mark.parametrize("command", [["run", "quickstart"], ["train", "plan.jsonl"], ["next"]])
@pytest.mark.parametrize("workers", ["0", "-1"])
def test_the_command_refuses_workers_as_the_call_does(command, workers, tmp_path, monkeypatch, no_work):
    from grokkit.cli.app import app
    from grokkit.train.experiment import to_lines

    monkeypatch.chdir(tmp_path)
    Path("plan.jsonl").write_text("\n".join(to_lines([gk.Experiment([a_run()], UNTIL, MEASURE)])))
    ended = CliRunner().invoke(app, [*command, "--workers", workers])
    assert str(ended.exception) == f"train workers: a whole number, at least 1; {workers} came."
