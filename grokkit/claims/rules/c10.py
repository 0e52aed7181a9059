"""C10: Adam without regularisation, or with dropout only, gives no generalisation, or a much weaker one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.recurrent import NETWORKS, cell, cells, complete
from grokkit.claims.statistics import median_interval, rank_sum_test
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 7
EFFECT = "best validation accuracy without weight decay"
WITH, WITHOUT = "AdamW", ("Adam", "Adam, dropout")
WEAKER = 0.5
"""Of the accuracy under AdamW: less than half of it is "much weaker"."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Both networks from weights times 5, under AdamW and under Adam with and without dropout."""
    return cells(table, [WITH, *WITHOUT])


def rule(table: pd.DataFrame) -> Verdict:
    """Both networks, with and without dropout: is the best validation accuracy less than half of that under AdamW?

    At 70%, and at 50 and 30% once they have five runs each. Where AdamW itself does not bring more than half of the
    runs seen to 99% there is nothing to be weaker than, and the setting does not pass. Five runs against five can
    pass; "partly" needs nine under AdamW.
    """
    settings = [(network, way) for network in NETWORKS for way in WITHOUT]
    fractions = complete(table, [WITH, *WITHOUT])
    return verdict([_finding(table, *each, f) for f in fractions for each in settings], LEVEL, EFFECT)


def best(runs: pd.DataFrame) -> np.ndarray:
    """(n,) the highest validation accuracy at any evaluation of each run."""
    return np.array([np.nanmax(curve, initial=0) for curve in runs["val_accuracy"]])


def _finding(table: pd.DataFrame, network: str, way: str, fraction: float) -> Finding:
    ours, theirs = cell(table, network, way, fraction), cell(table, network, WITH, fraction)
    n, setting = min(len(ours), len(theirs)), f"{network}, {way} at {fraction:.0%}"
    if not n:
        return Finding(setting, 0, 1.0, None, "")
    arrived = 2 * theirs["t_val"].notna().sum() > len(theirs)
    p_value = rank_sum_test(best(ours) / WEAKER, best(theirs)) if arrived else 1.0
    told = f"median best accuracy {np.median(best(ours)):.0%}, under AdamW {np.median(best(theirs)):.0%}"
    return Finding(setting, n, p_value, median_interval(best(ours)), told)
