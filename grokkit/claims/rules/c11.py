"""C11: AdamW with dropout generalises."""

from __future__ import annotations

from itertools import product

import pandas as pd

from grokkit.claims.findings import verdict
from grokkit.claims.rules.recurrent import FRACTIONS, NETWORKS, arrives, cells, mostly
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 7
EFFECT = "share of the RNN's runs that arrive at 30%"
WAY = "AdamW, dropout"


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Both networks from weights times 5, under AdamW with dropout, at the three fractions."""
    return cells(table, [WAY])


def rule(table: pd.DataFrame) -> Verdict:
    """Both networks, at each of the three fractions: do more than half of all runs reach 99% of validation accuracy?

    An exact binomial test in each of the six settings, of 9 runs, or of 12 where one of the 9 does not; "partly" needs
    12. Late or not
    does not matter: the source shows that it generalises and does not say that it groks. A run that has not arrived
    within 150,000 steps (RNN: 200,000) does not.
    """
    settings = product(NETWORKS, FRACTIONS)
    return verdict([mostly(table, network, WAY, f, arrives, "arrive") for network, f in settings], LEVEL, EFFECT)
