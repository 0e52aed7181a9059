"""A10: the MLP and the LSTM converge later than the transformer."""

from __future__ import annotations

import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.architectures import (
    LSTMS,
    MLPS,
    TRANSFORMER,
    in_forms,
    medians,
    sooner,
    times,
    typical,
)
from grokkit.claims.statistics import ratio_interval
from grokkit.claims.verdict import RUNS_TO_DECIDE, Verdict

LEVEL = 0.05 / 5
EFFECT = "T_val over the transformer's, mean over the fractions"
FRACTIONS = (0.3, 0.4, 0.6, 0.8)


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """MLP, LSTM and transformer at all fractions, in all forms."""
    return in_forms(table, [*MLPS, *LSTMS, TRANSFORMER], FRACTIONS)


def rule(table: pd.DataFrame) -> Verdict:
    """Does the transformer arrive sooner, over the fractions from 0.3 (0.4 if that lacks runs) to 0.8?

    Four tests, one a form of the other two networks; a seed is judged by its mean rank over the fractions. Five runs
    against five can pass; one form alone (partly) needs six against five. For the MLP this contradicts A7 where their
    fractions meet, at 0.3: the source says both.
    """
    return verdict([_finding(table, form) for form in (*MLPS, *LSTMS)], LEVEL, EFFECT)


def _finding(table: pd.DataFrame, form: str) -> Finding:
    used = FRACTIONS if len(times(table, form, FRACTIONS)) >= RUNS_TO_DECIDE else FRACTIONS[1:]
    theirs, ours = times(table, form, used), times(table, TRANSFORMER, used)
    n = min(len(theirs), len(ours))
    if not n:
        return Finding(form, 0, 1.0, None, "")
    told = (
        f"median T_val {medians(theirs)} steps against the transformer's {medians(ours)} for alpha = "
        f"{', '.join(map(str, used))}"
    )
    return Finding(form, n, sooner(ours, theirs), ratio_interval(typical(theirs), typical(ours)), told)
