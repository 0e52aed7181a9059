"""A19: steps to generalise grow with n in the transformer and peak at n = 3 in the MLP."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.samples import given_up, order_known, soonest
from grokkit.claims.rules.summands import (
    MLP,
    NETWORKS,
    SUMMANDS,
    TRANSFORMERS,
    answered,
    blocks,
    chosen,
    listed,
    runs_of,
)
from grokkit.claims.statistics import median_interval, rank_sum_test, trend_test
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 4
EFFECT = "T_val at n = 4 over T_val at n = 2"
"""And not n = 5, which may never arrive if A18 holds; its ratio would then have no interval."""
PEAK, OTHERS = 3, (2, 4, 5)


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The MLP and both forms of the transformer with 2 to 5 summands at alpha = 0.4."""
    return table[chosen(table, NETWORKS)]


def rule(table: pd.DataFrame) -> Verdict:
    """alpha = 0.4, n = 2 to 5: does T_val grow with n in both forms of the transformer, and peak at n = 3 in the MLP?

    Grow: the trend over n by seed passes, and the median rises from every n to the next ("always"), or the test does
    not pass; a run that does not arrive is the latest, and two medians that do not arrive are no rise. Peak: T_val at
    n = 3 is later than at each of the other three; the largest of three p-values counts, so that all must pass. The
    runs of different n share no data: they are independent samples. Five runs each suffice for both. Against the claim
    speak a fall over n, or a peak that lies elsewhere, and only where longer watching could not undo them.
    """
    used = rows(table)
    return verdict([*(_grows(form, used) for form in TRANSFORMERS), _peaks(used)], LEVEL, EFFECT)


def _grows(form: str, table: pd.DataFrame) -> Finding:
    times = blocks(table, form, "t_val")
    if not len(times):
        return Finding(form, 0, 1.0, None, "")
    medians = np.median(times, axis=0)
    always = bool((medians[1:] > medians[:-1]).all())
    told = f"median T_val {listed(medians)} steps for n = 2, 3, 4, 5{'' if always else ', not rising everywhere'}"
    p_value = trend_test(times, rising=True) if always else 1.0
    runs = table[chosen(table, [form])]
    ends = blocks(runs.assign(given_up=given_up(runs, answered(runs))), form, "given_up")
    against = trend_test(times, rising=False) if order_known(times, ends) else 1.0
    return Finding(form, len(times), p_value, _ratio_interval(times[:, 2], times[:, 0]), told, against)


def _peaks(table: pd.DataFrame) -> Finding:
    runs = {n: runs_of(table, MLP, n) for n in SUMMANDS}
    times = {n: each["t_val"].fillna(np.inf).to_numpy() for n, each in runs.items()}
    few, together = min(len(each) for each in times.values()), blocks(table, MLP, "t_val")
    if not few:
        return Finding(MLP, 0, 1.0, None, "")
    told = f"median T_val {listed(np.median(each) for each in times.values())} steps for n = 2, 3, 4, 5"
    interval = _ratio_interval(together[:, 1], together[:, [0, 2, 3]].max(axis=1))
    p_value = max(rank_sum_test(times[n], times[PEAK]) for n in OTHERS)
    against = min(rank_sum_test(times[PEAK], soonest(runs[n], answered(runs[n]))) for n in OTHERS)
    return Finding(MLP, few, p_value, interval, f"{told}; the interval: n = 3 over the latest of the others", against)


def _ratio_interval(first: np.ndarray, second: np.ndarray) -> tuple[float, float] | None:
    """Of the median ratio by seed; None where it may be infinite, or is not known because neither arrived."""
    with np.errstate(invalid="ignore"):
        return median_interval(np.nan_to_num(first / second, nan=np.inf, posinf=np.inf))
