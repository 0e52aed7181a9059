"""A12: dropout, too, raises generalisation over plain Adam."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.methods import best, most, nothing, of_methods, watched
from grokkit.claims.statistics import median_interval, rank_sum_test
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 6
EFFECT = "best accuracy with dropout minus without, mean over alpha = 0.3, 0.4 and 0.5"
PLAIN, DROPPED = "Adam", "Adam, dropout 0.1"
FRACTIONS = (0.3, 0.4, 0.5)
"""Up to half of all sums: with more of them plain Adam has three points at most to gain in the source's figure."""
RAISES = 0.05
"""Five points: three standard errors of an accuracy of a half, the noisiest, measured on a sample of 1,024."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Adam with and without dropout at alpha = 0.3, 0.4 and 0.5."""
    return of_methods(table, dict.fromkeys((PLAIN, DROPPED), FRACTIONS))


def rule(table: pd.DataFrame) -> Verdict:
    """Is the best accuracy, averaged over the fractions up to a half, five points higher with dropout than without?

    One number a seed, the mean over its fractions, so that it does not matter at which of them the difference lies;
    an exact rank-sum test, which passes from 5 against 5 seeds on. Runs with dropout that may still generalise do not
    speak against it.
    """
    chosen = rows(table)
    plain, dropped = (best(chosen, method, FRACTIONS).mean(axis=1) for method in (PLAIN, DROPPED))
    n = min(len(plain), len(dropped))
    if not n:
        return verdict([nothing("up to a half")], LEVEL, EFFECT)
    told = (
        f"median of the mean best accuracy {watched(chosen)}: "
        f"{np.median(plain):.0%} without dropout, {np.median(dropped):.0%} with it"
    )
    p_value = rank_sum_test(plain + RAISES, dropped)
    against = rank_sum_test(most(chosen, DROPPED, FRACTIONS).mean(axis=1), plain + RAISES)
    interval = median_interval(dropped[:n] - plain[:n])
    return verdict([Finding("up to a half", n, p_value, interval, told, against)], LEVEL, EFFECT)
