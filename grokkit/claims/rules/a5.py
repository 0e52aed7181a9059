"""A5: T_val falls as the training fraction grows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.samples import FORMS, by_seed, in_forms, of_form
from grokkit.claims.statistics import median_interval, trend_test
from grokkit.claims.verdict import RUNS_TO_DECIDE, Verdict

LEVEL = 0.05 / 5
EFFECT = "T_val at alpha = 0.25 over T_val at alpha = 0.8"
FRACTIONS = (0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8)


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """p = 97 at all fractions, both forms."""
    return in_forms(table[(table["task.p"] == 97) & table["train_fraction"].isin(FRACTIONS)])


def rule(table: pd.DataFrame) -> Verdict:
    """p = 97, both forms: does T_val fall over the training fractions, from 0.2 (0.25 if that lacks runs) to 0.8?"""
    chosen = rows(table)
    return verdict([_finding(form, of_form(chosen, form)) for form in FORMS], LEVEL, EFFECT)


def _finding(form: str, runs: pd.DataFrame) -> Finding:
    used, times = _blocks(runs)
    if not len(times):
        return Finding(form, 0, 1.0, None, "")
    interval = median_interval(times[:, used.index(0.25)] / times[:, -1])
    medians = ", ".join(f"{x:,.0f}" for x in np.median(times, axis=0))
    told = f"median T_val {medians} steps for alpha = {', '.join(map(str, used))}"
    falls, rises = (trend_test(times, rising) for rising in (False, True))
    return Finding(form, len(times), falls, interval, told, against=rises)


def _blocks(runs: pd.DataFrame) -> tuple[tuple[float, ...], np.ndarray]:
    """The fractions compared, and their blocks: 0.2 takes half of all the computing, and may be left for later."""
    for used in (FRACTIONS, FRACTIONS[1:]):
        times = by_seed(runs, "train_fraction", used, "t_val")
        if len(times) >= RUNS_TO_DECIDE:
            break
    return used, times
