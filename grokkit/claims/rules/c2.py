"""C2: the RNN groks at 30, 50 and 70% of the data."""

from __future__ import annotations

import pandas as pd

from grokkit.claims.rules.recurrent import FRACTIONS, cell, cells, groks, verdict_over_fractions
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 7
EFFECT = "share of runs that grok"


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The RNN under AdamW from weights times 5, at the three fractions."""
    return cells(table, ["AdamW"], ["RNN"])


def rule(table: pd.DataFrame) -> Verdict:
    """The RNN: do more than half of the runs at the three fractions together arrive, with T_val / T_train >= 2?

    In each fraction more than half of those seen must, too. Partly: it holds at two of the fractions (five runs each:
    all ten).
    """
    parts = [groks(cell(table, "RNN", "AdamW", fraction)) for fraction in FRACTIONS]
    return verdict_over_fractions({"RNN": parts}, LEVEL, EFFECT, "grok")
