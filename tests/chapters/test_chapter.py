"""What a chapter's page says of its runs: counts from what is asked and what is there, a sentence where none are."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from made_up import a_grid
from tiny import MEASURE, UNTIL, TinyPlan, a_run

import grokkit as gk
from grokkit.chapters import chapter
from grokkit.chapters.chapter import Chapter
from grokkit.train import Experiment

TOLD = {"hardware": "A processor", "grokkit": "0", "torch": "2", "revision": "abc", "precision": "float32"}
IN_WORDS = {"A1": "it groks", "A3": "sooner"}


@pytest.fixture(scope="module")
def grid():
    return gk.Records(replace(r, provenance=r.provenance | TOLD) for r in a_grid(lambda *_: 3000))


def runs_of(records):
    return [record.run for record in records]


def a_chapter(grid, held):
    runs = runs_of(grid)
    half = len(runs) // 2
    asked = [Experiment(runs), Experiment(runs[:half])]
    return Chapter("transformer", "evidence", asked, gk.Records(held).once())


@pytest.fixture
def shown(monkeypatch):
    """What is displayed beside a cell's value."""
    seen = []
    monkeypatch.setattr(chapter, "display", lambda thing: seen.append(thing))
    return seen


def with_panels(records):
    rows = gk.evidence_table(records)
    return rows.assign(panel="one", p=rows["task.p"], seed=rows["seeds.init"])


def test_a_chapter_loads_its_runs_each_once_and_knows_those_of_each_experiment(tmp_path, monkeypatch):
    asked = [Experiment([a_run(1), a_run(2)], UNTIL, MEASURE), Experiment([a_run(2), a_run(3)], UNTIL, MEASURE)]
    gk.train(asked[0], store=tmp_path)
    loaded = Chapter.load(TinyPlan(store=str(tmp_path)), asked)
    assert [record.key for record in loaded.records] == [a_run(1).key, a_run(2).key] == list(loaded.by_key)
    assert [record.key for record in loaded.of(asked[1])] == [a_run(2).key]
    assert loaded.only(asked[:1]).lacking == "" and len(loaded.only(asked[1:]).records) == 1
    assert loaded.lacking.startswith("1 of this chapter's 3 runs are still to come")


