"""The command: what a reader types, what comes back, and with which exit status."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from tiny import MEASURE, UNTIL, TinyPlan, a_run, digests, short_lived

import grokkit as gk
from grokkit.chapters import notebooks as chapters
from grokkit.cli import app as cli
from grokkit.errors import BadInput
from grokkit.plans import PLANS, PROFILES
from grokkit.train import sweep, worker
from grokkit.train.experiment import Experiment, from_lines, to_lines


@pytest.fixture
def grokkit(capsys, monkeypatch):
    """Calls the command as a shell would: (exit status, standard output, standard error)."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "dumb")
    for name in ("FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments, stdin: str = ""):
        monkeypatch.setattr(sys, "argv", ["grokkit", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        status = 0
        try:
            cli.main()
        except SystemExit as end:
            status = end.code or 0
        return status, *capsys.readouterr()

    return call


@pytest.fixture
def chapter(tmp_path, monkeypatch):
    """A notebook that nothing here executes."""
    monkeypatch.setitem(PLANS, "tiny", TinyPlan)
    path = tmp_path / "07_tiny.ipynb"
    path.write_text("no JSON")
    return path


# Help.


@pytest.mark.parametrize(
    "command, purpose",
    [
        ("", "Train networks until they grok"),
        ("run", "Train what a chapter lacks"),
        ("plan", "for `grokkit train` on another machine"),
        ("train", "Train the runs of a plan"),
        ("next", "Train missing published runs"),
        ("book", "build the static book"),
        ("ledger", "All 77 claims"),
        ("bench", "Time the engine beside the ordinary PyTorch loop"),
        ("store", "Look after a store"),
        ("store check", "List unreadable files"),
        ("store merge", "Add the records of another store"),
        ("store pack", "Gather the files of single runs"),
    ],
)
def test_help_says_what_a_command_is_for(command, purpose, grokkit):
    status, out, err = grokkit(*command.split(), "--help")
    assert status == 0 and err == ""
    assert purpose.replace("`", "") in " ".join(out.replace("`", "").split())
    assert "Usage: grokkit" in out


def test_help_lists_every_command_that_is_tested_above(grokkit):
    listed = {c.name or c.callback.__name__ for c in cli.app.registered_commands}
    assert listed == {"run", "plan", "train", "book", "ledger", "bench", "register", "next"}
    assert {c.name or c.callback.__name__ for c in cli.store_app.registered_commands} == {"check", "merge", "pack"}


def test_help_of_a_chapter_command_names_profiles_and_parameters(grokkit):
    _, out, _ = grokkit("run", "--help")
    for word in ("--profile", *PROFILES, "-p", "--device", "--store", "--workers", "--output"):
        assert word in out


# Plan, train, merge, check.


def test_a_chapter_is_planned_here_trained_there_and_merged_back(chapter, grokkit, tmp_path):
    status, plan, err = grokkit("plan", chapter, "--profile", "evidence", "-p", "p", "5")
    assert (status, err) == (0, "")
    lines = [json.loads(line) for line in plan.splitlines()]
    assert len(lines) == 4 and {line["until"]["steps"] for line in lines} == {UNTIL.steps, 1}
    assert gk.Run(**lines[1]["run"]) == a_run(1, p=5)

    there, here = tmp_path / "there", tmp_path / "here"
    status, out, err = grokkit("train", "-", "--store", there, "--workers", "1", stdin=plan)
    assert (status, out) == (0, ""), err
    assert "3 of 3 runs are missing" in err and "1 of 1 runs are missing" in err
    assert "Training them here will take" in err and "uncompiled, because GROKKIT_COMPILED=0 is set" in err
    assert [file.name.split("-")[0] for file in there.iterdir()] == ["pack"]

    assert grokkit("store", "merge", there, "--store", here) == (0, f"4 new records in {here}.\n", "")
    assert grokkit("store", "merge", there, "--store", here) == (0, f"0 new records in {here}.\n", "")
    assert grokkit("store", "check", "--store", here) == (0, f"4 runs in {here}, 0 problems.\n", "")
    runs = [a_run(seed, p=5) for seed in range(3)]
    merged = gk.train(runs, until=UNTIL, measure=MEASURE, store=here, missing="raise")
    assert digests(merged) == digests(gk.train(runs, until=UNTIL, measure=MEASURE, store=tmp_path / "straight"))

    status, _, err = grokkit("train", "-", "--store", here, stdin=plan)
    assert status == 0 and "0 of 3 runs are missing" in err and "will take" not in err


def test_the_store_of_the_environment_is_the_default(grokkit, monkeypatch, tmp_path):
    monkeypatch.setenv("GROKKIT_STORE", str(tmp_path / "elsewhere"))
    gk.train([a_run()], until=gk.Until(steps=1), store=tmp_path / "elsewhere")
    assert grokkit("store", "check")[1] == f"1 runs in {tmp_path / 'elsewhere'}, 0 problems.\n"
    assert grokkit("store", "pack")[1] == f"Nothing to pack in {tmp_path / 'elsewhere'}.\n"


def test_check_names_a_damaged_file_and_fails(grokkit, tmp_path):
    for seed in (1, 2):
        gk.train([a_run(seed)], until=gk.Until(steps=1), store=tmp_path)
    file = sorted(tmp_path.iterdir())[0]
    file.write_bytes(file.read_bytes()[:100])
    with pytest.warns(gk.StoreWarning, match=file.name):
        status, out, _ = grokkit("store", "check", "--store", tmp_path)
    assert status == 1 and f"{file}: is cut short" in out and f"1 runs in {tmp_path}, 1 problems." in out


def test_a_deadline_leaves_one_packed_file_and_checkpoints_of_the_rest(grokkit, tmp_path, monkeypatch):
    runs = [*(short_lived().model_copy(update={"seeds": gk.Seeds.all(seed)}) for seed in range(3)), a_run(5), a_run(6)]
    plan = tmp_path / "plan.jsonl"
    plan.write_text("\n".join(to_lines([Experiment(runs, gk.Until(steps=10**6, accuracy=None), MEASURE)])))
    store, cache = tmp_path / "store", Path(os.environ["GROKKIT_CACHE"])
    clock, add = [0.0], gk.Store.add

    def slow_add(store, record):
        clock.append(clock.pop() + 100)
        return add(store, record)

    monkeypatch.setattr(gk.Store, "add", slow_add)
    for module in (cli, sweep):
        monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: clock[0]))
    status, _, err = grokkit("train", plan, "--store", store, "--workers", "1", "--deadline", "50")
    assert status == 0, err
    assert err.count("diverged after 1 steps") == 3
    [packed] = store.iterdir()
    assert packed.name.startswith("pack-") and len(gk.Store(store)) == 3
    assert {file.name.split("-")[0] for file in cache.rglob("*.safetensors")} == {run.key for run in runs[3:]}


def test_ctrl_c_is_a_sentence_and_130(grokkit, tmp_path, monkeypatch):
    def interrupted(*_):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(worker.Checkpoints, "load", interrupted)
    plan = "\n".join(to_lines([Experiment([a_run()], UNTIL, MEASURE)]))
    status, out, err = grokkit("train", "-", "--store", tmp_path, "--workers", "1", stdin=plan)
    assert status == 130
    assert "Interrupted: 0 of 1 runs are finished" in err and "goes on from there" in err


def test_run_trains_and_then_executes_the_chapter_on_that_store(chapter, grokkit, tmp_path, monkeypatch):
    executed = []
    monkeypatch.setattr(chapters, "execute", lambda *arguments: executed.append(arguments) or arguments[1])
    status, _, err = grokkit("run", chapter, "-p", "seed", 3, "--store", tmp_path / "s", "--workers", 1,
                             "--output", tmp_path / "done.ipynb")  # fmt: skip
    assert status == 0, err
    assert f"The chapter, executed: {tmp_path / 'done.ipynb'}" in err
    given = {"profile": "laptop", "seed": 3, "store": str(tmp_path / "s"), "train": True}
    assert executed == [(chapter, tmp_path / "done.ipynb", given)]
    held = gk.Store(tmp_path / "s").read()
    assert set(held) == {run.key for run in (a_run(3), a_run(4), a_run(103))}


def test_run_trains_side_by_side_what_is_asked_alike(grokkit, tmp_path, monkeypatch):
    parts = [Experiment([a_run(1)], UNTIL, MEASURE), Experiment([a_run(2)], UNTIL, MEASURE)]
    monkeypatch.setattr(chapters, "planned", lambda *_: parts)
    monkeypatch.setattr(chapters, "execute", lambda *arguments: arguments[1])
    status, _, err = grokkit("run", "quickstart", "--store", tmp_path / "s", "--workers", 1)
    assert status == 0 and "2 of 2 runs are missing" in err


# Parameters.


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (["-p", "seed", "3"], {"seed": 3}),
        (["-p", "seed=3"], {"seed": 3}),
        (["-p", "seed", "3", "-p", "p=5", "-p", "name", "a b"], {"seed": 3, "p": 5, "name": "a b"}),
        (["-p", "name", "a=b"], {"name": "a=b"}),
        (["-p", "name=true"], {"name": True}),
        (["-p", "name", "False"], {"name": False}),
        (["-p", "name", "[1, 2]"], {"name": [1, 2]}),
        (["-p", "seed", "-3"], {"seed": -3}),
        (["-p", "name="], {"name": ""}),
    ],
)
def test_parameters_arrive_in_the_chapter(arguments, expected, chapter, grokkit, monkeypatch):
    seen = []
    monkeypatch.setattr(chapters, "planned", lambda path, given: seen.append(given) or [])
    status, _, err = grokkit("plan", chapter, "--profile", "smoke", *arguments)
    assert (status, err) == (0, "")
    assert seen == [{"profile": "smoke", **expected}]


