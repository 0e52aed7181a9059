"""`grokkit next`: what it refuses, trains, leaves and says."""

import json
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from paths import SUPPORT
from queued import ASIDES, CHAPTER, plan_a_tiny_book, runs
from test_cli import grokkit  # noqa: F401
from tiny import MEASURE, UNTIL, a_run, digests

import grokkit as gk
from grokkit.cli import evidence as cli_evidence
from grokkit.train import Experiment, machine, sweep
from grokkit.train.machine import require_clean_checkout
from grokkit.train.price import Prices

SEEDS = (0, 1, 2, 3, 4, *ASIDES)


def revised(monkeypatch, revision):
    monkeypatch.setattr(machine, "versions", lambda: {"revision": revision} if revision else {})


@pytest.fixture
def book(monkeypatch, tmp_path):
    """A tiny book in a clean checkout of its own; its verdicts are the claims that have all their runs."""
    plan_a_tiny_book(monkeypatch)
    revised(monkeypatch, "0123456789ab")

    def judged(store, folder):
        file = folder / "verdicts.json"
        file.write_text(json.dumps({"A3": {"outcome": "reproduced" if runs(4)[0].key in store else "not tested"}}))
        return file

    monkeypatch.setattr(cli_evidence, "write_verdicts", judged)
    monkeypatch.setattr(cli_evidence, "evidence_folder", lambda: None)
    monkeypatch.setattr(cli_evidence, "checkout", lambda: tmp_path)
    return tmp_path


def undisturbed(folder, *seeds):
    return set(digests(gk.train(runs(*seeds), until=UNTIL, measure=MEASURE, store=folder / "undisturbed")))


def held(store):
    return {record.digest for record in gk.Store(store).read().values()}


@pytest.mark.parametrize("revision", ["0123456789ab-dirty", ""])
def test_a_checkout_that_nobody_can_look_up_is_refused_before_training(grokkit, book, monkeypatch, revision):  # noqa: F811
    revised(monkeypatch, revision)
    status, out, err = grokkit("next", "--store", book / "store")
    assert status == 2 and out == "" and not (book / "store").exists()
    assert ("differ from the last commit" if revision else "has no git history") in err
    status, out, err = grokkit("next", "--list", "--store", book / "store")
    assert status == 0 and "A2" in out, err


def test_only_what_evidence_itself_writes_may_differ_from_the_commit(tmp_path, monkeypatch):
    (tmp_path / "grokkit" / "train").mkdir(parents=True), (tmp_path / "results").mkdir()
    for name in ("grokkit/code.py", "results/verdicts.json", "README.md"):
        (tmp_path / name).write_text("as committed")
    for arguments in (["init", "-q"], ["add", "."], ["-c", "user.name=x", "-c", "user.email=x", "commit", "-qm", "x"]):
        subprocess.run(["git", "-C", tmp_path, *arguments], check=True)
    monkeypatch.setattr(machine, "__file__", str(tmp_path / "grokkit" / "train" / "machine.py"))
    clean = machine._revision()
    assert len(clean) == 12
    for name in ("results/verdicts.json", "README.md", "results/run-new.parquet"):
        (tmp_path / name).write_text("changed")
    assert machine._revision() == clean
    (tmp_path / "grokkit" / "code.py").write_text("changed")
    assert machine._revision() == f"{clean}-dirty"
    revised(monkeypatch, machine._revision())
    with pytest.raises(gk.GrokkitError, match=f"This checkout is {clean}-dirty"):
        require_clean_checkout()


def test_the_queue_is_trained_packed_and_judged(grokkit, book):  # noqa: F811
    (book / "README.md").write_text("none of ours")
    status, out, err = grokkit("next", "--hours", "0.2", "--workers", "1", "--store", book / "store")
    assert status == 0, err
    assert held(book / "store") == undisturbed(book, *SEEDS)
    assert [file.name.split("-")[0] for file in sorted((book / "store").glob("*.parquet"))] == ["pack"]
    assert out == "A3: not tested -> reproduced\n"
    assert "7 runs are missing" in err and "3 claims wait for them: A3, A1, A2." in err
    assert err.rstrip().endswith("No run is missing.")
    assert (book / "README.md").read_text() == "none of ours"

    status, out, err = grokkit("next", "--hours", "0.2", "--store", book / "store")
    assert (status, out) == (0, "") and "No run is missing." in err


def test_the_readme_follows_the_projects_own_results(grokkit, book, monkeypatch):  # noqa: F811
    written = []
    monkeypatch.setattr(cli_evidence, "write_verdicts_table", written.append)
    status, _, err = grokkit("next", "--hours", "0.2", "--claims", "A3", "--workers", "1", "--store", book / "results")
    assert status == 0 and written == [book / "README.md"], err


def test_claims_and_shards_train_their_part_alone(grokkit, book):  # noqa: F811
    status, _, err = grokkit("next", "--hours", "0.2", "--claims", "A3, A1", "--workers", "1", "--store", book / "a")
    assert status == 0 and held(book / "a") == undisturbed(book, 4, 0, 1), err
    for k in "12":
        grokkit("next", "--hours", "0.2", "--shard", f"{k}/2", "--workers", "1", "--store", book / f"shard{k}")
    one, two = held(book / "shard1"), held(book / "shard2")
    assert one and two and not one & two and one | two == undisturbed(book, *SEEDS)