def test_a_chapter_says_what_is_missing_and_trains_it_when_told(tmp_path, monkeypatch, capsys):
    plan = TinyPlan(profile="smoke", store=str(tmp_path), device="cpu")
    assert not Chapter.load(plan).records
    told = capsys.readouterr().out
    assert told.startswith("2 runs are missing: at most ") and told.endswith("train = True makes them.\n")
    assert "(device 'cpu')" in told
    monkeypatch.setenv("GROKKIT_MISSING", "report")  # as where a page is built
    assert not Chapter.load(TinyPlan(**dict(plan) | {"train": True})).records and capsys.readouterr().out == ""
    monkeypatch.delenv("GROKKIT_MISSING")
    assert len(Chapter.load(TinyPlan(**dict(plan) | {"train": True})).records) == 2
    assert capsys.readouterr().out == "" and not Chapter.load(plan).lacking
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("device", "gpu", "expected"), [("auto", False, 3), ("auto", True, 1), ("cpu", False, 1)])
def test_a_chapter_takes_all_cores_or_the_gpu(device, gpu, expected, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(chapter, "cores", lambda: 3)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    monkeypatch.setattr(chapter, "train", lambda *_, **how: asked.append(how) or gk.Records())
    Chapter.load(TinyPlan(store=str(tmp_path), device=device, train=True))
    assert [(how["device"], how["workers"]) for how in asked] == [(device, expected)]


def test_the_answer_is_the_sentence_or_that_there_is_none(grid):
    assert a_chapter(grid, grid).answer("It does.").data == "It does."
    assert a_chapter(grid, []).answer().data.startswith("Not answered yet: ")


def test_the_state_names_verdicts_runs_and_cost(grid):
    whole = a_chapter(grid, [*grid, *grid[:3]])  # of a run that two experiments ask for there is one
    said = whole.state(IN_WORDS, also="Well.").data
    assert said == (
        "Claim by claim: it groks ([A1](#claim-a1)): **reproduced**; sooner ([A3](#claim-a3)): **undecided**.\n\n"
        f"{len(grid)} runs, {len(grid) * 36 / 3600:.1f} core-hours (A processor). Well."
    )
    assert whole.ids == ["A1", "A2", "A3", "A4", "A5"]
    assert a_chapter(grid, grid[:1]).state(IN_WORDS).data.split("\n\n")[1].startswith("1 run, 0.6 core-minutes (A")


def test_the_state_names_what_is_still_to_come_and_the_command(grid):
    part = a_chapter(grid, grid[:-7])
    said = part.state(IN_WORDS).data
    assert f"{len(grid) - 7} runs, " in said
    command = "`grokkit run transformer --profile evidence`, or `train = True` in the notebook,"
    assert said.endswith(f"7 of this chapter's {len(grid)} runs are still to come: {command} makes them.")
    told = a_chapter(grid, []).state(IN_WORDS).data
    assert f"**not tested**.\n\nAll this chapter's {len(grid)} runs are still to come" in told
    assert "core-hours" not in told


def test_an_effect_is_told_with_its_interval_and_n(grid):
    whole = a_chapter(grid, grid)
    found = whole.verdicts.set_index("claim").loc["A1"]
    ends = found["effect (90% interval)"].split(": ")[1]
    assert " to " in ends and whole.interval("A1") == f"{ends} (90% interval, n = {found['runs']})"
    assert a_chapter(grid, []).interval("A1") == ""


def test_the_ends_of_a_setting_are_told_with_the_medians_of_tables(grid):
    rows = with_panels(grid)
    low, high = rows.p.min(), rows.p.max()
    first, last = (gk.median_times(rows[rows.p == end])["T_val"] for end in (low, high))
    told = a_chapter(grid, grid).from_to(rows, "p", "p")
    assert told == f"{first:,.0f} steps at p = {low} to {last:,.0f} at p = {high}"


def test_a_figure_without_runs_says_so_in_its_place_and_nothing_else(grid, shown):
    half_there, rows = a_chapter(grid, grid[:10]), gk.evidence_table(grid[:10])
    assert half_there.shows(rows, "All curves.") and not shown
    assert not half_there.shows(rows[:0], "The other curves.")
    for draw in (half_there.draw_bands, half_there.draw_dots):
        draw(rows[:0], "p", "p", "The other curves.", 1)
    half_there.draw_run(rows[:0], "The other curves.", chance=0.1)
    assert [thing.data for thing in shown] == ["The other curves. *No runs yet.*"] * 4


def test_figures_count_the_runs_that_they_draw(grid, shown):
    rows = with_panels(grid)
    few = rows.groupby("p").head(2)
    some = rows[(rows.p != rows.p.min()) | (rows.seed == rows.seed.min())]
    whole = a_chapter(grid, grid)
    whole.draw_dots(few, "p", "modulus p", "Dots.", budget=5000)
    whole.draw_dots(rows.groupby("p").head(1), "p", "modulus p", "Dots.", budget=5000)
    whole.draw_dots(some, "p", "modulus p", "Dots.", budget=5000, note="Well.")
    whole.draw_bands(few, "p", "p", "Curves.")
    whole.draw_run(few, "A run.", chance=0.1)
    captions = [figure.caption for figure in shown]
    counts = some.groupby("p").size()
    assert captions[0].startswith("Dots. One dot a run, 2 runs a setting; ")
    assert captions[1].startswith("Dots. One dot a run, 1 run a setting; ")
    assert f"{counts.min()} to {counts.max()} runs a setting" in captions[2] and captions[2].endswith("Well.")
    assert captions[3].startswith("Curves. 2 runs a line")
    assert captions[4] == "A run. 1 run. Dashed: the first evaluations at 99%; dotted: chance."


def test_claims_without_runs_have_no_rows_and_are_named_once(grid):
    whole, none = a_chapter(grid, grid), a_chapter(grid, [])
    table = whole.source_against_ours("As coded.")
    read = table.frame["claim"].tolist()
    absent = [id for id in whole.ids if id not in read]
    assert read and table.caption == "Source against ours. As coded." + (
        f" Without runs so far: {', '.join(absent)}." if absent else ""
    )
    assert whole.what_was_seen().frame["claim"].tolist() == read == whole.readings().frame["claim"].tolist()
    for made in (none.source_against_ours, none.what_was_seen, none.readings):
        assert made().data == "*No rule has runs to read here so far.*"


def test_a_name_from_a_store_is_text_in_the_prose(grid):
    odd = [replace(r, provenance=r.provenance | {"hardware": "<img src=x onerror=alert(1)> [a](b)"}) for r in grid]
    said = a_chapter(grid, odd).state({}).data
    assert r"(\<img src=x onerror=alert(1)\> \[a\](b))." in said


def test_what_made_the_runs_is_counted_in_runs_and_core_hours(grid):
    older = [replace(r, provenance=r.provenance | {"revision": "older"}) for r in grid[:4]]
    made = a_chapter(grid, [*older, *grid[4:]]).made_by().frame.set_index("revision")
    assert made.runs.to_dict() == {"abc": len(grid) - 4, "older": 4}
    assert made.hours["older"] == pytest.approx(4 * 36 / 3600) and made.hardware["abc"] == "A processor (cpu)"
    assert a_chapter(grid, []).made_by().data == "What made the runs. *No runs yet.*"


def test_nothing_missing_in_a_table_is_no_reason_to_promise_runs(grid, shown):
    assert not a_chapter(grid, grid).shows(np.array([]), "Controls.")
    assert [thing.data for thing in shown] == ["Controls. *No runs:* this profile asks for none."]


def test_one_missing_run_is_told_in_the_singular(grid):
    told = Chapter("quickstart", "laptop", [Experiment(runs_of(grid[:1]))], gk.Records()).lacking
    assert told.startswith("The run asked for here is still to come: `grokkit run quickstart --profile laptop`, or ")


def test_a_long_plan_is_counted_with_thousands_separators():
    runs = [a_run(seed) for seed in range(1200)]
    told = Chapter("quickstart", "laptop", [Experiment(runs)], gk.Records()).lacking
    assert told.startswith("All this chapter's 1,200 runs are still to come: ")


def test_a_run_that_does_not_arrive_says_so_where_its_figure_is_described(grid, shown):
    unhurried = replace(
        grid[0], curves=grid[0].curves | {"val_accuracy": np.zeros_like(grid[0].curves["val_accuracy"])}
    )
    held = a_chapter(grid, [unhurried])
    held.draw_run(gk.evidence_table(held.records), "One run.", 1 / 47)
    assert "T_val not within what was watched." in repr(shown[0])
