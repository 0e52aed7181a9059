"""A9: in the LSTM, T_val falls as the training fraction grows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.architectures import LSTMS, answered, in_forms, medians, not_refuted, times
from grokkit.claims.rules.samples import by_seed
from grokkit.claims.statistics import median_interval, trend_test
from grokkit.claims.verdict import RUNS_TO_DECIDE, Verdict

LEVEL = 0.05 / 5
EFFECT = "T_val at alpha = 0.4 over T_val at alpha = 0.8"
FRACTIONS = (0.3, 0.4, 0.6, 0.8)


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The LSTM at all fractions, as in the text and as coded."""
    return in_forms(table, LSTMS, FRACTIONS)


def rule(table: pd.DataFrame) -> Verdict:
    """As in the text and as coded: does T_val fall over the fractions, from 0.3 (0.4 if that lacks runs) to 0.8?

    Five seeds that have a run at every fraction can pass: three fractions have six orders, five seeds 6^5. Where
    neither form passes, and some seed has two runs or more that neither arrived nor were watched for the source's
    100,000 steps, so that nobody knows their order, the claim stays untested.
    """
    found = [_finding(table, form) for form in LSTMS]
    return verdict(not_refuted(found, [_answers(table, form) for form in LSTMS], LEVEL), LEVEL, EFFECT)


def _finding(table: pd.DataFrame, form: str) -> Finding:
    used = _used(table, form)
    found = times(table, form, used)
    if not len(found):
        return Finding(form, 0, 1.0, None, "")
    with np.errstate(invalid="ignore"):
        ratios = found[:, used.index(0.4)] / found[:, -1]
    ratios[np.isnan(ratios)] = np.inf  # neither arrives: no ratio, and no end of an interval
    told = f"median T_val {medians(found)} steps for alpha = {', '.join(map(str, used))}"
    return Finding(form, len(found), trend_test(found, rising=False), median_interval(ratios), told)


def _used(table: pd.DataFrame, form: str) -> tuple[float, ...]:
    return FRACTIONS if len(times(table, form, FRACTIONS)) >= RUNS_TO_DECIDE else FRACTIONS[1:]


def _answers(table: pd.DataFrame, form: str) -> int | None:
    """Seeds whose order is known, at most one run being given up early (it is the latest); None if all are."""
    runs, used = in_forms(table, [form], FRACTIONS), _used(table, form)
    given_up = by_seed(runs.assign(given_up=(~answered(runs)).astype(float)), "train_fraction", used, "given_up")
    known = int((given_up.sum(axis=1) <= 1).sum())
    return known if known < len(given_up) else None
