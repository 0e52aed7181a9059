"""C9: quick generalisation with little delay from the default initial weights, grokking from weights times 5."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.recurrent import LARGEST, LATE, NETWORKS, cell, cells, waiting
from grokkit.claims.statistics import median_interval, rank_sum_test
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 7
EFFECT = "T_val from weights times 5 over T_val from the default weights"
SCALES = (1.0, 5.0)


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Both networks under AdamW at 70%, from either initialisation."""
    return cells(table, ["AdamW"], fractions=[LARGEST], scales=SCALES)


def rule(table: pd.DataFrame) -> Verdict:
    """70%, both networks: is T_val smaller from the default weights, and the delay less than half as long?

    "Quickly" and "little" have no meaning alone, so both compare with the weights times 5; half, because twice as late
    is what we call late. That these runs grok is asked by C1 and C2. Five runs against five can pass for both networks.
    """
    return verdict([_finding(table, network) for network in NETWORKS], LEVEL, EFFECT)


def _finding(table: pd.DataFrame, network: str) -> Finding:
    small, large = (cell(table, network, "AdamW", LARGEST, scale) for scale in SCALES)
    n = min(len(small), len(large))
    if not n:
        return Finding(network, 0, 1.0, None, "")
    sooner, later = (runs["t_val"].fillna(np.inf).to_numpy() for runs in (small, large))
    less = rank_sum_test(LATE * waiting(small, "delay"), waiting(large, "delay"))
    with np.errstate(invalid="ignore"):
        ratios = later[:n] / sooner[:n]  # in the order of their seeds
    interval = median_interval(np.nan_to_num(ratios, nan=np.inf, posinf=np.inf))
    told = (
        f"median T_val {np.median(sooner):,.0f} steps against {np.median(later):,.0f}, median delay "
        f"{np.median(waiting(small, 'delay')):,.0f} against {np.median(waiting(large, 'delay')):,.0f}"
    )
    return Finding(network, n, max(rank_sum_test(sooner, later), less), interval, told)  # both must pass
