"""C7: weight decay that is brought in only late still gives grokking, and holds the weight norm."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.majority import majority
from grokkit.claims.rules.recurrent import groks
from grokkit.claims.rules.switching import LEVEL, after, answered, arrival, cell, cells, watched_after
from grokkit.claims.statistics import rank_sum_test
from grokkit.claims.verdict import Verdict

EFFECT = "share of runs that grok after the switch with their norm held"
WAY = "on at 2 T_train"


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The LSTM whose weight decay comes at twice its T_train, and without any."""
    return cells(table, [WAY, "off"])


def rule(table: pd.DataFrame) -> Verdict:
    """Do more than half of all runs grok after the switch, with their norm held, and sooner than without weight decay?

    A run groks as in C1: it arrives, after the switch, and with T_val / T_train >= 2. Its norm is held if it never
    stands above the one at the switch again. An exact binomial test, and an exact rank-sum test of T_val against runs
    without weight decay, which says that it is the switch. If most runs do not grok so, or if those without weight
    decay arrive sooner, the claim is refuted; but a run that could still do so, as it was watched for less than the
    source's 6,000 epochs, does not speak against it. 7 runs, all of them, can pass.
    """
    runs, off = watched_after(cell(table, WAY), 1), cell(table, "off")
    n = min(len(runs), len(off))
    if not n:
        return verdict([Finding(WAY, 0, 1.0, None, "")], LEVEL, EFFECT)
    grok = (groks(runs) & (runs["t_val"] > runs["moment"])).to_numpy()
    held = np.array([holds_the_norm(run) for _, run in runs.iterrows()])
    told = (
        f"of {len(runs)} runs {grok.sum()} grok after the switch and {held.sum()} never exceed the norm at it; without "
        f"weight decay {off['t_val'].notna().sum()} of {len(off)} arrive"
    )
    open_yet = ~answered(runs).to_numpy()
    found = majority(WAY, grok & held, told, may_hold=held & (grok | open_yet))
    sooner, later = rank_sum_test(arrival(runs), arrival(off)), rank_sum_test(arrival(off), arrival(runs))
    against = min(found.against, 1.0 if open_yet.any() else later)
    return verdict([found._replace(n=n, p_value=max(found.p_value, sooner), against=against)], LEVEL, EFFECT)


def holds_the_norm(run: pd.Series) -> bool:
    norms = after(run, "parameter_l2")
    return bool(norms.max() <= norms[0])
