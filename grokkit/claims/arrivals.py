"""When runs arrive at an accuracy that a rule names itself, and how much later on new examples than on their own.

Each is named in a rule, with its version. Times are evaluated steps, counted from 1 and infinite for never.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.identity import of_runs
from grokkit.records.passages import first_passage


def arrivals(runs: pd.DataFrame, accuracy: float, which: str = "val") -> np.ndarray:
    """T_val or T_train, (n,)."""
    steps = [first_passage(run["steps"], run[f"{which}_accuracy"], accuracy) for _, run in runs.iterrows()]
    return np.array([np.inf if np.isnan(step) else max(1.0, step) for step in steps])


@of_runs(1)
def ratio_at(runs: pd.DataFrame, accuracy: float) -> np.ndarray:
    """T_val / T_train; infinite where one of them never comes."""
    train, val = (arrivals(runs, accuracy, which) for which in ("train", "val"))
    both = np.isfinite(train) & np.isfinite(val)
    return np.where(both, val / np.where(both, train, 1.0), np.inf)


@of_runs(1)
def groks_at(runs: pd.DataFrame, accuracy: float, late: float) -> np.ndarray:
    """Whether each run arrives, and not before `late` times T_train."""
    ratio = ratio_at(runs, accuracy=accuracy)
    return np.isfinite(ratio) & (ratio >= late)


@of_runs(1)
def arrives_before(runs: pd.DataFrame, accuracy: float, late: float) -> np.ndarray:
    """Whether each run arrives before `late` times T_train."""
    return ratio_at(runs, accuracy=accuracy) < late


@of_runs(1)
def may_arrive(runs: pd.DataFrame, accuracy: float, within: int) -> np.ndarray:
    """Whether each run has not arrived, and was watched for fewer than so many steps."""
    waits = ~np.isfinite(ratio_at(runs, accuracy=accuracy)) & (runs["status"] != "diverged")
    return (waits & (runs["observed_to"] < within)).to_numpy(dtype=bool)
