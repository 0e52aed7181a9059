"""C6: when weight decay is removed late, after grokking, nothing is lost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.majority import majority
from grokkit.claims.rules.switching import LEVEL, after, cell, cells, watched_after
from grokkit.claims.verdict import Verdict

EFFECT = "share of runs that keep what they know"
LATE = ("off at T_val", "off at 1.25 T_val")
KEPT, OF_THE_TIME = 0.95, 0.9
"""Validation accuracy of at least so much in at least this share of the evaluations after the switch: an optimizer that
adapts its steps has single bad moments, with weight decay or without."""
WATCHED = 20_000
"""Steps after its switch for which a run must have been seen."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The LSTM whose weight decay is removed when it has generalised, or a while later."""
    return cells(table, LATE)


def rule(table: pd.DataFrame) -> Verdict:
    """At both moments: do more than half of all runs keep a validation accuracy of 95% in 90% of what follows?

    An exact binomial test. 7 runs, all of them, can pass at both moments; "partly" needs 8.
    """
    return verdict([_finding(table, way) for way in LATE], LEVEL, EFFECT)


def _finding(table: pd.DataFrame, way: str) -> Finding:
    runs = watched_after(cell(table, way), WATCHED)
    if not len(runs):
        return Finding(way, 0, 1.0, None, "")
    shares = np.array([share_kept(run) for _, run in runs.iterrows()])
    holds = shares >= OF_THE_TIME
    ends = [run["val_accuracy"][-1] for _, run in runs.iterrows()]
    told = (
        f"{holds.sum()} of {len(runs)} runs keep {KEPT:.0%} in {OF_THE_TIME:.0%} of the evaluations after the switch; "
        f"median accuracy at the end {np.median(ends):.1%}"
    )
    return majority(way, holds, told)


def share_kept(run: pd.Series) -> float:
    """Share of the evaluations after the switch at which validation accuracy is still there."""
    return float((after(run, "val_accuracy") >= KEPT).mean())
