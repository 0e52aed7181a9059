"""C9: quick generalisation with little delay from the default initial weights, grokking from weights times 5."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.recurrent import LARGEST, LATE, NETWORKS, WATCHED, answered_within, cell, cells, waiting
from grokkit.claims.rules.switching import arrival
from grokkit.claims.statistics import rank_sum_test, ratio_interval
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
    is what we call late. If one is the other way round, the claim is refuted, unless runs that have not arrived were
    watched for less than 150,000 steps (RNN: 200,000). That these runs grok is asked by C1 and C2. Five runs against
    five can pass; "partly" needs six from the large weights.
    """
    return verdict([_finding(table, network) for network in NETWORKS], LEVEL, EFFECT)


def _finding(table: pd.DataFrame, network: str) -> Finding:
    small, large = (cell(table, network, "AdamW", LARGEST, scale) for scale in SCALES)
    n = min(len(small), len(large))
    if not n:
        return Finding(network, 0, 1.0, None, "")
    sooner, later = arrival(small), arrival(large)
    little, long = waiting(small, "delay"), waiting(large, "delay")
    told = (
        f"median T_val {np.median(sooner):,.0f} steps against {np.median(later):,.0f}, median delay "
        f"{np.median(little):,.0f} against {np.median(long):,.0f}"
    )
    p_value = max(rank_sum_test(sooner, later), rank_sum_test(LATE * little, long))  # both must pass
    settled = answered_within(pd.concat([small, large]), WATCHED[network]).all()
    against = min(rank_sum_test(later, sooner), rank_sum_test(long, LATE * little)) if settled else 1.0
    return Finding(network, n, p_value, ratio_interval(later, sooner), told, against)
