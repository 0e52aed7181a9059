"""A23: in the MLP, ReLU^1.5 and ReLU^2 perform best of all activations tried, and generalise much faster than ReLU.

Decided at the source's own learning rate. Whether the shape acts or a longer step is another question; the chapter
shows the best rates of three activations beside it, and no rule reads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.activations import JUDGED, OTHERS, RATE, REFERENCE, TEXT, reported
from grokkit.claims.rules.architectures import answered
from grokkit.claims.rules.samples import latest, soonest
from grokkit.claims.statistics import rank_sum_test, ratio_interval
from grokkit.claims.verdict import Verdict

LEVEL = 0.05
EFFECT = "T_val of ReLU over that of ReLU^2"
MUCH = 2.0
"""Half of the steps, at most: what "by a large margin" must mean where seeds differ by a few percent."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The MLP without normalisation with every activation of the source, at its learning rate."""
    return pd.concat([reported(table, TEXT, name, RATE) for name in (*JUDGED, *OTHERS)])


def rule(table: pd.DataFrame) -> Verdict:
    """Do ReLU^1.5 and ReLU^2 arrive in half of ReLU's steps, and sooner than each other activation of the source?

    All at the source's learning rate. Two findings of exact rank-sum tests; in each the weakest counts, since both
    powers must pass, and against all others. Five runs against five can pass, one finding alone (partly) too. A run
    that may still arrive is taken, in the test and in that of the opposite, at the moment that speaks against what is
    tested.
    """
    runs = {name: reported(table, TEXT, name, RATE) for name in (*JUDGED, *OTHERS)}
    much = _finding("much faster than ReLU", runs, [REFERENCE], MUCH, _medians(runs))
    best = _finding("faster than all others", runs, OTHERS, 1.0, "the same runs")
    return verdict([much, best], LEVEL, EFFECT)


def _finding(name: str, runs: Mapping[str, pd.DataFrame], others: Sequence[str], factor: float, told: str) -> Finding:
    """Do both powers take less than 1 / factor of the steps of each of the others?"""
    n = min(len(runs[each]) for each in (*JUDGED, *others))
    if not n:
        return Finding(name, 0, 1.0, None, "")
    pairs = [(runs[one], runs[other]) for one in JUDGED for other in others]
    p_value = max(rank_sum_test(factor * latest(one), _soonest(other)) for one, other in pairs)
    against = min(rank_sum_test(latest(other), factor * _soonest(one)) for one, other in pairs)
    interval = ratio_interval(latest(runs[REFERENCE]), latest(runs[JUDGED[1]])) if factor > 1 else None
    return Finding(name, n, p_value, interval, told, against)


def _soonest(runs: pd.DataFrame) -> np.ndarray:
    return soonest(runs, answered(runs))


def _medians(runs: Mapping[str, pd.DataFrame]) -> str:
    medians = {name: np.median(latest(each)) for name, each in runs.items() if len(each)}
    parts = [f"{name} {x:,.0f}" if np.isfinite(x) else f"{name} never" for name, x in medians.items()]
    return f"median T_val in steps: {', '.join(parts)}"
