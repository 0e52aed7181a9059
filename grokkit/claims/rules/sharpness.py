"""The runs that the rules on sharpness compare: one network, trained by AdamW and by sharpness-aware methods.

Every method and initialiser has seeds of its own, so that any two are independent samples; the radius of each method is
the one that did best on seeds that no test reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from grokkit.claims.rules import architectures
from grokkit.claims.rules.architectures import has_settings
from grokkit.claims.statistics import rank_sum_test

COMMON = {**architectures.ALL, **architectures.FORMS[architectures.TRANSFORMER], "train_fraction": 0.4}
"""Of all runs: source A's transformer as coded, at the fraction of its first figure."""

METHODS: dict[str, dict[str, Any]] = {
    "AdamW": {"optimizer.kind": "adamw", "optimizer.weight_decay": 1.0, "schedule.warmup": 10},
    "AdaSAM": {"optimizer.kind": "adasam", "optimizer.weight_decay": 0.0, "schedule.warmup": 10},
    "AdaSAM with decay": {"optimizer.kind": "adasam", "optimizer.weight_decay": 1.0, "schedule.warmup": 10},
    "SAM": {"optimizer.kind": "sam", "optimizer.weight_decay": 1.0, "schedule.warmup": 10},
    "ASAM": {
        "optimizer.kind": "asam",
        "optimizer.weight_decay": 1.0,
        "optimizer.eta": 0.01,
        "schedule.warmup": 10,
    },
    "published": {
        "optimizer.kind": "published_asam",
        "optimizer.weight_decay": 1.0,
        "optimizer.rho": 1.0,
        "schedule.warmup": 0,
    },
}
"""AdaSAM as printed has no weight decay; the second form keeps the one that all of source A's AdamW runs have."""
ADAMW, PRINTED, DECAYED, SAM, ASAM, PUBLISHED = METHODS
TUNED = (PRINTED, DECAYED, SAM, ASAM)
GRADIENTS = {ADAMW: 1, PUBLISHED: 1}
"""A step; two for the others."""

INITIALISERS = ("model", "xavier_uniform", "orthogonal", "kaiming_uniform")
"""Of source A's code; "model" is PyTorch's own, which it calls default."""
TUNING = 50
"""The two last digits of a seed: from here on it only chooses a radius or the initialisers that are compared."""
TUNING_RUNS = 2
ARRIVED = 0.99


def first_seed(method: str, initialiser: str, tuning: bool = False) -> int:
    """Of a method with an initialiser: 100 seeds belong to it, the second half of them to the tuning."""
    place = 1000 * (1 + list(METHODS).index(method)) + 100 * INITIALISERS.index(initialiser)
    return place + (TUNING if tuning else 0)


def runs_of(table: pd.DataFrame, method: str, initialiser: str, tuning: bool = False) -> pd.DataFrame:
    """The runs of one method with one initialiser, at every radius, in the order of their seeds."""
    first = first_seed(method, initialiser, tuning)
    seeds = table["seeds.data"]
    alike = (seeds == table["seeds.init"]) & (seeds == table["seeds.batch"]) & seeds.between(first, first + TUNING - 1)
    settings = COMMON | METHODS[method] | {"initialiser": initialiser, "schedule.switches.0.setting": None}
    return table[alike & has_settings(table, settings)].sort_values("seeds.data", kind="stable")


def all_runs(
    table: pd.DataFrame, methods: Iterable[str], initialisers: Iterable[str], tuning: bool = False
) -> pd.DataFrame:
    """The runs of several methods, each with all of these initialisers."""
    return pd.concat([table.iloc[:0], *(runs_of(table, m, i, tuning) for m in methods for i in initialisers)])


def tuning_of(table: pd.DataFrame, methods: Iterable[str]) -> pd.DataFrame:
    """The runs that chose the radius of these methods."""
    return all_runs(table, [m for m in methods if m in TUNED], [INITIALISERS[0]], tuning=True)


def chosen_radius(table: pd.DataFrame, method: str) -> float:
    """The radius that did best on the tuning seeds: smallest median T_val, then best validation accuracy, then itself.

    T_val is taken at 99% in every reading: another threshold must not choose another radius. NaN where fewer than two
    radii have been tried, each by TUNING_RUNS.
    """
    tried = [
        (runs.apply(_arrival, axis=1).median(), -runs["val_accuracy"].map(np.max).median(), float(rho))
        for rho, runs in tuning_of(table, [method]).groupby("optimizer.rho")
        if len(runs) >= TUNING_RUNS
    ]
    return min(tried)[-1] if len(tried) > 1 else np.nan


def judged(table: pd.DataFrame, method: str, initialiser: str) -> pd.DataFrame:
    """The runs that tests read: of a tuned method those at its chosen radius."""
    runs = runs_of(table, method, initialiser)
    return runs[runs["optimizer.rho"] == chosen_radius(table, method)] if method in TUNED and len(runs) else runs


def times(runs: pd.DataFrame) -> np.ndarray:
    """T_val in steps, infinite where censored."""
    return runs["t_val"].fillna(np.inf).to_numpy(dtype=float)


def best_times(runs: pd.DataFrame) -> np.ndarray:
    """The same as if every censored run had arrived at the end of what was seen of it."""
    return runs["t_val"].fillna(runs["observed_to"]).to_numpy(dtype=float)


def sooner(first: np.ndarray, second: np.ndarray, factor: float = 1.0) -> float:
    """One-sided exact p-value that times of `first`, times the factor, are the smaller ones."""
    return rank_sum_test(factor * first, second) if len(first) and len(second) else 1.0


def listed(numbers: Iterable[float]) -> str:
    """For a sentence: '3,700, 1,900, never'."""
    return ", ".join(f"{x:,.0f}" if np.isfinite(x) else "never" for x in numbers)


def median_time(runs: pd.DataFrame) -> float:
    """Median T_val, censored ones infinite; infinite, too, where there are none."""
    return _median(runs["t_val"])


def _arrival(run: pd.Series) -> float:
    """The first evaluated step with a validation accuracy of ARRIVED; infinite where there is none."""
    there = run["steps"][run["val_accuracy"] >= ARRIVED]
    return float(there[0]) if len(there) else np.inf


def _median(values: pd.Series) -> float:
    return float(values.fillna(np.inf).median()) if len(values) else np.inf
