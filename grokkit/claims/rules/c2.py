"""C2: the RNN groks at 30, 50 and 70% of the data."""

from __future__ import annotations

import pandas as pd

from grokkit.claims.findings import verdict
from grokkit.claims.rules.recurrent import FRACTIONS, cells, groks, mostly
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 7
EFFECT = "share of runs that grok at 30%"


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The RNN under AdamW from weights times 5, at the three fractions."""
    return cells(table, ["AdamW"], ["RNN"])


def rule(table: pd.DataFrame) -> Verdict:
    """The RNN, at each of the three fractions: do more than half of all runs arrive, with T_val / T_train >= 2?

    An exact binomial test a fraction, of 9 runs, or of 12 where one of the 9 does not. A run that has not arrived
    within 200,000 steps does not grok.
    """
    return verdict([mostly(table, "RNN", "AdamW", f, groks, "grok") for f in FRACTIONS], LEVEL, EFFECT)