def test_the_list_shows_order_price_and_sums_and_trains_nothing(grokkit, book):  # noqa: F811
    status, out, err = grokkit("next", "--list", "--store", book / "store")
    rows = [line.split("│")[1:-1] for line in out.splitlines() if line.startswith("│")]
    assert status == 0, err
    assert [[cell.strip() for cell in row[:4]] for row in rows] == [
        ["A3", "A3", CHAPTER, "1"],
        ["A1", "A1", CHAPTER, "2"],
        ["A2", "A2", CHAPTER, "2"],
        [CHAPTER, "", CHAPTER, "2"],
    ]
    assert [row[-1].strip() for row in rows] == ["1", "2", "3", "3"]
    assert not (book / "store").exists()


def test_no_run_begins_that_cannot_end_in_time(grokkit, book, monkeypatch):  # noqa: F811
    long = {runs(4)[0].key, runs(0)[0].key}
    monkeypatch.setattr(Prices, "seconds", lambda self, run, *_: 1000.0 if run.key in long else 0.01)
    status, _, err = grokkit("next", "--hours", "0.2", "--workers", "1", "--store", book / "store")
    assert status == 0 and held(book / "store") == undisturbed(book, 1, 2, 3, *ASIDES)
    assert "2 runs are missing" in err


def test_a_run_that_has_begun_needs_only_the_rest(grokkit, book, monkeypatch):  # noqa: F811
    until = gk.Until(steps=10**6, accuracy=None)
    plan_a_tiny_book(monkeypatch, [Experiment(runs(4), until, MEASURE)])
    begun = []
    monkeypatch.setattr(Prices, "seconds", lambda self, run, until, measure, begun_at: begun.append(begun_at) or 0.01)
    deadline = SimpleNamespace(time=lambda: next(times))
    times = iter([0.0] * 30 + [1e6] * 10**6)
    for module in (cli_evidence, sweep):
        monkeypatch.setattr(module, "time", deadline)
    status, _, err = grokkit("next", "--hours", "1", "--workers", "1", "--carry", "--store", book / "store")
    assert status == 0, err
    assert begun[0] == 0 and begun[-1] > 0
    [kept] = (book / "store" / "checkpoints").iterdir()
    assert kept.name.startswith(a_run(4).key)


@pytest.mark.parametrize("hours", ["0", "-1", "nan", "inf"])
def test_hours_that_are_none_are_refused(grokkit, book, hours):  # noqa: F811
    status, _, err = grokkit("next", "--hours", hours, "--store", book / "store")
    assert status == 2 and "next --hours takes a number above 0" in err


def test_what_goes_wrong_in_training_is_told_after_what_is_done_was_judged(grokkit, book, monkeypatch):  # noqa: F811
    add, left = gk.Store.add, [1, 1, 0]

    def failing(store, record):
        if not left.pop(0):
            raise gk.GrokkitError("The disk is full.")
        return add(store, record)

    monkeypatch.setattr(gk.Store, "add", failing)
    status, out, err = grokkit("next", "--hours", "0.2", "--workers", "1", "--store", book / "store")
    assert status == 2 and err.rstrip().endswith("grokkit: The disk is full.")
    assert "A3: not tested -> reproduced" in out and len(list((book / "store").glob("pack-*"))) == 1


def test_ctrl_c_packs_and_judges_what_there_is(grokkit, book, monkeypatch):  # noqa: F811
    add = gk.Store.add

    def interrupting(store, record):
        signal.raise_signal(signal.SIGINT)
        return add(store, record)

    monkeypatch.setattr(gk.Store, "add", interrupting)
    status, _, err = grokkit("next", "--hours", "0.2", "--workers", "1", "--store", book / "store")
    assert status == 130 and "Interrupted:" in err.splitlines()[-1] and "runs are missing" in err.splitlines()[-2]
    assert (book / "store" / "verdicts.json").exists()


KILLED = """
import sys
sys.path.insert(0, {here!r})
import pytest
from queued import plan_a_tiny_book, runs
from tiny import MEASURE
import grokkit as gk
from grokkit.cli import evidence as cli_evidence
from grokkit.cli import app as cli
from grokkit.train import Experiment, machine
with pytest.MonkeyPatch.context() as patch:
    plan_a_tiny_book(patch, [Experiment(runs(*range(12)), gk.Until(steps=200, accuracy=None), MEASURE)])
    patch.setattr(machine, "versions", lambda: {{"revision": "0123456789ab"}})
    patch.setattr(cli_evidence, "write_verdicts", lambda store, folder: folder / "none")
    patch.setattr(cli_evidence, "evidence_folder", lambda: None)
    cli.main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="processes are sent signals")
def test_killed_and_started_again_it_goes_on(grokkit, book, monkeypatch):  # noqa: F811
    script, store = book / "script.py", book / "store"
    script.write_text(KILLED.format(here=str(SUPPORT)))
    command = ["next", "--hours", "1", "--workers", "1", "--store", store]
    killed = subprocess.Popen([sys.executable, script, *command], stderr=subprocess.DEVNULL)
    while killed.poll() is None and not list(store.glob("run-*.parquet")):
        time.sleep(0.02)
    killed.kill()
    killed.wait()
    assert 0 < len(list(store.glob("run-*.parquet"))) < 12
    asked = Experiment(runs(*range(12)), gk.Until(steps=200, accuracy=None), MEASURE)
    plan_a_tiny_book(monkeypatch, [asked])
    status, _, err = grokkit(*command)
    assert status == 0 and err.rstrip().endswith("No run is missing."), err
    assert held(store) == set(digests(gk.train(asked, store=book / "undisturbed")))
