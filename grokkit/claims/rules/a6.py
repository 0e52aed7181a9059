"""A6: a two-layer MLP groks."""

from __future__ import annotations

import pandas as pd

from grokkit.claims.findings import verdict
from grokkit.claims.rules.architectures import MLPS, groks, in_forms
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 5
EFFECT = "T_val / T_train"
ALPHA = 0.4
"""Where source A shows grokking in the transformer."""
LONG_AFTER = 2.0
"""T_val / T_train at least, as for the transformer (A1)."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The MLP at alpha = 0.4, as in the text and as coded."""
    return in_forms(table, MLPS, [ALPHA])


def rule(table: pd.DataFrame) -> Verdict:
    """alpha = 0.4, as in the text and as coded: do more than half of all runs arrive, with T_val / T_train >= 2?

    Can pass from 7 runs on, if all do; partly (one form alone) from 8 on. A run that neither arrived nor was watched
    for the source's 100,000 steps does not speak against the claim.
    """
    return verdict([groks(table, form, ALPHA, LONG_AFTER) for form in MLPS], LEVEL, EFFECT)
