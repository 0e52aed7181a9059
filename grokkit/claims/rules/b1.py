"""B1: toy classification shows all four phases."""

from __future__ import annotations

import pandas as pd

from grokkit.claims.findings import verdict
from grokkit.claims.rules.toy import all_phases, cells
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 12
EFFECT = "share of diagrams with all four phases"
SETUP = "classification"


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The classification's cells: fresh data seeds, and the source's data seed with fresh model seeds."""
    return table.loc[[*cells(table, SETUP).index, *cells(table, SETUP, own_data=True).index]]


def rule(table: pd.DataFrame) -> Verdict:
    """Two tests, of fresh data seeds and of the source's own with other initial weights: do more than half of all
    diagrams hold at least one cell of every phase? That takes all of 9 diagrams, or 11 of 12."""
    return verdict([all_phases(table, SETUP, own_data) for own_data in (False, True)], LEVEL, EFFECT)