def test_both_ways_to_give_a_parameter_plan_the_same(chapter, grokkit):
    plans = {grokkit("plan", chapter, *given)[1] for given in (["-p", "seed", 3], ["-p", "seed=3"], ["-pseed=3"])}
    assert len(plans) == 1 and gk.Run(**json.loads(plans.pop().splitlines()[0])["run"]) == a_run(3)


def test_every_profile_has_its_grid(chapter, grokkit):
    counts = {p: len(grokkit("plan", chapter, "--profile", p)[1].splitlines()) for p in PROFILES}
    assert counts == {"smoke": 2, "laptop": 3, "evidence": 4, "source": 3}


# Errors: one sentence, exit status 2.


@pytest.mark.parametrize(
    "arguments, parts",
    [
        (["plan", "quickstrat"], ["Chapter 'quickstrat' is unknown", "did you mean 'quickstart'?"]),
        (["run", "[/b]"], ["Chapter '[/b]' is unknown"]),
        (["plan", "CHAPTER", "-p", "sed", "3"], ["Parameter of chapter 07_tiny 'sed'", "did you mean 'seed'?", "name"]),
        (["run", "CHAPTER", "-p", "colour", "red"], ["Parameter of chapter 07_tiny 'colour' is unknown. Known:"]),
        (["plan", "CHAPTER", "-p", "seed"], ["-p takes NAME=VALUE (or NAME VALUE); 'seed' came."]),
        (
            ["plan", "CHAPTER", "--profile", "laptpo"],
            ["Profile 'laptpo' is unknown", "smoke, laptop, evidence"],
        ),
        (["plan", "CHAPTER", "-p", "p", "1"], ["ModularAddition p", "greater than or equal to 2", "1 came"]),
        (["plan", "FOLDER/no.ipynb"], ["Chapter '", "no.ipynb' is unknown"]),
        (["plan", "FOLDER/text.ipynb"], ["The plan of a chapter 'text' is unknown", "summands"]),
        (["plan", "CHAPTER", "-p", "seed", "x"], ["TinyPlan seed", "valid integer", "'x' came"]),
        (["train", "FOLDER/none.jsonl"], ["The plan", "none.jsonl cannot be read", "No such file"]),
        (["train", "FOLDER"], ["The plan", "cannot be read", "directory"]),
        (["train", "FOLDER/binary.jsonl"], ["binary.jsonl cannot be read: it is not text."]),
        (["train", "FOLDER/empty.jsonl"], ["empty.jsonl holds no run", "grokkit plan CHAPTER"]),
        (["train", "GOOD", "--store", "FOLDER/text.ipynb/store"], ["text.ipynb/store", "GROKKIT_STORE"]),
        (["train", "GOOD", "--device", "gpu"], ["Device 'gpu' is no device name; use 'cpu', 'cuda' or 'cuda:0'."]),
        (["train", "GOOD", "--workers", "-1"], ["train workers: a whole number, at least 1; -1 came."]),
        (["store", "merge", "FOLDER/none"], ["none cannot be merged: there is no such folder or file."]),
        (["store", "merge", "FOLDER/text.ipynb"], ["text.ipynb cannot be merged"]),
    ],
)
def test_errors_are_one_sentence_and_exit_status_2(arguments, parts, chapter, grokkit, tmp_path):
    folder = tmp_path / "a folder whose name is much longer than the eighty columns that a log file is said to have"
    folder.mkdir()
    (folder / "text.ipynb").write_text("no JSON")
    (folder / "binary.jsonl").write_bytes(b"\xff\xfe\x00")
    (folder / "empty.jsonl").write_text("\n \n")
    (folder / "good.jsonl").write_text("\n".join(to_lines([Experiment([a_run()], UNTIL, MEASURE)])))
    places = {"CHAPTER": str(chapter), "GOOD": str(folder / "good.jsonl")}
    status, out, err = grokkit(*(places.get(a, a.replace("FOLDER", str(folder))) for a in arguments))
    assert (status, out) == (2, "")
    sentence = err.splitlines()[-1]
    assert sentence.startswith("grokkit: ") and "Traceback" not in err
    assert all(part in sentence for part in parts), sentence
    assert not Path(os.environ["GROKKIT_STORE"]).exists()


