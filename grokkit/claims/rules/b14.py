"""B14: with ReLU there is no comprehension at all in regression."""

from __future__ import annotations

import pandas as pd

from grokkit.claims.findings import verdict
from grokkit.claims.rules.diagrams import shown_in
from grokkit.claims.rules.toy import LOOKS, cells, diagrams
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 12
EFFECT = "share of diagrams without comprehension"


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """ReLU in regression at fresh data seeds."""
    return cells(table, "regression", activation="relu")[table.columns]


def rule(table: pd.DataFrame) -> Verdict:
    """One test: are more than half of all diagrams without a single cell of comprehension?"""
    maps = diagrams(table, "regression", activation="relu")
    counts = [int((each == "comprehension").sum()) for each in maps.values()]
    told = f"have none ({sum(counts)} cells in all the others)"
    return verdict([shown_in("regression", [count == 0 for count in counts], told, LOOKS[0])], LEVEL, EFFECT)
