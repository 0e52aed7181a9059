"""A10: the MLP and the LSTM converge later than the transformer.

The LSTM is that of the text, as in A8. MLPs and transformers have seeds from 40 on: 15 transformers and 16 MLPs with
earlier ones, at these fractions, had been seen when the rule had four forms and a fraction more.
"""

from __future__ import annotations

import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.architectures import (
    EARLIER,
    FRESH,
    LSTM_TEXT,
    MLPS,
    TRANSFORMER,
    in_forms,
    medians,
    sooner,
    times,
    typical,
)
from grokkit.claims.statistics import ratio_interval
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 5
EFFECT = "T_val over the transformer's, mean over the fractions"
FRACTIONS = (0.4, 0.6, 0.8)
SEEDS = {**dict.fromkeys(MLPS, FRESH), LSTM_TEXT: EARLIER}


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """MLP, in both forms, LSTM, as in the text, and transformer at all fractions."""
    transformers = in_forms(table, [TRANSFORMER], FRACTIONS, FRESH)
    return pd.concat([*(in_forms(table, [form], FRACTIONS, seeds) for form, seeds in SEEDS.items()), transformers])


def rule(table: pd.DataFrame) -> Verdict:
    """Does the transformer arrive sooner, over the fractions 0.4, 0.6 and 0.8?

    Three tests, one a form of the other two networks; a seed is judged by its mean rank over the fractions. Five runs
    against five can pass; one form alone (partly) needs six against five. A run that may still arrive is taken, in the
    test and in that of the opposite, at the moment that speaks against what is tested.
    """
    return verdict([_finding(table, form, seeds) for form, seeds in SEEDS.items()], LEVEL, EFFECT)


def _finding(table: pd.DataFrame, form: str, seeds: range) -> Finding:
    theirs, theirs_soonest = times(table, form, FRACTIONS, seeds)
    ours, ours_soonest = times(table, TRANSFORMER, FRACTIONS, FRESH)
    n = min(len(theirs), len(ours))
    if not n:
        return Finding(form, 0, 1.0, None, "")
    told = (
        f"median T_val {medians(theirs)} steps against the transformer's {medians(ours)} for alpha = "
        f"{', '.join(map(str, FRACTIONS))}"
    )
    later, earlier = sooner(ours, theirs_soonest), sooner(theirs, ours_soonest)
    return Finding(form, n, later, ratio_interval(typical(theirs), typical(ours)), told, against=earlier)
