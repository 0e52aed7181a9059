"""A8: an LSTM of one layer groks.

Decided by the LSTM as in the text. As coded it has no weight decay and a rate that falls to a half in 10,000 steps: it
need not arrive within any budget that we can give to enough runs of it to decide, so that three are told of.
"""

from __future__ import annotations

import pandas as pd

from grokkit.claims.findings import verdict
from grokkit.claims.rules.architectures import LSTM_CODE, LSTM_TEXT, LSTMS, groks, in_forms, seen_of
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
    """alpha = 0.4, as in the text: do more than half of all runs arrive, with T_val / T_train >= 2?

    Can pass from 7 runs on, if all do; eight are planned. A run that neither arrived nor was watched for the source's
    100,000 steps does not speak against the claim. The runs as coded decide nothing.
    """
    found, coded = groks(table, LSTM_TEXT, ALPHA, LONG_AFTER), in_forms(table, [LSTM_CODE], [ALPHA])
    aside = f"; as coded, which decides nothing, {seen_of(coded, LONG_AFTER)}" if len(coded) else ""
    return verdict([found._replace(told=found.told + aside)], LEVEL, EFFECT)
