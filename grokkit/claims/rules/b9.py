"""B9: at 1.5 times the iterations, MNIST's memorisation at the upper left turns out to be later grokking."""

from __future__ import annotations

import pandas as pd

from grokkit.claims.findings import verdict
from grokkit.claims.rules.diagrams import shown_in
from grokkit.claims.rules.mnist import BUDGET, LONGER, LOOKS, one_a_seed, upper_left_cells
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 6
EFFECT = "share of diagrams with memorisation at the upper left"


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The cell at the upper left of all diagrams: no other one is needed."""
    return table.loc[upper_left_cells(table).index]


def rule(table: pd.DataFrame) -> Verdict:
    """Two tests of the cell at the upper left: in more than half of all diagrams, is it memorisation at 100,000 steps;
    and does it generalise by 150,000? Runs that were not watched for so long do not count."""
    runs = one_a_seed(upper_left_cells(table), LONGER)
    later = runs["val"] <= LONGER
    told = f"generalise there by {LONGER:,} steps (median T_val of these {runs['val'].median():,.0f})"
    memorised = shown_in(
        "memorisation", runs["phase"] == "memorisation", f"have it there at {BUDGET:,} steps", LOOKS[0]
    )
    return verdict([memorised, shown_in("later", later, told, LOOKS[0])], LEVEL, EFFECT)
