"""A11: AdamW with a suitable weight decay outperforms the other ways of regularising Adam, most at small alpha."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.methods import best, most, nothing, of_methods, settled, watched
from grokkit.claims.statistics import median_interval, rank_sum_test, trend_test
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 6
EFFECT = "best accuracy of AdamW 1 minus that of the best other method, alpha = 0.3"
DECAYED = "AdamW 1"
"""The suitable weight decay is 1: the larger of the source's two, and its default elsewhere."""
OTHERS = ("Adam", "Adam, batch 128", "Adam, dropout 0.1")
"""All that the source calls regularisation: it varies Adam's batch and dropout beside its weight decay."""
FRACTIONS = (0.3, 0.5, 0.8)
SIGNIFICANT = 0.1
"""Ten points of accuracy: what no reader of the figure would overlook."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """AdamW 1 and the three other forms of Adam at alpha = 0.3, 0.5 and 0.8."""
    return of_methods(table, dict.fromkeys((DECAYED, *OTHERS), FRACTIONS))


def rule(table: pd.DataFrame) -> Verdict:
    """Is AdamW 1 ten points above each other form at alpha = 0.3, and does its lead over their best shrink with alpha?

    Two findings: the first an exact rank-sum test against each of the three, of which the largest p-value counts (5
    against 5 reach 1/252, which passes); the second an exact trend over the three fractions, in steps of ten points.
    Against the claim speaks only what longer watching could not change.
    """
    chosen = rows(table)
    return verdict([_above(chosen), _shrinking(chosen)], LEVEL, EFFECT)


def _above(chosen: pd.DataFrame) -> Finding:
    ours, *others = (best(chosen, method, FRACTIONS[:1])[:, 0] for method in (DECAYED, *OTHERS))
    if not min(len(ours), *map(len, others)):
        return nothing("alpha = 0.3")
    p_value = max(rank_sum_test(other + SIGNIFICANT, ours) for other in others)
    at_most = most(chosen, DECAYED, FRACTIONS[:1])[:, 0]
    against = min(rank_sum_test(at_most, other + SIGNIFICANT) for other in others)
    medians = "; ".join(f"{m} {np.median(x):.0%}" for m, x in zip((DECAYED, *OTHERS), [ours, *others], strict=True))
    n = min(len(ours), *map(len, others))
    lead = ours[:n] - np.max([other[:n] for other in others], axis=0)
    told = f"median best accuracy {watched(chosen)}: {medians}"
    return Finding("alpha = 0.3", n, p_value, median_interval(lead), told, against)


def _shrinking(chosen: pd.DataFrame) -> Finding:
    ours, *others = (best(chosen, method, FRACTIONS) for method in (DECAYED, *OTHERS))
    n = min(len(ours), *map(len, others))
    if not n:
        return nothing("over alpha")
    lead = ours[:n] - np.max([other[:n] for other in others], axis=0)
    counted = np.round(lead / SIGNIFICANT)
    medians = ", ".join(f"{x:.0%}" for x in np.median(lead, axis=0))
    told = f"median lead over the best of the others {medians} for alpha = {', '.join(map(str, FRACTIONS))}"
    falls, rises = (trend_test(counted, rising) for rising in (False, True))
    against = rises if settled(chosen, (DECAYED, *OTHERS), FRACTIONS) else 1.0
    return Finding("over alpha", n, falls, median_interval(lead[:, 0] - lead[:, -1]), told, against)
