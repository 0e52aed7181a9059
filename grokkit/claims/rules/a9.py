"""A9: in the LSTM, T_val falls as the training fraction grows.

Decided by the LSTM as in the text, as A8 is.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.architectures import LSTM_TEXT, in_forms, medians, times
from grokkit.claims.rules.samples import order_known
from grokkit.claims.statistics import median_interval, trend_test
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 5
EFFECT = "T_val at alpha = 0.4 over T_val at alpha = 0.8"
FRACTIONS = (0.4, 0.6, 0.8)


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The LSTM at all fractions, as in the text."""
    return in_forms(table, [LSTM_TEXT], FRACTIONS)


def rule(table: pd.DataFrame) -> Verdict:
    """As in the text: does T_val fall over the fractions 0.4, 0.6 and 0.8?

    Five seeds that have a run at every fraction can pass: three fractions have six orders, five seeds 6^5. A rise
    speaks against the claim only where the order of every seed's runs is known, whatever longer watching would show.
    """
    return verdict([_finding(table)], LEVEL, EFFECT)


def _finding(table: pd.DataFrame) -> Finding:
    latest, soonest = times(table, LSTM_TEXT, FRACTIONS)
    if not len(latest):
        return Finding(LSTM_TEXT, 0, 1.0, None, "")
    with np.errstate(invalid="ignore"):
        ratios = latest[:, 0] / latest[:, -1]
    ratios[np.isnan(ratios)] = np.inf  # neither arrives: no ratio, and no end of an interval
    told = f"median T_val {medians(latest)} steps for alpha = {', '.join(map(str, FRACTIONS))}"
    falls, rises = (trend_test(latest, rising) for rising in (False, True))
    given_up = np.where(soonest < latest, soonest, np.inf)
    against = rises if order_known(latest, given_up) else 1.0
    return Finding(LSTM_TEXT, len(latest), falls, median_interval(ratios), told, against)
