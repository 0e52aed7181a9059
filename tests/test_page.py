"""What a chapter's page says of its runs: counts from what is asked and what is there, a sentence where none are."""

import json
from dataclasses import replace

import numpy as np
import pytest
from made_up import a_grid

import grokkit as gk
from grokkit.chapters import page
from grokkit.chapters.page import Page
from grokkit.train import Experiment

TOLD = {"hardware": "A processor", "grokkit": "0", "torch": "2", "revision": "abc", "precision": "float32"}


@pytest.fixture(scope="module")
def grid():
    return [replace(r, provenance=r.provenance | TOLD) for r in a_grid(lambda *_: 3000)]


def a_page(grid, held):
    runs = [gk.Run.from_json(json.dumps(record.config)) for record in grid]
    half = len(runs) // 2
    return Page("transformer", "evidence", [Experiment(runs), Experiment(runs[:half])], held)


@pytest.fixture
def shown(monkeypatch):
    """What is displayed beside a cell's value."""
    seen = []
    monkeypatch.setattr(page, "display", lambda thing: seen.append(thing.data))
    return seen


def test_the_answer_names_verdicts_runs_and_cost(grid):
    whole = a_page(grid, [*grid, *grid[:3]])  # of a run that two experiments ask for there is one
    verdicts = whole.verdicts(["A1", "A3"])
    said = whole.answer({"A1": "it groks", "A3": "sooner"}, verdicts, also="Well.").data
    assert said == (
        "The answer in one line: it groks (A1): **reproduced**; sooner (A3): **undecided**.\n\n"
        f"{len(grid)} runs, {len(grid) * 36 / 3600:.1f} core-hours (A processor). Well."
    )


def test_the_answer_names_what_is_still_to_come_and_the_command(grid):
    part = a_page(grid, grid[:-7])
    said = part.answer({"A1": "it groks"}, part.verdicts(["A1"])).data
    assert f"{len(grid) - 7} runs, " in said
    command = "`grokkit run transformer --profile evidence`"
    assert said.endswith(f"7 of this chapter's {len(grid)} runs are still to come: {command} makes them.")
    none = a_page(grid, [])
    told = none.answer({"A1": "it groks"}, none.verdicts(["A1"])).data
    assert f"**not tested**.\n\nAll this chapter's {len(grid)} runs are still to come" in told
    assert "core-hours" not in told


def test_a_figure_without_runs_says_so_in_its_place_and_what_it_would_show(grid, shown):
    half_there, rows = a_page(grid, grid[:10]), gk.evidence_table(grid[:10])
    assert half_there.shows(rows, "All curves.") and not shown
    assert not half_there.shows(rows[:0], "The other curves.")
    [said] = shown
    assert said.startswith(f"The other curves. *No runs yet.* {len(grid) - 10} of this chapter's {len(grid)} runs")
    assert "`grokkit run transformer --profile evidence`" in said


def test_what_made_the_runs_is_counted_in_runs_and_core_hours(grid):
    older = [replace(r, provenance=r.provenance | {"revision": "older"}) for r in grid[:4]]
    made = a_page(grid, [*older, *grid[4:]]).made_by().frame.set_index("revision")
    assert made.runs.to_dict() == {"abc": len(grid) - 4, "older": 4}
    assert made.hours["older"] == pytest.approx(4 * 36 / 3600) and made.hardware["abc"] == "A processor (cpu)"
    assert a_page(grid, []).made_by().data.startswith("What made the runs. *No runs yet.* All this")


def test_nothing_missing_in_a_table_is_no_reason_to_promise_runs(grid, shown):
    assert not a_page(grid, grid).shows(np.array([]), "Controls.")
    assert shown == ["Controls. *No runs:* this profile asks for none."]


def test_one_missing_run_is_told_in_the_singular(grid):
    run = gk.Run.from_json(json.dumps(grid[0].config))
    told = Page("quickstart", "laptop", [Experiment([run])], []).lacking
    assert told == "The run asked for here is still to come: `grokkit run quickstart --profile laptop` makes it."
