"""B11: the training set is fitted fast only in a small area, near the border of confusion."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.ndimage import binary_dilation

from grokkit.claims.findings import verdict
from grokkit.claims.rules.diagrams import shown_in
from grokkit.claims.rules.mnist import LOOKS, complete, grid, grid_cells
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 6
EFFECT = "share of diagrams in which few cells fit fast"
FAST = 100
"""Steps: a tenth of what the source's network takes over most of its grid."""
SMALL = 0.25
"""Of the grid."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """All cells of all diagrams but the corner."""
    return table.loc[grid_cells(table).index]


def rule(table: pd.DataFrame) -> Verdict:
    """Two tests: in more than half of all diagrams, do some cells, and at most a quarter of the grid, fit the training
    set within 100 steps; and do most of these touch confusion, with a side or a corner, and a smaller share of the
    other cells that fit it? A diagram without such cells, or without confusion, has nothing near its border."""
    maps = [(grid(diagram, "train"), grid(diagram) == "confusion") for diagram in complete(table).values()]
    few = [is_small(*each) for each in maps]
    near = [is_near(*each) for each in maps]
    shares = [float((train <= FAST).mean()) for train, _ in maps]
    told = f"fit so fast in few cells ({np.median(shares) if shares else np.nan:.0%} of the grid in the median)"
    area = shown_in("a small area", few, told, LOOKS[0])
    return verdict([area, shown_in("near confusion", near, "have it there", LOOKS[0])], LEVEL, EFFECT)


def is_small(train: np.ndarray, confused: np.ndarray) -> bool:
    """Whether there are fast cells, and few. train: T_train (5, 6), NaN for never. confused: bool (5, 6)."""
    return bool(0 < (train <= FAST).mean() <= SMALL)


def is_near(train: np.ndarray, confused: np.ndarray) -> bool:
    """Whether fast cells lie at confusion and the others keep away from it."""
    touching = binary_dilation(confused, np.ones((3, 3))) & ~confused
    fast, others = (train <= FAST) & ~confused, (train > FAST) & ~confused
    if not fast.any():
        return False
    share, rest = touching[fast].mean(), touching[others].mean() if others.any() else 0.0
    return bool(share > 0.5 and share > rest)
