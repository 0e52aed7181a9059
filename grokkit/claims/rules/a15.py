"""A15: a small batch helps generalisation slightly at small alpha."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.methods import best, most, nothing, of_methods, watched
from grokkit.claims.statistics import median_interval, rank_sum_test
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 6
EFFECT = "best accuracy of batch 128 minus that of batch 512, mean over alpha = 0.3, 0.4 and 0.5"
USUAL, SMALL, STRONG = "Adam", "Adam, batch 128", "AdamW 1"
FRACTIONS = (0.3, 0.4, 0.5)
"""Small is up to half of all sums: above it the source's two batches differ by three points at most."""
HELPS = 0.01
"""One point: three standard errors of an accuracy near 1% or 99%, measured on a sample of 1,024."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Adam with batches of 512 and of 128, and AdamW 1, at alpha = 0.3, 0.4 and 0.5."""
    return of_methods(table, dict.fromkeys((USUAL, SMALL, STRONG), FRACTIONS))


def rule(table: pd.DataFrame) -> Verdict:
    """Is the best accuracy, averaged over the fractions, a point higher with batch 128, by less than half of what
    weight decay 1 gains?

    "Slightly" is an order and not a number: a small batch stays below the middle between plain Adam and AdamW 1. Two
    findings, so that a small batch which helps much is "partly": that it helps, and that it also helps slightly
    (the larger p-value of the two counts). Exact rank-sum tests, which pass from 5 against 5 seeds on. Runs that may
    still generalise do not speak against it.
    """
    chosen = rows(table)
    usual, small, strong = (best(chosen, method, FRACTIONS).mean(axis=1) for method in (USUAL, SMALL, STRONG))
    n = min(map(len, (usual, small, strong)))
    if not n:
        return verdict([nothing("helps"), nothing("helps slightly")], LEVEL, EFFECT)
    middle = (usual[:n] + strong[:n]) / 2
    helps, slightly = rank_sum_test(usual + HELPS, small), rank_sum_test(small, middle)
    usual_most, small_most, strong_most = (most(chosen, m, FRACTIONS).mean(axis=1) for m in (USUAL, SMALL, STRONG))
    helps_less = rank_sum_test(small_most, usual + HELPS)
    much = rank_sum_test((usual_most[:n] + strong_most[:n]) / 2, small)
    told = (
        f"median of the mean best accuracy {watched(chosen)}: {np.median(usual):.0%} batch 512, "
        f"{np.median(small):.0%} batch 128"
    )
    interval = median_interval(small[:n] - usual[:n])
    aside = f"middle to AdamW 1 {np.median(middle):.0%}"
    found = [
        Finding("helps", n, helps, interval, told, against=helps_less),
        Finding("helps slightly", n, max(helps, slightly), None, aside, against=min(helps_less, much)),
    ]
    return verdict(found, LEVEL, EFFECT)
