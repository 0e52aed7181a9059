"""C12: the more weight decay, the earlier the grokking."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.recurrent import groks
from grokkit.claims.rules.switching import LEVEL, arrival, decayed
from grokkit.claims.statistics import ratio_interval, trend_test
from grokkit.claims.verdict import Verdict

DECAYS = (0.05, 0.1, 0.2, 0.4)
EFFECT = "T_val at the smallest weight decay over that at the largest"


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The LSTM with each weight decay, from the start to the end."""
    found = np.concatenate([decayed(table, decay).index for decay in DECAYS])
    return table[table.index.isin(found)]


def rule(table: pd.DataFrame) -> Verdict:
    """Does T_val fall as weight decay grows (exact permutation test of a trend)?

    Blocks of the test are runs in the order of their seeds: these all differ, so under the null any order of a block is
    as likely as any other. Five runs a setting can pass. How many of them grok is told and not tested.
    """
    runs = [decayed(table, decay) for decay in DECAYS]
    n, setting = min(map(len, runs)), f"weight decay {', '.join(map(str, DECAYS))}"
    if not n:
        return verdict([Finding(setting, 0, 1.0, None, "")], LEVEL, EFFECT)
    times = np.stack([arrival(part)[:n] for part in runs], axis=1)
    medians = ", ".join(f"{t:,.0f}" for t in np.median(times, axis=0))
    late = ", ".join(f"{groks(part).sum()} of {len(part)}" for part in runs)
    told = f"median T_val {medians} steps; with T_val / T_train >= 2: {late}"
    interval = ratio_interval(times[:, 0], times[:, -1])
    falls, rises = (trend_test(times, rising) for rising in (False, True))
    return verdict([Finding(setting, n, falls, interval, told, against=rises)], LEVEL, EFFECT)
