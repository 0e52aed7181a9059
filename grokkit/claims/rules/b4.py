"""B4: no generalisation at large decoder lr (both toys) or at large decoder weight decay (classification)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.diagrams import shown_in
from grokkit.claims.rules.toy import LOOKS, SETUPS, cells, diagrams, generalises
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 12
EFFECT = "share of diagrams without generalisation at the largest learning rate, classification"
HARDLY = 0.2
"""Of the cells at the largest value, at most so many may generalise: one of six learning-rate cells, one of seven."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Both setups at fresh data seeds."""
    return table.loc[[label for setup in SETUPS for label in cells(table, setup).index]]


def rule(table: pd.DataFrame) -> Verdict:
    """Three tests: at the largest learning rate of each setup, and at the largest weight decay of the classification,
    do more than half of all diagrams generalise hardly anywhere?

    Hardly: in at most a fifth of the cells there. And more of the remaining cells must do, or it has nothing to do
    with the size of the setting.
    """
    settings = [("learning rate, classification", 0, 1), ("learning rate, regression", 1, 1)]
    settings += [("weight decay, classification", 0, 0)]
    return verdict([_fails(table, name, SETUPS[setup], axis) for name, setup, axis in settings], LEVEL, EFFECT)


def fails_at_the_end(diagram: np.ndarray, axis: int) -> bool:
    """Whether hardly any cell at the largest value generalises, and more of the others do. axis 0: weight decay."""
    arrived = np.moveaxis(generalises(diagram), axis, 0)
    return bool(arrived[-1].mean() <= HARDLY and arrived[:-1].mean() > arrived[-1].mean())


def _fails(table: pd.DataFrame, name: str, setup: str, axis: int) -> Finding:
    maps = diagrams(table, setup)
    holds = [fails_at_the_end(each, axis) for each in maps.values()]
    return shown_in(name, holds, "hardly generalise at the largest", LOOKS[0])
