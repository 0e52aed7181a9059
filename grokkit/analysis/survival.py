"""Medians of arrival times when some runs never arrived: the Kaplan-Meier estimate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def survival_median(times: Sequence[float], observed_to: Sequence[float]) -> float:
    """Kaplan-Meier median of first-passage times, NaN being censored at `observed_to`; inf if never reached.

    The first time by which half of the runs have arrived: of an even number of runs the lower of the two in the middle.
    """
    from scipy import stats  # here: it takes a second

    times, ends = np.asarray(times, dtype=float), np.asarray(observed_to, dtype=float)
    seen = np.isfinite(times)
    if not seen.any():
        return float("inf")
    data = stats.CensoredData(uncensored=times[seen], right=ends[~seen])
    survival = stats.ecdf(data).sf
    below = survival.quantiles[survival.probabilities <= 0.5 + 1e-12]
    return float(below[0]) if len(below) else float("inf")


def median_times(runs: pd.DataFrame) -> pd.Series:
    """How many runs, and the survival medians of T_train and T_val in steps: 'runs', 'T_train', 'T_val'.

    runs: one row each, with `t_train`, `t_val` (NaN where censored) and `observed_to`.
    """
    medians = {t: survival_median(runs[t.lower()], runs["observed_to"]) for t in ("T_train", "T_val")}
    return pd.Series({"runs": len(runs), **medians})
