"""C14: RNN and LSTM do not grok without explicit regularisation."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.recurrent import NETWORKS, cell, cells, complete, groks
from grokkit.claims.statistics import rank_sum_test, share_interval
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 7
EFFECT = "share of runs without regularisation that grok"
WITH, WITHOUT = "AdamW", "Adam"


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Both networks from weights times 5, under AdamW and under Adam without regularisation."""
    return cells(table, [WITH, WITHOUT])


def rule(table: pd.DataFrame) -> Verdict:
    """Both networks: does no run without regularisation grok, and do those with weight decay arrive sooner?

    The source denies it altogether, so one run that groks refutes it. But "not within these steps" alone would be true
    of any short budget: runs with weight decay must have been seen to arrive where the others did not. At 70%, and at
    50 and 30% once they have five runs each. Five runs against five can pass; "partly" needs nine under AdamW.
    """
    fractions = complete(table, [WITH, WITHOUT])
    return verdict([_finding(table, network, f) for f in fractions for network in NETWORKS], LEVEL, EFFECT)


def _finding(table: pd.DataFrame, network: str, fraction: float) -> Finding:
    without, decayed = cell(table, network, WITHOUT, fraction), cell(table, network, WITH, fraction)
    n, setting = min(len(without), len(decayed)), f"{network} at {fraction:.0%}"
    if not n:
        return Finding(setting, 0, 1.0, None, "")
    sooner, later = (runs["t_val"].fillna(np.inf) for runs in (decayed, without))
    seen = groks(without)
    p_value = 1.0 if seen.any() else rank_sum_test(sooner, later)
    told = (
        f"{seen.sum()} of {len(without)} runs grok and {without['t_val'].notna().sum()} arrive; with weight decay "
        f"{decayed['t_val'].notna().sum()} of {len(decayed)} arrive"
    )
    return Finding(setting, n, p_value, share_interval(seen), told)
