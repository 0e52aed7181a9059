"""A16: in the MLP, grokking stays clear with more summands, and the delay shrinks as n grows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.summands import (
    MLP,
    SMALL_FRACTION,
    SUMMANDS,
    answered,
    blocks,
    chosen,
    listed,
    median_of,
    runs_of,
)
from grokkit.claims.statistics import majority_test, median_interval, minority_test, trend_test
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 4
EFFECT = "T_val / T_train at n = 5"
CLEAR = 2.0
"""T_val / T_train at least, as for the transformer (A1): the waiting takes as long again as the learning did."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The MLP with 2 to 5 summands at alpha = 0.4; and with 5 at the fraction that gives it as few sums as 4 have."""
    return table[chosen(table, [MLP]) | chosen(table, [MLP], [5], SMALL_FRACTION)]


def rule(table: pd.DataFrame) -> Verdict:
    """alpha = 0.4, n = 2, 3, 4, 5, two tests: is grokking clear, and does the delay T_val - T_train fall as n grows?

    Clear: more than half of all runs, of the four n together, arrive with T_val / T_train >= 2, and so do more than
    half at each n, or the test does not pass ("still clear": none of the four may lack it). Together, because at each
    n alone five runs could not pass; 16 of 20 can. The delay: its trend over n by seed; a run that does not arrive has
    the longest. Five seeds suffice for both. The small training set decides nothing: it says whether a shorter delay
    at n = 5 comes from the summands or from 11 times as many training sums.
    """
    used = rows(table)
    return verdict([_clear(used), _shrinks(used)], LEVEL, EFFECT)


def _clear(table: pd.DataFrame) -> Finding:
    groups = [runs_of(table, MLP, n) for n in SUMMANDS]
    late = [runs["ratio"] >= CLEAR for runs in groups]  # a censored run has no ratio: it did not arrive
    n = min(len(each) for each in late)
    if not n:
        return Finding("clear", 0, 1.0, None, "")
    everywhere = all(each.mean() > 0.5 for each in late)
    counts = ", ".join(f"{each.sum()} of {len(each)}" for each in late)
    told = f"{counts} runs have T_val / T_train of {CLEAR:g} or more for n = 2, 3, 4, 5"
    interval = median_interval(groups[-1]["ratio"].fillna(np.inf))
    p_value = majority_test(np.concatenate(late)) if everywhere else 1.0
    may_be_late = [late_ones | ~answered(runs) for late_ones, runs in zip(late, groups, strict=True)]
    against = min(minority_test(each) for each in may_be_late)
    return Finding("clear", n, p_value, interval, told, against)


def _shrinks(table: pd.DataFrame) -> Finding:
    delays = blocks(table, MLP, "delay")
    if not len(delays):
        return Finding("delay", 0, 1.0, None, "")
    runs, few = table[chosen(table, [MLP])], runs_of(table, MLP, 5, SMALL_FRACTION)
    aside = f"; {listed([median_of(few['delay'])])} at n = 5 with as few training sums as n = 4" if len(few) else ""
    told = f"median delay {listed(np.median(delays, axis=0))} steps for n = 2, 3, 4, 5{aside}"
    with np.errstate(invalid="ignore"):
        change = median_interval(np.nan_to_num(delays[:, 0] - delays[:, -1], nan=np.inf, posinf=np.inf, neginf=-np.inf))
    falls, rises = (trend_test(delays, rising) for rising in (False, True))
    told += "; the interval: n = 2 minus n = 5"
    return Finding("delay", len(delays), falls, change, told, against=rises if answered(runs).all() else 1.0)