GOOD = to_lines([Experiment([a_run()], UNTIL, MEASURE)])[0]


@pytest.mark.parametrize(
    "bad, parts",
    [
        ("{not JSON", ["not a run as `grokkit plan` writes it", "JSONDecodeError"]),
        ("[1, 2]", ["not a run as `grokkit plan` writes it"]),
        ('{"run": {}}', ["Run needs task"]),
        (json.dumps({"run": json.loads(GOOD)["run"]}), ["not a run", "'until'"]),
        ('{"until": {}, "measure": {}}', ["not a run", "'run'"]),
        (a_run().to_json(), ["not a run", "it has no 'run'", "grokkit.train.experiment.to_lines"]),
        (GOOD.replace('"p": 7', '"p": 1'), ["ModularAddition p", "equal to 2", "1 came"]),
        (GOOD.replace("mlp", "mpl"), ["Model 'mpl'", "did you mean 'mlp'"]),
        (GOOD.replace('"every": 10', '"every": 0'), ["Measure every", "0 came"]),
        (GOOD.replace('"steps": 40', '"stpes": 40'), ["Until setting 'stpes'", "did you mean 'steps'"]),
        (GOOD.replace('"learning_rate": 0.01', '"learning_rate": NaN'), ["learning_rate", "finite", "nan came"]),
    ],
)
def test_a_bad_line_of_a_plan_is_named_by_its_number(bad, parts, grokkit, tmp_path):
    assert bad != GOOD
    status, out, err = grokkit("train", "-", "--store", tmp_path / "store", stdin=f"{GOOD}\n\n{bad}\n{GOOD}\n")
    assert (status, out) == (2, "") and "Line 3 of the plan" in err
    assert all(part in err for part in parts), err
    assert not (tmp_path / "store").exists()


