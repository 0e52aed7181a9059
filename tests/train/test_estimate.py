"""What a forecast rests on: the pace of this machine, and how far runs went that differ by their seeds alone."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from rich.console import Console
from tiny import a_run

import grokkit as gk
from grokkit.chapters.notebooks import find_chapter, planned
from grokkit.records.store import evidence_folder
from grokkit.train import estimate as estimating
from grokkit.train.estimate import estimate
from grokkit.train.machine import environment
from grokkit.train.progress import Display, Look

HERE = torch.device("cpu")
UNTIL = gk.Until(steps=1000)


def record(run: gk.Run, steps: int, status: str = "reached", seconds: float | None = None) -> gk.Record:
    """Made here, where it took `seconds`; else on another machine, that took 1000 s for each step."""
    ours = environment(HERE, False) | ({"seconds": seconds} if seconds else {"hardware": "another"})
    made = {"seconds": 1000.0 * steps} | ours
    curve = np.array([steps], np.int64)
    return gk.Record(run.key, json.loads(run.to_json()), curve, {}, steps, status, made)


@pytest.fixture(autouse=True)
def no_timing(monkeypatch):
    monkeypatch.setattr(estimating, "_timed", lambda *_: 2.0)


def forecast(runs, held=(), published=(), workers=1):
    return estimate(runs, UNTIL, held, HERE, False, workers, published)


def test_without_any_records_runs_may_spend_their_whole_budget():
    assert forecast([a_run(), a_run(1)]) == (2, 2 * 1000 * 2.0, True, {})


def test_published_runs_tell_the_steps_and_never_the_pace():
    published = [record(a_run(seed), steps) for seed, steps in ((1, 300), (2, 400), (3, 900))]
    assert forecast([a_run()], published=published) == (1, 400 * 2.0, False, {a_run().key: 400})
    assert forecast([a_run()], published=[*published, record(a_run(0), 500, seconds=5)]).seconds == 450 * 2.0


def test_records_of_this_machine_tell_its_pace_and_those_of_others_their_steps():
    held = [record(a_run(1, rate=0.5), 100, seconds=50), record(a_run(2), 300)]
    assert forecast([a_run()], held) == (1, 300 * 0.5, False, {a_run().key: 300})


def test_a_run_that_was_watched_for_less_tells_nothing_and_one_for_more_is_cut():
    assert forecast([a_run()], published=[record(a_run(1), 500, "budget")]).at_most
    longer = forecast([a_run()], published=[record(a_run(1), 5000, "budget")])
    assert longer.seconds == 1000 * 2.0 and not longer.at_most


def test_other_settings_tell_nothing_and_leave_it_at_most():
    both = [a_run(), a_run(decay=2.0)]
    found = forecast(both, published=[record(a_run(1), 300)], workers=2)
    assert found == (2, (300 + 1000) * 2.0 / 2, True, {a_run().key: 300})


def test_the_quickstarts_live_run_is_forecast_from_the_published_ones():
    [live] = planned(find_chapter("quickstart"), {"profile": "laptop"})[0].runs
    published = gk.Store(evidence_folder()).read().values()
    found = estimate([live], gk.Until(steps=20_000), [], HERE, False, 1, published)
    assert not found.at_most and 3000 < found.steps[live.key] < 6000


def test_a_display_says_about_how_long_until_a_run_goes_on_for_longer_than_others(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    display = Display(Console(quiet=True), steps={"known": 500.0}).expecting({"known": 1000})
    display._last_line = now[0]
    first = Look("known", "a run", 0, 0.1, 0.1, 0.0, None)
    display.show(first)
    now[0] += 200.0
    left = {t: display._left(replace(first, t=t)) for t in (100, 500)}
    assert left == {100: "about 13 min", 500: "at most 3 min"}
