"""A22: initialisation changes the speed of grokking strongly, and AdaSAM gains most where it is poor."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.a21 import FORMS
from grokkit.claims.rules.sharpness import (
    ADAMW,
    INITIALISERS,
    TUNING_RUNS,
    all_runs,
    best_times,
    judged,
    listed,
    median_time,
    runs_of,
    sooner,
    times,
    tuning_of,
)
from grokkit.claims.statistics import ratio_interval
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 3
EFFECT = "T_val of AdamW under the poorest initialiser over that under the best"
STRONGLY = 1.5


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """A21's rows, and the runs of AdamW that chose the poorest and the best initialiser."""
    every = all_runs(table, (ADAMW, *FORMS), INITIALISERS)
    return pd.concat([every, tuning_of(table, FORMS), all_runs(table, [ADAMW], INITIALISERS, tuning=True)])


def rule(table: pd.DataFrame) -> Verdict:
    """Poorest and best: the initialisers with the latest and the earliest median T_val of AdamW on the tuning seeds.

    Strongly: AdamW's T_val under the poorest is more than 1.5 times that under the best (rank-sum test). Gain, in each
    form of AdaSAM: T_val of AdamW over that of AdaSAM, run by run, is larger under the poorest than under the best,
    where a ratio below 1 is no gain and counts as 1. Of a censored time the test takes what speaks against the claim,
    and that of the opposite what speaks for it.
    """
    poorest, best = _ends(table)
    if not poorest:
        return verdict([Finding("initialisers on the tuning seeds", 0, 1.0, None, "")], LEVEL, EFFECT)
    return verdict([_strongly(table, poorest, best), *(_gains(table, f, poorest, best) for f in FORMS)], LEVEL, EFFECT)


def _ends(table: pd.DataFrame) -> tuple[str, str]:
    """The poorest and the best; empty where they are not known."""
    tried = {initialiser: runs_of(table, ADAMW, initialiser, tuning=True) for initialiser in INITIALISERS}
    if min(map(len, tried.values())) < TUNING_RUNS:
        return "", ""
    order = sorted(INITIALISERS, key=lambda initialiser: median_time(tried[initialiser]))
    return order[-1], order[0]


def _strongly(table: pd.DataFrame, poorest: str, best: str) -> Finding:
    late, early = (judged(table, ADAMW, initialiser) for initialiser in (poorest, best))
    n = min(len(late), len(early))
    if not n:
        return Finding("speed", 0, 1.0, None, "")
    told = f"median T_val {listed(map(median_time, (late, early)))} steps under {poorest} and {best}"
    interval = ratio_interval(times(late), times(early)) if np.isfinite(times(early)).all() else None
    against = sooner(times(late), STRONGLY * best_times(early))
    return Finding("speed", n, sooner(times(early), times(late), STRONGLY), interval, told, against)


def _gains(table: pd.DataFrame, form: str, poorest: str, best: str) -> Finding:
    setting = f"gain {FORMS[form]}"
    runs = {i: (judged(table, ADAMW, i), judged(table, form, i)) for i in (poorest, best)}
    n = min(len(each) for pair in runs.values() for each in pair)
    if not n:
        return Finding(setting, 0, 1.0, None, "")
    told_gains = (np.median(_gain(best_times(a), times(b))) for a, b in runs.values())
    told = "median gain " + " and ".join(f"{x:.2f} under {i}" for i, x in zip(runs, told_gains, strict=True))
    (late, hard), (early, easy) = runs.values()
    surely = sooner(_gain(times(early), best_times(easy)), _gain(best_times(late), times(hard)))
    against = sooner(_gain(times(late), best_times(hard)), _gain(best_times(early), times(easy)))
    return Finding(setting, n, surely, None, told, against)


def _gain(theirs: np.ndarray, ours: np.ndarray) -> np.ndarray:
    """AdamW's times over AdaSAM's, first with first, second with second; 1 where AdaSAM is not sooner."""
    k = min(len(theirs), len(ours))
    return np.maximum(1.0, theirs[:k] / ours[:k])
