"""C14: RNN and LSTM do not grok without explicit regularisation."""

from __future__ import annotations

import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.recurrent import HALF, NETWORKS, NEVER, answered_within, arrives, cell, cells, groks
from grokkit.claims.rules.switching import arrival
from grokkit.claims.statistics import rank_sum_test, share_interval
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 7
EFFECT = "share of runs without regularisation that grok"
WITH, WITHOUT = "AdamW", "Adam"


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Both networks at 50% from weights times 5, under AdamW and under Adam without regularisation."""
    return cells(table, [WITH, WITHOUT], fractions=[HALF])


def rule(table: pd.DataFrame) -> Verdict:
    """50%, both networks: does no run without regularisation grok, and do those with weight decay arrive sooner?

    The source denies it altogether, so one run that groks refutes it. But "not within these steps" alone would be true
    of any short budget: a run without regularisation counts once it has arrived or was watched for 200,000 steps, and
    those with weight decay must arrive sooner (exact rank-sum test). Five runs against five can pass; "partly" needs
    six under AdamW.
    """
    return verdict([_finding(table, network) for network in NETWORKS], LEVEL, EFFECT)


def _finding(table: pd.DataFrame, network: str) -> Finding:
    without, decayed = (cell(table, network, way, HALF) for way in (WITHOUT, WITH))
    without = without[answered_within(without, NEVER)]
    n = min(len(without), len(decayed))
    if not n:
        return Finding(network, 0, 1.0, None, "")
    seen = groks(without)
    told = (
        f"{seen.sum()} of {len(without)} runs grok and {arrives(without).sum()} arrive; with weight decay "
        f"{arrives(decayed).sum()} of {len(decayed)} arrive"
    )
    p_value = 1.0 if seen.any() else rank_sum_test(arrival(decayed), arrival(without))
    return Finding(network, n, p_value, share_interval(seen), told, against=0.0 if seen.any() else 1.0)
