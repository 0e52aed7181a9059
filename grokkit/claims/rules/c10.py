"""C10: Adam without regularisation, or with dropout only, gives no generalisation, or a much weaker one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.recurrent import HALF, NETWORKS, NEVER, WATCHED, answered_within, arrives, cell, cells
from grokkit.claims.statistics import median_interval, rank_sum_test
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 7
EFFECT = "best validation accuracy without weight decay"
WITH, WITHOUT = "AdamW", ("Adam", "Adam, dropout")
WEAKER = 0.5
"""Of the accuracy under AdamW: less than half of it is "much weaker"."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Both networks at 50% from weights times 5, under AdamW and under Adam with and without dropout."""
    return cells(table, [WITH, *WITHOUT], fractions=[HALF])


def rule(table: pd.DataFrame) -> Verdict:
    """50%, both networks, with and without dropout: is the best validation accuracy less than half of that under AdamW?

    A run without weight decay counts once it has arrived or was watched for 200,000 steps. Where AdamW itself does not
    bring more than half of the runs seen to 99% there is nothing to be weaker than, and the setting decides nothing.
    If accuracies tend to be more than half of those under AdamW, the claim is refuted, unless runs under AdamW that
    have not arrived were watched for less than 150,000 steps (RNN: 200,000). Five runs against five can pass; "partly"
    needs seven under AdamW.
    """
    settings = [(network, way) for network in NETWORKS for way in WITHOUT]
    return verdict([_finding(table, *each) for each in settings], LEVEL, EFFECT)


def best(runs: pd.DataFrame) -> np.ndarray:
    """(n,) the highest validation accuracy at any evaluation of each run."""
    return np.array([np.nanmax(curve, initial=0) for curve in runs["val_accuracy"]])


def _finding(table: pd.DataFrame, network: str, way: str) -> Finding:
    ours, theirs = (cell(table, network, each, HALF) for each in (way, WITH))
    ours = ours[answered_within(ours, NEVER)]
    n, setting = min(len(ours), len(theirs)), f"{network}, {way}"
    if not n:
        return Finding(setting, 0, 1.0, None, "")
    weaker, whole = best(ours), best(theirs)
    told = f"median best accuracy {np.median(weaker):.0%}, under AdamW {np.median(whole):.0%}"
    found = Finding(setting, n, 1.0, median_interval(weaker), told)
    if 2 * arrives(theirs).sum() <= len(theirs):
        return found
    settled = answered_within(theirs, WATCHED[network]).all()
    against = rank_sum_test(whole, weaker / WEAKER) if settled else 1.0
    return found._replace(p_value=rank_sum_test(weaker / WEAKER, whole), against=against)
