"""A17: in the transformer with many summands, training and validation accuracy rise together."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.summands import TRANSFORMERS, chosen, runs_of
from grokkit.claims.statistics import majority_test, share_interval
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 4
EFFECT = "share of runs that rise together"
LARGER = (4, 5)
"""The larger half of the source's n: its words leave open whether three summands are many."""
HEIGHT = 0.9
LEAST = 0.5
TOGETHER = 1.5
"""Validation after training by less than half of training's own time. Half way to A1's "long after", which is 2."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Both forms of the transformer with 4 and 5 summands at alpha = 0.4."""
    return table[chosen(table, TRANSFORMERS, LARGER)]


def rule(table: pd.DataFrame) -> Verdict:
    """alpha = 0.4, n = 4 and 5, both forms: do both accuracies rise together in more than half of all runs?

    The two n of a form are counted together (9 of 10 runs can pass, 10 of 10 one form alone); besides, more than half
    at each n must, or the test does not pass.
    """
    used = rows(table)
    return verdict([_finding(form, used) for form in TRANSFORMERS], LEVEL, EFFECT)


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


def _finding(form: str, table: pd.DataFrame) -> Finding:
    holds = [[rises_together(run) for _, run in runs_of(table, form, n).iterrows()] for n in LARGER]
    n = min(len(each) for each in holds)
    if not n:
        return Finding(form, 0, 1.0, None, "")
    everywhere = all(np.mean(each) > 0.5 for each in holds)
    together = np.concatenate(holds)
    counts = " and ".join(f"{sum(each)} of {len(each)}" for each in holds)
    told = f"{counts} runs rise together for n = 4 and 5"
    return Finding(form, n, majority_test(together) if everywhere else 1.0, share_interval(together), told)
