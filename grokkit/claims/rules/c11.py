"""C11: AdamW with dropout generalises."""

from __future__ import annotations

import pandas as pd

from grokkit.claims.rules.recurrent import FRACTIONS, NETWORKS, cell, cells, verdict_over_fractions
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 7
EFFECT = "share of runs that arrive"
WAY = "AdamW, dropout"


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Both networks from weights times 5, under AdamW with dropout, at the three fractions."""
    return cells(table, [WAY])


def rule(table: pd.DataFrame) -> Verdict:
    """Both networks: do more than half of the runs at the three fractions together reach 99% of validation accuracy?

    In each fraction more than half of those seen must, too. Late or not does not matter: the source shows that it
    generalises and does not say that it groks. Partly: one network, or two of the fractions.
    """
    held = {network: [cell(table, network, WAY, f)["t_val"].notna() for f in FRACTIONS] for network in NETWORKS}
    return verdict_over_fractions(held, LEVEL, EFFECT, "arrive")
