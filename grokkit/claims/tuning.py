"""Samples that other runs choose: a method's best radius, and the poorest of several initialisers.

What chooses has seeds that no test reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from grokkit.claims.samples import Reading, Sample

TUNING_RUNS = 2
"""Of each setting that is tried."""
ARRIVED = 0.99


@dataclass(frozen=True)
class AtChosenRadius:
    """Those of the runs at every radius that have the one which did best in the tuning."""

    runs: Sample
    tuning: Sample

    def read(self, read: Reading) -> pd.DataFrame:
        runs = read(self.runs)
        return runs[runs["optimizer.rho"] == chosen_radius(read(self.tuning))] if len(runs) else runs


@dataclass(frozen=True)
class Under:
    """The first of these samples if the first of the tuning's generalises latest, and so on; or soonest."""

    samples: tuple[Sample | AtChosenRadius, ...]
    tuning: tuple[Sample, ...]
    soonest: bool = False

    def read(self, read: Reading) -> pd.DataFrame:
        return read(self.samples[self.place(read)])

    def place(self, read: Reading) -> int:
        """Which: by the median T_val of the tuning, infinite where a run did not arrive; of equal ones the last is the
        latest."""
        medians = [read(runs)["t_val"].fillna(np.inf).median() for runs in self.tuning]
        order = sorted(range(len(medians)), key=medians.__getitem__)
        return order[0 if self.soonest else -1]


def chosen_radius(tuning: pd.DataFrame) -> float:
    """The radius that did best: smallest median T_val, then best validation accuracy, then itself.

    T_val is taken at 99% in every reading: another threshold must not choose another radius. NaN where fewer than two
    radii have been tried, each by TUNING_RUNS.
    """
    if not len(tuning):
        return np.nan
    tried = [
        (runs.apply(_arrival, axis=1).median(), -runs["val_accuracy"].map(np.max).median(), float(rho))
        for rho, runs in tuning.groupby("optimizer.rho")
        if len(runs) >= TUNING_RUNS
    ]
    return min(tried)[-1] if len(tried) > 1 else np.nan


def best_rate(tuning: pd.DataFrame, rates: Iterable[float]) -> float | None:
    """The learning rate whose runs arrive soonest in the mean; of equal ones the smallest. None until all were."""
    means = tuning["t_val"].fillna(np.inf).groupby(tuning["optimizer.learning_rate"]).mean()
    return float(means.idxmin()) if set(means.index) == set(rates) else None


def _arrival(run: pd.Series) -> float:
    """The first evaluated step with a validation accuracy of ARRIVED; infinite where there is none."""
    there = run["steps"][run["val_accuracy"] >= ARRIVED]
    return float(there[0]) if len(there) else np.inf
