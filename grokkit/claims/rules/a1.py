"""A1: validation accuracy reaches 1 long after training accuracy does."""

from __future__ import annotations

import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.majority import majority
from grokkit.claims.rules.samples import FORMS, in_forms, of_form
from grokkit.claims.statistics import median_interval
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 5
EFFECT = "T_val / T_train"
LONG_AFTER = 2.0
"""T_val / T_train at least; the waiting then takes as long again as the learning did."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """p = 97, alpha = 0.4, both forms."""
    return in_forms(table[(table["task.p"] == 97) & (table["train_fraction"] == 0.4)])


def rule(table: pd.DataFrame) -> Verdict:
    """p = 97, alpha = 0.4, both forms: do more than half of all runs arrive, with T_val / T_train >= 2?"""
    chosen = rows(table)
    return verdict([_finding(form, of_form(chosen, form)) for form in FORMS], LEVEL, EFFECT)


def _finding(form: str, runs: pd.DataFrame) -> Finding:
    late = runs["ratio"] >= LONG_AFTER  # a censored run has no ratio: it did not arrive
    interval = median_interval(runs["ratio"].fillna(float("inf")))
    told = f"{late.sum()} of {len(runs)} runs have T_val / T_train of {LONG_AFTER:g} or more"
    return majority(form, late, told)._replace(interval=interval)
