"""A18: the transformer cannot fit n = 5, p = 11; its training accuracy floats near 95%."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import verdict
from grokkit.claims.majority import majority
from grokkit.claims.rules.summands import (
    CODED,
    SMALL_FRACTION,
    SOURCE_BUDGET,
    TRANSFORMERS,
    WIDE,
    chosen,
    runs_of,
)
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 4
EFFECT = "share of runs that float near 95%"
FITS = 0.99
NEAR = (0.9, 0.98)
"""As far down as rounding to "around 95%" can be stretched, and up to the accuracy at which the source stops a run."""
LEVELLED = 0.01
"""Change of training accuracy over half of the last third. A curve that still climbs faster is on its way to a fit."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """n = 5: the transformer in both forms at alpha = 0.4; as coded, too, with as few training sums as n = 4 has."""
    return table[chosen(table, TRANSFORMERS, [5]) | chosen(table, [CODED], [5], SMALL_FRACTION)]


def rule(table: pd.DataFrame) -> Verdict:
    """n = 5, alpha = 0.4, as coded (the network that the source ran): do more than half of all runs float?

    Can pass from 7 runs on, if all do. A run that has not fitted yet, and was not watched for the source's 100,000
    steps, does not speak against the claim. The other rows decide nothing: they say whether it is the width (the same
    sums at width 128) or the number of sums to be fitted (the same width with 5,862 of them).
    """
    used = rows(table)
    runs = runs_of(used, CODED, 5)
    holds = [floats(run) for _, run in runs.iterrows()]
    may_hold = [floats(run) or may_float(run) for _, run in runs.iterrows()]
    told = f"{_told(runs)}, {sum(holds)} do all three{_aside(used)}"
    return verdict([majority(CODED, holds, told, may_hold=may_hold)], LEVEL, EFFECT)


def floats(run: pd.Series) -> bool:
    """Never 99% of the training sums; near 95% over the last third of what was watched; and no longer moving."""
    return unfitted(run) and near(run) and levelled(run)


def may_float(run: pd.Series) -> bool:
    """Whether a run could have come to float, had it been watched for longer."""
    return unfitted(run) and run["status"] != "diverged" and run["observed_to"] < SOURCE_BUDGET


def unfitted(run: pd.Series) -> bool:
    return bool((run["train_accuracy"] < FITS).all())


def near(run: pd.Series) -> bool:
    return bool(NEAR[0] <= late(run, 2 / 3) <= NEAR[1])


def levelled(run: pd.Series) -> bool:
    """Whether the medians of the two halves of the last third differ by less than a point."""
    return bool(abs(late(run, 5 / 6) - late(run, 2 / 3, 5 / 6)) < LEVELLED)


def late(run: pd.Series, start: float, end: float = 1.0) -> float:
    """Median training accuracy from one share of the time that was watched to another."""
    share = run["steps"] / run["observed_to"]
    inside = run["train_accuracy"][(share > start) & (share <= end)]
    return float(np.median(inside)) if len(inside) else np.nan


def _told(runs: pd.DataFrame) -> str:
    counts = [sum(test(run) for _, run in runs.iterrows()) for test in (unfitted, near, levelled)]
    return (
        f"of {len(runs)} runs {counts[0]} never reach {FITS:.0%} of the training sums, {counts[1]} end between "
        f"{NEAR[0]:.0%} and {NEAR[1]:.0%}, {counts[2]} have levelled off"
    )


def _aside(table: pd.DataFrame) -> str:
    told = ""
    for words, runs in (
        ("at width 128", runs_of(table, WIDE, 5)),
        ("with as few training sums as n = 4", runs_of(table, CODED, 5, SMALL_FRACTION)),
    ):
        if len(runs):
            told += f"; {words} {sum(unfitted(run) for _, run in runs.iterrows())} of {len(runs)} never reach it"
    return told
