"""B10: on MNIST's wider grid, a corner of "memorisation" at large lr is an unstable minimum that training leaves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import verdict
from grokkit.claims.rules.diagrams import shown_in
from grokkit.claims.rules.mnist import BUDGET, LOOKS, corner_cells, one_a_seed
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 6
EFFECT = "share of diagrams with memorisation in the corner"
AT_RANDOM = 0.2
"""Accuracy: twice that of a guess."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The cell in the corner of all diagrams: no other one is needed."""
    return table.loc[corner_cells(table).index]


def rule(table: pd.DataFrame) -> Verdict:
    """Two tests of the cell in the corner: in more than half of all diagrams, is it memorisation by definition; and
    has it lost again what it had fitted, with both accuracies near those of a guess where its run ends?"""
    runs = one_a_seed(corner_cells(table), BUDGET)
    ends = pd.DataFrame({which: _last(runs, which) for which in ("train", "val")})
    lost = runs["train"].notna().to_numpy() & (ends <= AT_RANDOM).all(axis=1).to_numpy()
    told = f"lose it again (median training accuracy at the end {ends['train'].median():.0%})"
    memorised = shown_in("memorisation", runs["phase"] == "memorisation", "have it in the corner", LOOKS[0])
    return verdict([memorised, shown_in("left again", lost, told, LOOKS[0])], LEVEL, EFFECT)


def _last(runs: pd.DataFrame, which: str) -> np.ndarray:
    curves = runs.get(f"{which}_accuracy", [])
    return np.array([curve[-1] for curve in curves], dtype=float)
