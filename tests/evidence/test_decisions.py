"""What is published as decided is what the rules find in the published runs, and the rules were there first."""

import json
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import pytest
from made_up import a_grid
from paths import ROOT
from tiny import MEASURE, UNTIL, a_run

import grokkit as gk
from grokkit.chapters.notebooks import find_run
from grokkit.claims import claims, ledger, rule_of
from grokkit.claims.ledger import VERDICTS
from grokkit.evidence import decisions
from grokkit.evidence.needs import Needs
from grokkit.evidence.repeat import _differences, compared
from grokkit.publishing.readme import with_verdicts
from grokkit.sources import b
from grokkit.train import Experiment
from grokkit.train.price import Prices

STORE = gk.Store(ROOT / "results")
REGISTERED = [each for each in claims().values() if each.registration]
OF_ONE_CHAPTER = {each.id: each for each in REGISTERED if each.chapter == "02_transformer"}
every_registered = pytest.mark.parametrize("each", REGISTERED, ids=lambda each: each.id)


def published():
    return json.loads((ROOT / "results" / VERDICTS).read_text(encoding="utf-8"))


def records_of(id):
    held = STORE.read()
    return [held[key] for key in published().get(id, {"keys": []})["keys"]]


@cache
def plan_of(chapter):
    """Made once for all claims of a chapter."""
    return Needs.of(decisions.asked_by(chapter, STORE), STORE).table


@pytest.fixture
def one_chapter(monkeypatch):
    """Claims of other chapters are decided in the same way, and are left out where one chapter shows it."""
    monkeypatch.setattr(decisions, "claims", lambda: OF_ONE_CHAPTER)


@pytest.mark.exact
def test_the_published_verdicts_are_what_the_rules_find_in_the_published_runs():
    assert decisions.decide(STORE) == published()


@every_registered
def test_the_rule_was_registered_before_its_runs_began(each):
    for record in records_of(each.id):
        finished = datetime.fromisoformat(record.provenance["finished"])
        assert each.registration.at < finished - timedelta(seconds=record.provenance["seconds"])


@every_registered
def test_the_code_that_made_the_runs_already_held_the_registered_rule(each):
    for revision in {record.provenance["revision"] for record in records_of(each.id)}:
        assert not revision.endswith("-dirty"), "runs behind a verdict were made by code that nobody can look up"
        shown = ["git", "-C", str(ROOT), "show", f"{revision}:grokkit/claims/registered.toml"]
        then = subprocess.run(shown, capture_output=True, text=True)
        if then.returncode:
            pytest.skip(f"This copy of the project does not know the revision {revision}.")
        assert any(known in then.stdout for known in (each.registration.rule, *each.registration.was))


@pytest.mark.exact
def test_the_ledger_shows_the_published_verdicts():
    found = published()
    for row in ledger():
        expected = found.get(row["id"], {"outcome": "not tested", "n": 0, "rule_hash": "", "keys": []})
        assert (row["verdict"], row["n"], row["rule"]) == tuple(expected[x] for x in ("outcome", "n", "rule_hash"))
        assert row["keys"] == expected["keys"]


def test_verdicts_are_written_from_whatever_the_store_holds(tmp_path, monkeypatch, one_chapter):
    grid = a_grid(lambda *_: 3000)
    monkeypatch.setattr(decisions, "records_of", lambda asked, store: grid)
    file = decisions.write_verdicts(gk.Store(tmp_path), tmp_path)
    found = json.loads(file.read_text())
    assert found["A1"]["outcome"] == "reproduced" and found["A3"]["outcome"] == "undecided"
    assert len(found["A1"]["keys"]) == 16 and found["A1"]["core_hours"] == pytest.approx(16 * 36 / 3600, abs=0.01)
    assert found["A3"]["sensitivity"].keys() >= {"threshold 0.9", "every 500 steps"}


def test_without_runs_nothing_is_decided_and_all_that_is_asked_for_is_missing(tmp_path, one_chapter):
    found = decisions.decide(gk.Store(tmp_path))
    assert found.keys() == OF_ONE_CHAPTER.keys()
    for id, one in found.items():
        assert (one["outcome"], one["n"], one["keys"], one["sensitivity"]) == ("not tested", 0, [], {})
        assert one["missing"]["runs"] > 0 and one["missing"]["core_hours"] >= 0, id


def test_lists_stand_on_one_line_and_nothing_else_changes(tmp_path, monkeypatch):
    found = {"A1": {"keys": ["a, [b]", "c"], "interval": [0.5, 2.0], "missing": {"keys": []}, "told": "[\n 1\n]"}}
    monkeypatch.setattr(decisions, "decide", lambda store: found)
    text = decisions.write_verdicts(gk.Store(tmp_path), tmp_path).read_text()
    assert json.loads(text) == found
    assert '"interval": [0.5, 2.0],' in text and '"keys": []' in text


def all_but_the_last(grid, until, tmp_path, monkeypatch):
    """What is decided where all runs of the grid but the last are there."""
    runs = [record.run for record in grid]
    measure = gk.Measure(per_decade=1, full_per_decade=1)
    monkeypatch.setattr(decisions, "asked_by", lambda chapter, store: [Experiment(runs, until, measure)])
    grid = [replace(record, sample=measure.sample) for record in grid]
    for record in grid:
        record.curves["val_accuracy_full"] = record.curves["val_accuracy"]
    store = gk.Store(tmp_path)
    store.add_all(grid[:-1])
    return decisions.decide(store)


