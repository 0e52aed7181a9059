"""Last bits, which the machine decides, decide nothing: when a run is measured, what is drawn, what is published.

Each test moves what a library computes by more than libraries differ in it.
"""

import itertools
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_up import a_grid
from paths import ROOT

import grokkit as gk
from grokkit.claims import claim, judge
from grokkit.claims.ledger import VERDICTS
from grokkit.config import request
from grokkit.evidence import decisions
from grokkit.explorables.thinning import axis_of, drawn_at

GAPS = (10, 50, 100, 500, 2000, 100_000)
BUDGETS = (20, 40, 1000, 3000, 4000, 6000, 10_000, 20_000, 90_000, 100_000, 150_000, 300_000, 500_000, 1_092_000)
LITTLE = 1e-13


@pytest.mark.parametrize("per_decade", [1, 2, 10, 25, 40])
def test_evaluations_stand_where_they_do(per_decade, monkeypatch):
    def steps():
        return [
            [x.tolist() for x in gk.Measure(every=every, per_decade=2, full_per_decade=per_decade).steps(last)]
            for every, last in itertools.product(GAPS, BUDGETS)
        ]

    found = steps()
    for sign in (-1, 1):
        monkeypatch.setattr(request, "_ten_to", lambda x, sign=sign: 10**x * (1 + sign * LITTLE))
        assert steps() == found


@pytest.mark.parametrize(("every", "last"), [(100, 100_000), (90, 1000), (2000, 10_000)])
def test_evaluations_at_whole_powers_of_ten_are_multiples_where_they_are_coarser(every, last):
    steps, full = gk.Measure(every=every, per_decade=1, full_per_decade=1).steps(last)
    whole = [10**k if 9 * 10**k <= 10 * every else -(-(10**k) // every) * every for k in range(len(str(last)))]
    assert np.flatnonzero(full).size and set(steps[full]) == {0, *(step for step in whole if step <= last), last}


def test_an_explorer_draws_the_same_evaluations():
    steps = np.arange(0, 100_001, 10)
    axis = axis_of(pd.DataFrame({"observed_to": [100_000]}), 6)
    assert steps[drawn_at(steps, axis)].tolist() == [10, 100, 1000, 10_000, 100_000]
    for sign in (-1, 1):
        assert drawn_at(steps, axis * (1 + sign * LITTLE)).tolist() == drawn_at(steps, axis).tolist()


def test_an_interval_is_published_to_the_digits_that_every_machine_agrees_on(monkeypatch, tmp_path):
    grid = a_grid(lambda form, p, alpha, seed: 3000 + 100 * (seed % 7))
    monkeypatch.setattr(decisions, "records_of", lambda asked, store: grid)
    monkeypatch.setattr(decisions, "claims", lambda: {"A1": claim("A1")})
    found = decisions.decide(gk.Store(tmp_path))
    assert found["A1"]["interval"] == [10.333333, 11.666667]

    def elsewhere(*given, **reading):
        verdict = judge(*given, **reading)
        return replace(verdict, interval=verdict.interval and tuple(x * (1 + LITTLE) for x in verdict.interval))

    monkeypatch.setattr(decisions, "judge", elsewhere)
    assert decisions.decide(gk.Store(tmp_path)) == found


def test_published_intervals_have_no_more_digits():
    found = json.loads((ROOT / "results" / VERDICTS).read_text(encoding="utf-8"))
    ends = [end for one in found.values() for end in one["interval"] or []]
    assert ends and ends == [float(f"{end:.{decisions.DIGITS}g}") for end in ends]
