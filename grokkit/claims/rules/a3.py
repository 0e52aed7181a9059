"""A3: larger p groks in fewer steps."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.samples import FORMS, by_seed, in_forms, of_form
from grokkit.claims.statistics import median_interval, trend_test
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 5
EFFECT = "T_val at p = 47 over T_val at p = 197"
MODULI = (47, 97, 149, 197)


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The four moduli at alpha = 0.4, both forms."""
    return in_forms(table[(table["train_fraction"] == 0.4) & table["task.p"].isin(MODULI)])


def rule(table: pd.DataFrame) -> Verdict:
    """alpha = 0.4: does T_val fall as p grows, as coded (where the width grows with p) and at width 128?"""
    chosen = rows(table)
    return verdict([_finding(form, of_form(chosen, form)) for form in FORMS], LEVEL, EFFECT)


def _finding(form: str, runs: pd.DataFrame) -> Finding:
    times = by_seed(runs, "task.p", MODULI, "t_val")
    if not len(times):
        return Finding(form, 0, 1.0, None, "")
    with np.errstate(invalid="ignore"):
        interval = median_interval(np.nan_to_num(times[:, 0] / times[:, -1], nan=np.inf))
    medians = ", ".join(f"{x:,.0f}" for x in np.median(times, axis=0))
    told = f"median T_val {medians} steps for p = {', '.join(map(str, MODULI))}"
    falls, rises = (trend_test(times, rising) for rising in (False, True))
    return Finding(form, len(times), falls, interval, told, against=rises)
