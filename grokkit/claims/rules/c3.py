"""C3: a smaller training fraction makes grokking more pronounced."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.recurrent import FRACTIONS, NETWORKS, WATCHED, answered_within, cell, cells, waiting
from grokkit.claims.statistics import median_interval, trend_test
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 7
EFFECT = "T_val / T_train at 30% over that at 70%"


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Both networks under AdamW from weights times 5, at the three fractions."""
    return cells(table, ["AdamW"])


def rule(table: pd.DataFrame) -> Verdict:
    """Both networks: do the delay and the ratio T_val / T_train both fall as the fraction grows?

    "More pronounced" is a longer wait, in steps and measured by the time that learning took: either alone could come
    from slower learning or from faster memorising. If one of them rises with the fraction, the claim is refuted, unless
    runs that have not arrived were watched for less than 150,000 steps (RNN: 200,000). Blocks of the test are runs in
    the order of their seeds: these all differ, so under the null any order of a block is as likely as any other. Five
    runs a fraction can pass.
    """
    return verdict([_finding(table, network) for network in NETWORKS], LEVEL, EFFECT)


def _finding(table: pd.DataFrame, network: str) -> Finding:
    runs = [cell(table, network, "AdamW", fraction) for fraction in FRACTIONS]
    n = min(map(len, runs))
    if not n:
        return Finding(network, 0, 1.0, None, "")
    delay, ratio = (np.stack([waiting(part, name)[:n] for part in runs], axis=1) for name in ("delay", "ratio"))
    with np.errstate(invalid="ignore", divide="ignore"):
        interval = median_interval(np.nan_to_num(ratio[:, 0] / ratio[:, -1], nan=np.inf, posinf=np.inf))
    delays, ratios = (", ".join(f"{x:,.3g}" for x in np.median(values, axis=0)) for values in (delay, ratio))
    told = f"at 30, 50 and 70% median delays of {delays} steps and ratios of {ratios}"
    falls, rises = ([trend_test(values, rising) for values in (delay, ratio)] for rising in (False, True))
    settled = all(answered_within(part[:n], WATCHED[network]).all() for part in runs)
    return Finding(network, n, max(falls), interval, told, against=min(rises) if settled else 1.0)
