"""B9: at 1.5 times the iterations, MNIST's memorisation at the upper left turns out to be later grokking."""

from __future__ import annotations

import pandas as pd

from grokkit.claims.findings import verdict
from grokkit.claims.rules.mnist import BUDGET, LONGER, cells, complete, upper_left, watched
from grokkit.claims.rules.toy import shown_in
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 6
EFFECT = "share of diagrams with memorisation at the upper left"


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """All cells of all diagrams."""
    return table.loc[cells(table).index]


def rule(table: pd.DataFrame) -> Verdict:
    """Two tests of the cell at the upper left: in more than half of all diagrams, is it memorisation at 100,000 steps;
    and does it generalise by 150,000? Diagrams whose cell was not watched for so long do not count."""
    found = [diagram for diagram in complete(table).values() if watched(diagram, LONGER)[upper_left(diagram).name]]
    corners = [upper_left(diagram) for diagram in found]
    memorised = [each["phase"] == "memorisation" for each in corners]
    later = [bool(each["val"] <= LONGER) for each in corners]
    spread = pd.Series([each["val"] for each in corners], dtype=float)
    told = f"generalise there by {LONGER:,} steps (median T_val of these {spread.median():,.0f})"
    return verdict(
        [shown_in("memorisation", memorised, f"have it there at {BUDGET:,} steps"), shown_in("later", later, told)],
        LEVEL,
        EFFECT,
    )
