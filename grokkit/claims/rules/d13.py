"""D13: with weight decay alone the norm of the weights decays as exp(-gamma t)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from grokkit.claims.alignment import departure
from grokkit.claims.findings import Finding, verdict
from grokkit.claims.majority import majority
from grokkit.claims.rules.norms import FORMS, of_form, rate, silenced, waits, window
from grokkit.claims.statistics import median_interval
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 2
EFFECT = "departure of the norm from exp(-lr wd t), as a share of the whole decay, weight decay alone"
CLOSE = 0.1
"""Departure at most: nine tenths of the decay are the law's, at every evaluation."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The runs whose gradient is silenced, and the transformer in both forms."""
    return pd.concat([silenced(table), *(of_form(table, form) for form in FORMS)])


def rule(table: pd.DataFrame) -> Verdict:
    """In more than half of the runs, is the norm close to exp(-lr wd t): with decay alone, and after memorising?

    Three findings. Decay alone is the claim's own words: runs in which the gradient does nothing. After memorising,
    from T_train to T_val, is where the lecture uses it: the training loss is small, and decay is thought to act nearly
    alone; once as coded and once at width 128. Exact binomial tests; seven of seven pass for one finding alone. Runs
    that do not arrive have no such time, and are not counted.
    """
    alone = _found("decay alone", silenced(table), _whole)
    after = [_found(f"after memorising, {form}", waits(of_form(table, form)), _waiting) for form in FORMS]
    return verdict([alone, *after], LEVEL, EFFECT)


def _whole(run: pd.Series) -> np.ndarray:
    """From the end of the warm-up on: before it the rate is another."""
    return run["steps"] >= run["schedule.warmup"]


def _waiting(run: pd.Series) -> np.ndarray:
    return window(run, run["t_val"])


def departure_of(run: pd.Series, seen: np.ndarray) -> float:
    """Departure of a run's parameter norm from its law over some of its evaluations."""
    return departure(run["steps"][seen], run["parameter_l2"][seen], rate(run))


def _found(setting: str, runs: pd.DataFrame, part: Callable[[pd.Series], np.ndarray]) -> Finding:
    if not len(runs):
        return Finding(setting, 0, 1.0, None, "")
    departures = np.array([departure_of(run, part(run)) for _, run in runs.iterrows()])
    close = departures <= CLOSE
    told = (
        f"{close.sum()} of {len(runs)} runs, of {runs['seeds.data'].nunique()} seeds, follow it; median departure "
        f"{np.median(departures):.1%} of the decay"
    )
    return majority(setting, close, told)._replace(interval=median_interval(departures))
