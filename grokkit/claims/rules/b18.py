"""B18: for MNIST on the original grid, the area of confusion is much smaller than in the paper that was reproduced."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import verdict
from grokkit.claims.rules.diagrams import shown_in
from grokkit.claims.rules.mnist import LOOKS, complete, grid_cells, original
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 6
EFFECT = "share of diagrams with little confusion"
LITTLE = 0.1
"""Of the cells. The paper reproduced shows its area in an image without numbers; a tenth stands in for "much smaller"
than that."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """All cells of all diagrams but the corner."""
    return table.loc[grid_cells(table).index]


def rule(table: pd.DataFrame) -> Verdict:
    """One test, within the source's first grid: are at most a tenth of the cells confusion in more than half of all
    diagrams? Only this side of the comparison is tested. Which cells confuse is nearly arithmetic: those at which
    learning rate times weight decay exceeds 2, in every diagram the same."""
    shares = [float((original(diagram) == "confusion").mean()) for diagram in complete(table).values()]
    told = (
        f"have confusion in at most {LITTLE:.0%} of the first grid ({np.median(shares) if shares else np.nan:.0%} in "
        "the median; the other paper gives no number)"
    )
    return verdict([shown_in("confusion", [share <= LITTLE for share in shares], told, LOOKS[0])], LEVEL, EFFECT)
