"""B17: comprehension mainly at smaller weight decay, grokking at larger."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.diagrams import shown_in
from grokkit.claims.rules.toy import LOOKS, SETUPS, cells, diagrams
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 12
EFFECT = "share of diagrams with comprehension at smaller weight decay"


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Both setups at fresh data seeds."""
    return table.loc[[label for setup in SETUPS for label in cells(table, setup).index]]


def rule(table: pd.DataFrame) -> Verdict:
    """One test a setup: in more than half of all diagrams, do the cells of comprehension have a smaller mean weight
    decay than those of grokking? A diagram that lacks one of the two has not: it cannot show what the claim says."""
    return verdict([_ordered(table, setup) for setup in SETUPS], LEVEL, EFFECT)


def mean_decays(diagram: np.ndarray) -> tuple[float, float]:
    """Mean weight decay of comprehension and of grokking as shares of the largest; NaN where there is none."""
    share = np.linspace(0, 1, len(diagram))[:, None] * np.ones(diagram.shape)
    found = [share[diagram == name] for name in ("comprehension", "grokking")]
    return tuple(float(each.mean()) if each.size else float("nan") for each in found)


def _ordered(table: pd.DataFrame, setup: str) -> Finding:
    means = np.array([mean_decays(diagram) for diagram in diagrams(table, setup).values()]).reshape(-1, 2)
    middle = np.nanmedian(means, axis=0) if np.isfinite(means).any(axis=0).all() else [np.nan] * 2
    told = f"are in that order (medians of the means: {middle[0]:.0%} and {middle[1]:.0%} of the largest)"
    return shown_in(setup, [comprehension < grokking for comprehension, grokking in means], told, LOOKS[0])