def test_what_is_missing_costs_what_runs_took_that_differ_by_their_seeds_only(tmp_path, monkeypatch, one_chapter):
    grid = a_grid(lambda *_: 2500)  # observed for 3,000 steps, in 10 hours
    grid = [replace(r, provenance={**r.provenance, "seconds": 36_000.0}) for r in grid]
    found = all_but_the_last(grid, gk.Until(steps=100_000), tmp_path, monkeypatch)
    assert found["A5"]["missing"] == {"runs": 1, "core_hours": 10.0, "keys": [grid[-1].key]}
    assert found["A3"]["missing"] == {"runs": 0, "core_hours": 0.0, "keys": []}


def test_the_hours_of_the_runs_behind_a_verdict_are_processor_hours_where_these_are_known(
    tmp_path, monkeypatch, one_chapter
):
    grid = a_grid(lambda *_: 3000)
    for record in grid:
        record.provenance["cpu_seconds"] = 360.0
    monkeypatch.setattr(decisions, "records_of", lambda asked, store: grid)
    assert decisions.decide(gk.Store(tmp_path))["A1"]["core_hours"] == pytest.approx(16 * 360 / 3600)


def test_a_record_watched_longer_than_asked_does_not_look_slower(tmp_path, monkeypatch, one_chapter):
    grid = a_grid(lambda *_: 2000, seeds=[10])  # watched for 2,500 steps in 36,000 s, and asked for 2,400
    grid = [replace(r, sample=1024, provenance={"seconds": 36_000.0, "device": "cpu"}) for r in grid]
    for record in grid:
        record.curves["val_accuracy_full"] = record.curves["val_accuracy"]
    store = gk.Store(tmp_path)
    store.add_all([grid[0], *grid[2:]])
    runs, measure = [r.run for r in grid], gk.Measure(per_decade=1, full_per_decade=1)
    asked = Experiment(runs, gk.Until(steps=2_400, accuracy=None), measure)
    monkeypatch.setattr(decisions, "asked_by", lambda chapter, store: [asked])
    assert {r.observed_to for r in decisions.records_of([asked], store)} == {2_400}
    missing = decisions.decide(store)["A3"]["missing"]
    assert missing == {"runs": 1, "core_hours": round(2_400 * 36_000 / 2_500 / 3600, 1), "keys": [grid[1].key]}


def test_a_longer_watch_that_a_rule_asks_for_is_missing_until_it_is_there(tmp_path):
    """B8 alone asks what becomes of a cell at three times the steps; a run is announced once."""
    place = {"decay": b.TOY_DECAYS["regression"][0], "rate": b.TOY_RATES[2]}
    cell = b.toy("regression", data=19, init=19, **place)
    asked = [Experiment([cell], gk.Until(steps=n)) for n in (100_000, 300_000)]
    needs = Needs.of(asked, gk.Store(tmp_path))
    read = Needs(needs.asked, needs.lacking[1:])  # as if the shorter watch were there
    for id, unread, again in (("B8", [100_000, 300_000], [300_000]), ("B3", [100_000], [])):
        for each, steps in ((needs, unread), (read, again)):
            found = each.of_rule(rule_of(id))
            assert [one.until.steps for one in found] == steps
            missing = decisions._missing(found, Prices([]))
            assert missing["keys"] == [cell.key] * bool(steps) and missing["runs"] == len(missing["keys"])


@every_registered
def test_the_rule_names_its_runs_before_there_are_any(each):
    """A claim's rows can be told from settings alone: of runs that are not trained yet, too."""
    asked = set(rule_of(each.id).rows(plan_of(each.chapter))["key"])
    assert asked and asked >= set(published().get(each.id, {"keys": []})["keys"])


def test_every_run_behind_a_verdict_can_be_found_by_its_id():
    key = published()["A1"]["keys"][0]
    [run] = find_run(key).runs
    assert run.key == key
    with pytest.raises(gk.BadInput, match="No chapter plans a run with the id 'abc'"):
        find_run("abc")


def test_a_run_trained_again_is_compared_bit_by_bit(tmp_path, monkeypatch):
    monkeypatch.setattr("grokkit.evidence.repeat.checkout", lambda: tmp_path)
    asked = Experiment([a_run()], UNTIL, MEASURE)
    for folder in ("results", "again"):
        gk.train(asked.runs, until=UNTIL, measure=MEASURE, store=tmp_path / folder)
    table, sentence = compared(asked, gk.Store(tmp_path / "again"))
    assert list(table["run"]) == ["published", "here"] and sentence == "Bit for bit the published run."
    gk.train([a_run(1)], until=UNTIL, measure=MEASURE, store=tmp_path / "again")
    _, sentence = compared(Experiment([a_run(1)], UNTIL, MEASURE), gk.Store(tmp_path / "again"))
    assert "does not hold this run" in sentence


@pytest.mark.parametrize(
    ("hardware", "told"), [("Another", "hardware Another then, This now."), ("This", "nothing else differs")]
)
def test_a_repetition_with_other_bits_says_what_else_differs(hardware, told):
    first, second = (replace(r, provenance={"hardware": "This"}) for r in a_grid(lambda *_: 3000, seeds=[10])[:2])
    assert told in _differences(replace(first, provenance={"hardware": hardware}), second)


@pytest.mark.exact
def test_the_readmes_table_is_the_ledgers():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert with_verdicts(text) == text
    for id, found in published().items():
        decided = found["outcome"] not in ("undecided", "not tested")
        assert (f"| {id} |" in text) == decided and (not decided or f"**{found['outcome']}**" in text)
    with pytest.raises(gk.GrokkitError, match="lacks the marks"):
        with_verdicts("no marks")
