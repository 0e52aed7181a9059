"""C4: without weight decay the LSTM overfits and never groks, in extended training either."""

from __future__ import annotations

import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.switching import LEVEL, SOURCE_BUDGET, arrival, cell
from grokkit.claims.statistics import rank_sum_test, share_interval
from grokkit.claims.verdict import Verdict

EFFECT = "share of runs without weight decay that arrive"
WATCHED = {"float32": SOURCE_BUDGET, "float64": 200_000}
"""How long a run must be watched before it counts as one that never arrives. In float64 the softmax rounds a loss away
so much later that a stall could not come from it; 200,000 steps are several times what weight decay needs."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The LSTM without weight decay in both precisions, and with it throughout."""
    off = [cell(table, "off", precision).index for precision in WATCHED]
    return table[table.index.isin(off[0].union(off[1]).union(cell(table, "on").index))]


def rule(table: pd.DataFrame) -> Verdict:
    """In each precision: do all runs memorise and none arrive, where those with weight decay arrive sooner?

    One run that arrives, or that does not memorise, refutes it there. "Not within these steps" would be true of any
    short budget, so a run that has not arrived counts only if it was watched for the source's 6,000 epochs (in float64,
    the anchor, for 200,000 steps), and T_val must be smaller under weight decay (exact rank-sum test). 5 runs against 5
    can pass.
    """
    return verdict([_finding(table, precision) for precision in WATCHED], LEVEL, EFFECT)


def _finding(table: pd.DataFrame, precision: str) -> Finding:
    off, on, steps = cell(table, "off", precision), cell(table, "on"), WATCHED[precision]
    off = off[off["t_val"].notna() | (off["observed_to"] >= steps)]
    n, setting = min(len(off), len(on)), f"{precision}, {steps:,} steps"
    if not n:
        return Finding(setting, 0, 1.0, None, "")
    arrived, memorised = off["t_val"].notna(), off["t_train"].notna()
    as_claimed = memorised.all() and not arrived.any()
    p_value = rank_sum_test(arrival(on), arrival(off)) if as_claimed else 1.0
    told = (
        f"{memorised.sum()} of {len(off)} runs memorise and {arrived.sum()} arrive; with weight decay "
        f"{on['t_val'].notna().sum()} of {len(on)} arrive"
    )
    return Finding(setting, n, p_value, share_interval(arrived), told, against=1.0 if as_claimed else 0.0)
