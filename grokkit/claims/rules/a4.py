"""A4: smaller p, a more fluctuating and sharper curve."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.samples import FORMS, by_seed, in_forms, of_form, up_to_arrival
from grokkit.claims.statistics import median_interval, trend_test
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 5
EFFECT = "fluctuation at p = 47 minus that at p = 197"
MODULI = (47, 97, 149, 197)


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The four moduli at alpha = 0.4, both forms."""
    return in_forms(table[(table["train_fraction"] == 0.4) & table["task.p"].isin(MODULI)])


def rule(table: pd.DataFrame) -> Verdict:
    """alpha = 0.4, both forms: do the validation curve's fluctuation and its sharpness fall as p grows?"""
    chosen = rows(table)
    measures = {"fluctuation": fluctuation, "sharpness": sharpness}
    found = [
        _finding(f"{form}, {name}", of_form(chosen, form), measure)
        for form in FORMS
        for name, measure in measures.items()
    ]
    return verdict(found, LEVEL, EFFECT)


def fluctuation(run: pd.Series) -> float:
    """Mean fall of validation accuracy between evaluations 100 steps apart, up to T_val; rises count as zero."""
    return float(np.maximum(-np.diff(up_to_arrival(run)), 0).mean())


def sharpness(run: pd.Series) -> float:
    """Largest rise of validation accuracy between evaluations 100 steps apart, up to T_val."""
    return float(np.diff(up_to_arrival(run)).max())


def _finding(setting: str, runs: pd.DataFrame, measure: Callable[[pd.Series], float]) -> Finding:
    measured = runs.assign(measured=[measure(run) for _, run in runs.iterrows()])
    values = by_seed(measured, "task.p", MODULI, "measured")
    if not len(values):
        return Finding(setting, 0, 1.0, None, "")
    interval = median_interval(values[:, 0] - values[:, -1])
    medians = ", ".join(f"{x:.2%}" for x in np.median(values, axis=0))
    told = f"median {medians} per 100 steps for p = {', '.join(map(str, MODULI))}"
    falls, rises = (trend_test(values, rising) for rising in (False, True))
    return Finding(setting, len(values), falls, interval, told, against=rises)
