"""A8: an LSTM of one layer groks."""

from __future__ import annotations

import pandas as pd

from grokkit.claims.findings import verdict
from grokkit.claims.rules.architectures import LSTMS, groks, in_forms, not_refuted, undecided
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 5
EFFECT = "T_val / T_train"
ALPHA = 0.4
"""Where source A shows grokking in the transformer."""
LONG_AFTER = 2.0
"""T_val / T_train at least, as for the transformer (A1)."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The LSTM at alpha = 0.4, as in the text and as coded."""
    return in_forms(table, LSTMS, [ALPHA])


def rule(table: pd.DataFrame) -> Verdict:
    """alpha = 0.4, as in the text and as coded: do more than half of all runs arrive, with T_val / T_train >= 2?

    Can pass from 7 runs on, if all do; partly (one form alone) from 8 on. Where neither passes, and one could if runs
    that did not arrive were watched for the source's 100,000 steps, the claim stays untested.
    """
    found = [groks(table, form, ALPHA, LONG_AFTER) for form in LSTMS]
    answers = [undecided(table, form, ALPHA, LONG_AFTER, LEVEL) for form in LSTMS]
    return verdict(not_refuted(found, answers, LEVEL), LEVEL, EFFECT)
