"""B12: the data seed changes the diagram strongly, the model seed less."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.toy import LOOKS, SETUPS, cells, diagrams
from grokkit.claims.statistics import closeness_test
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 12
EFFECT = "share of cells that differ between two diagrams"
MORE = 2.0
"""How often as many cells must differ when the data seed differs, too: if the two seeds' shares add up, the data
seed's own is then the larger one."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Both setups: fresh data seeds, and the source's data seed with fresh model seeds."""
    return table.loc[
        [label for setup in SETUPS for own_data in (False, True) for label in cells(table, setup, own_data).index]
    ]


def rule(table: pd.DataFrame) -> Verdict:
    """One test a setup: do diagrams of one data seed, the source's, differ in fewer cells from each other than diagrams
    of different data seeds do? Model seeds differ in all of them.

    An exact permutation test over diagrams (if the data seed did nothing, any of them could be those of one data seed);
    besides, the mean share of cells that differ must be `MORE` times as large between different data seeds, or the
    claim does not pass: this part is measured and not tested. One data seed stands for all. Of its diagrams never more
    than the first nine are read, so that the choices can be counted out.
    """
    return verdict([_finding(table, setup) for setup in SETUPS], LEVEL, EFFECT)


def differences(maps: np.ndarray) -> np.ndarray:
    """Share of cells that differ between any two of N diagrams: (N, 6, 7) -> (N, N)."""
    return (maps[:, None] != maps[None]).mean(axis=(2, 3))


def mean_within(shares: np.ndarray, chosen: np.ndarray) -> float:
    """Mean over all pairs of the chosen diagrams."""
    inner = shares[np.ix_(chosen, chosen)]
    return float(inner[np.triu_indices(len(inner), 1)].mean())


def _finding(table: pd.DataFrame, setup: str) -> Finding:
    samples = [list(diagrams(table, setup, own_data).values()) for own_data in (True, False)]
    samples[0] = samples[0][: LOOKS[0]]
    n = min(map(len, samples))
    if n < 2:
        return Finding(setup, n, 1.0, None, "", needs=LOOKS[0])
    shares = differences(np.array([each for sample in samples for each in sample]))
    same = np.arange(len(shares)) < len(samples[0])
    apart, together = mean_within(shares, ~same), mean_within(shares, same)
    told = f"two diagrams of one data seed differ in {together:.0%} of their cells, of different ones in {apart:.0%}"
    p_value = closeness_test(shares, same)
    if apart < MORE * together:
        told += f", less than {MORE:g} times as many (of the difference P = {p_value:.2g})"
        return Finding(setup, n, 1.0, None, told, closeness_test(shares, ~same), LOOKS[0])
    return Finding(setup, n, p_value, None, told, needs=LOOKS[0])
