"""A2: "double grokking", a plateau of validation accuracy near 40% before it goes to 100%."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.majority import majority
from grokkit.claims.rules.samples import FORMS, in_forms, of_form, up_to_arrival
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 5
EFFECT = "share of runs with the plateau"
NEAR = (0.3, 0.5)
MOST = 0.5


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """p = 97, alpha = 0.4, both forms."""
    return in_forms(table[(table["task.p"] == 97) & (table["train_fraction"] == 0.4)])


def rule(table: pd.DataFrame) -> Verdict:
    """p = 97, alpha = 0.4, both forms: do more than half of all runs show the plateau?"""
    chosen = rows(table)
    return verdict([_finding(form, of_form(chosen, form)) for form in FORMS], LEVEL, EFFECT)


def has_plateau(run: pd.Series) -> bool:
    """Whether a run that arrives spends at least half of its delay between 30% and 50%.

    Counted in evaluations every 100 steps from T_train to T_val, of which there must be five. A curve that climbs
    at an even pace spends a fifth of its way there.
    """
    return bool(np.isfinite(run["t_val"]) and dwell(run) >= MOST)


def dwell(run: pd.Series) -> float:
    """Share of the evaluations from T_train to T_val whose validation accuracy lies in NEAR; 0 if there are too few."""
    accuracy = up_to_arrival(run, since=run["t_train"])
    return float(((accuracy >= NEAR[0]) & (accuracy <= NEAR[1])).mean()) if len(accuracy) >= 5 else 0.0


def _finding(form: str, runs: pd.DataFrame) -> Finding:
    holds = [has_plateau(run) for _, run in runs.iterrows()]
    longest = max([dwell(run) for _, run in runs.iterrows()], default=0.0)
    told = f"{sum(holds)} of {len(runs)} runs have the plateau; the longest stay near 40% is {longest:.0%} of a delay"
    return majority(form, holds, told)