def test_a_plan_carries_runs_and_requests_unchanged():
    transformer = gk.Run(
        task=gk.ModularAddition(p=11, summands=3), model=gk.Transformer.nanda(), optimizer=gk.SAM(rho=0.1),
        batch=gk.Batch(size=None), schedule=gk.Schedule(warmup=3), seeds=gk.Seeds(data=2**62), precision="float64",
    )  # fmt: skip
    given = [
        Experiment([a_run(1), a_run(2)], UNTIL, MEASURE),
        Experiment([transformer], gk.Until(), gk.Measure()),
        Experiment([a_run(3)], UNTIL, MEASURE),
    ]
    found = from_lines(to_lines(given))
    assert [(e.until, e.measure) for e in found] == [(UNTIL, MEASURE), (gk.Until(), gk.Measure())]
    assert [[run.key for run in e.runs] for e in found] == [
        [a_run(1).key, a_run(2).key, a_run(3).key],
        [transformer.key],
    ]
    assert found[1].runs == [transformer]
    with pytest.raises(BadInput, match="Line 1 of the plan"):
        from_lines(["7"])


def test_an_option_that_does_not_exist_is_a_usage_error(grokkit):
    status, out, err = grokkit("plan", "quickstart", "--no-such-option")
    assert status == 2 and "No such option" in err and "--no-such-option" in err


# The chapters and the ledger.


def test_chapters_are_found_by_name_by_number_and_name_and_by_path(chapter):
    [quickstart] = [path for path in chapters.chapters() if path.name == "01_quickstart.ipynb"]
    assert chapters.find_chapter("quickstart") == chapters.find_chapter("01_quickstart") == quickstart
    assert chapters.find_chapter(str(chapter)) == chapter


@pytest.mark.parametrize("profile", PROFILES)
def test_every_chapter_of_the_book_can_be_planned(profile):
    for path in chapters.chapters():
        assert "profile" in chapters.parameters(path)
        assert sum(len(e.runs) for e in chapters.planned(path, {"profile": profile})) > 0


def test_the_ledger_as_json_is_a_list_of_77_objects(grokkit):
    status, out, err = grokkit("ledger", "--json")
    rows = json.loads(out)
    assert (status, err, len(rows), len({row["id"] for row in rows})) == (0, "", 77, 77)
    assert all(list(row) == ["id", "source", "verdict", "n", "interval", "chapter", "rule", "profile"] for row in rows)


def test_the_ledger_as_a_table_shows_every_claim(grokkit):
    status, out, _ = grokkit("ledger")
    assert status == 0
    assert all(f" {row['id']} " in out for row in json.loads(grokkit("ledger", "--json")[1]))
