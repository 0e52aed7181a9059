"""B10: on MNIST's wider grid, a corner of "memorisation" at large lr is an unstable minimum that training leaves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import verdict
from grokkit.claims.rules.mnist import cells, complete, corner
from grokkit.claims.rules.toy import shown_in
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 6
EFFECT = "share of diagrams with memorisation in the corner"
AT_RANDOM = 0.2
"""Accuracy: twice that of a guess."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """All cells of all diagrams."""
    return table.loc[cells(table).index]


def rule(table: pd.DataFrame) -> Verdict:
    """Two tests of the cell in the corner: in more than half of all diagrams, is it memorisation by definition; and
    has it lost again what it had fitted, with both accuracies near those of a guess where its run ends?"""
    found = [corner(diagram) for diagram in complete(table).values()]
    ends = np.array([[each[f"{which}_accuracy"][-1] for which in ("train", "val")] for each in found]).reshape(-1, 2)
    fitted = np.array([each["train"] for each in found], dtype=float)
    lost = np.isfinite(fitted) & (ends <= AT_RANDOM).all(1)
    told = f"lose it again (median training accuracy at the end {np.median(ends[:, 0]) if len(ends) else np.nan:.0%})"
    memorised = [each["phase"] == "memorisation" for each in found]
    return verdict(
        [shown_in("memorisation", memorised, "have it in the corner"), shown_in("left again", lost.tolist(), told)],
        LEVEL,
        EFFECT,
    )
