"""C8: brought back at double the value, weight decay makes grokking come earlier and the norm fall markedly more."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.switching import LEVEL, answered, arrival, at_step, cell, cells, watched_after
from grokkit.claims.statistics import rank_sum_test, ratio_interval
from grokkit.claims.verdict import Verdict

EFFECT = "steps from the switch to T_val, at double the value over at the same"
SAME, TWICE = "on at 2 T_train", "on at 2 T_train, double"
STEPS = 10_000
"""After the switch the norms are compared; at 0.1 decay alone leaves exp(-1) of them by then."""
MARKEDLY = 0.75
"""The share of the initial norm that is left is at most three quarters of that at the same value."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The LSTM whose weight decay comes at twice its T_train, at both values."""
    return cells(table, [SAME, TWICE])


def rule(table: pd.DataFrame) -> Verdict:
    """At double the value: is the wait from the switch to T_val shorter, and at most 3/4 as much of the norm left?

    The norm is that 10,000 steps after the switch as a share of that at the switch. Both exact rank-sum tests must
    pass; 5 runs against 5 can. If one of them is the other way round, the claim is refuted: of the wait, unless runs
    have not arrived and were watched for less than the source's 6,000 epochs.
    """
    return verdict([_finding(table)], LEVEL, EFFECT)


def _finding(table: pd.DataFrame) -> Finding:
    same, double = (watched_after(cell(table, way), STEPS) for way in (SAME, TWICE))
    n, setting = min(len(same), len(double)), TWICE
    if not n:
        return Finding(setting, 0, 1.0, None, "")
    waits = [arrival(runs) - runs["moment"].to_numpy() for runs in (double, same)]
    left = [np.array([norm_left(run) for _, run in runs.iterrows()]) for runs in (double, same)]
    p_value = max(rank_sum_test(*waits), rank_sum_test(left[0] / MARKEDLY, left[1]))  # both must pass
    longer, more = rank_sum_test(waits[1], waits[0]), rank_sum_test(left[1], left[0] / MARKEDLY)
    against = min(longer if answered(pd.concat([same, double])).all() else 1.0, more)
    told = (
        f"median wait from the switch to T_val {np.median(waits[0]):,.0f} steps against {np.median(waits[1]):,.0f}; "
        f"of the norm {np.median(left[0]):.0%} is left after {STEPS:,} steps, against {np.median(left[1]):.0%}"
    )
    return Finding(setting, n, p_value, ratio_interval(*waits), told, against)


def norm_left(run: pd.Series) -> float:
    """The norm some time after the switch as a share of that at it."""
    return at_step(run, "parameter_l2", run["moment"] + STEPS) / at_step(run, "parameter_l2", run["moment"])
