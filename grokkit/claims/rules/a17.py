"""A17: in the transformer with many summands, training and validation accuracy rise together.

Seeds begin at 22: as coded, five summands at seeds 20 and 21 had been watched for 20,000 steps, and were near chance,
when the rule still counted n = 4 and 5 together.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.majority import majority
from grokkit.claims.rules.summands import TRANSFORMERS, answered, chosen, runs_of
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 4
EFFECT = "share of runs that rise together"
LARGER = (4, 5)
"""The larger half of the source's n: its words leave open whether three summands are many."""
FIRST_SEED = 22
HEIGHT = 0.9
LEAST = 0.5
TOGETHER = 1.5
"""Validation after training by less than half of training's own time. Half way to A1's "long after", which is 2."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Both forms of the transformer with 4 and 5 summands at alpha = 0.4."""
    return table[chosen(table, TRANSFORMERS, LARGER) & (table["seeds.data"] >= FIRST_SEED)]


def rule(table: pd.DataFrame) -> Verdict:
    """alpha = 0.4, n = 4 and 5, both forms: do both accuracies rise together in more than half of all runs?

    Four findings, one a form and n. Each can pass from 7 runs on, if all do; some of them alone (partly) from 9 on. A
    run that neither arrived nor was watched for the source's 100,000 steps does not speak against the claim.
    """
    used = rows(table)
    return verdict([_finding(form, n, used) for form in TRANSFORMERS for n in LARGER], LEVEL, EFFECT)


def rises_together(run: pd.Series) -> bool:
    return lag(run) < TOGETHER


def lag(run: pd.Series) -> float:
    """T_val / T_train at nine tenths of the highest training accuracy of the run.

    Nine tenths and not 99%, so that a run can be read that never fits all it is shown, as A18 says of n = 5. Infinite
    where validation never gets that high, and where training stays below a half: then nothing has risen.
    """
    highest = run["train_accuracy"].max()
    if not highest >= LEAST:
        return np.inf
    return _first(run, "val_accuracy", HEIGHT * highest) / _first(run, "train_accuracy", HEIGHT * highest)


def _first(run: pd.Series, name: str, level: float) -> float:
    """The first evaluated step with that accuracy, counted from 1."""
    there = run["steps"][run[name] >= level]
    return max(1.0, float(there[0])) if len(there) else np.inf


def _finding(form: str, n: int, table: pd.DataFrame) -> Finding:
    runs = runs_of(table, form, n)
    together = np.array([rises_together(run) for _, run in runs.iterrows()], dtype=bool)
    told = f"{together.sum()} of {len(together)} runs rise together"
    return majority(f"{form}, n = {n}", together, told, may_hold=together | ~answered(runs))
