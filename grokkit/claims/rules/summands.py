"""The runs that the rules on summands compare: source A's MLP and transformer, with p chosen for each number n of them.

Seeds below 20 are left out: what the transformer does with two summands at seeds 10 to 17 was known before there was a
rule, from the chapter on transformers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from grokkit.claims.rules.samples import by_seed

SUMMANDS = (2, 3, 4, 5)
MODULI = {2: 97, 3: 23, 4: 11, 5: 11}
"""n -> p, as in the source: tables of 9,409, 12,167, 14,641 and 161,051 sums."""
FRACTION = 0.4
SMALL_FRACTION = 0.0364
"""Of the table of n = 5: as many training sums as 0.4 gives at n = 4 (5,862 and 5,856)."""
FIRST_SEED = 20
SOURCE_BUDGET = 100_000
"""Steps of source A's code. Runs that are watched for less may confirm a claim, and not refute it."""

ALL = {
    "task.kind": "modular_addition",
    "optimizer.kind": "adamw",
    "optimizer.weight_decay": 1.0,
    "optimizer.beta1": 0.9,
    "optimizer.beta2": 0.98,
    "optimizer.eps": 1e-8,
    "batch.size": 512,
    "batch.sampling": "replacement",
    "batch.short_last": False,
    "schedule.warmup": 10,
    "precision": "float32",
}
"""What all runs have in common."""
LATER = {"init_scale": 1.0, "schedule.decay": 0.0, "model.dropout": 0.0, "model.batch_norm": False}
"""Settings that not every network or version has: a row without them has these."""
TRANSFORMER = {
    "model.kind": "transformer",
    "model.layers": 2,
    "model.heads": 4,
    "model.head_width": 32,
    "model.feed_forward": 512,
    "model.activation": "gelu",
    "model.norm": "pre",
    "model.positions": "learned",
    "model.bias": "all",
    "model.initial": "pytorch",
    "optimizer.learning_rate": 1e-3,
}
NETWORKS: dict[str, dict[str, Any]] = {
    "MLP": {
        "model.kind": "mlp",
        "model.hidden": (512, 512),
        "model.activation": "relu",
        "model.embedding": None,
        "optimizer.learning_rate": 5e-4,
    },
    "as coded": {**TRANSFORMER, "model.width": None},
    "width 128": {**TRANSFORMER, "model.width": 128},
}
"""Source A's MLP as its text has it, and its transformer as coded (p + 2 wide) and at one width for all n."""
MLP, CODED, WIDE = NETWORKS
TRANSFORMERS = (CODED, WIDE)


def chosen(
    table: pd.DataFrame, networks: Iterable[str], summands: Iterable[int] = SUMMANDS, fraction: float = FRACTION
) -> pd.Series:
    """For each row whether it is a run of one of these networks, with one of these n and its p, at this fraction."""
    of_network = pd.Series(False, index=table.index)
    for network in networks:
        of_network |= _has(table, ALL | NETWORKS[network])
    of_task = pd.Series(False, index=table.index)
    for n in summands:
        of_task |= _has(table, {"task.summands": n, "task.p": MODULI[n], "train_fraction": fraction})
    return of_network & of_task & _as_later(table) & _alike(table)


def runs_of(table: pd.DataFrame, network: str, n: int, fraction: float = FRACTION) -> pd.DataFrame:
    """The runs of one network with n summands, in the order of their seeds."""
    return table[chosen(table, [network], [n], fraction)].sort_values("seeds.data", kind="stable")


def blocks(table: pd.DataFrame, network: str, value: str) -> np.ndarray:
    """(seeds, 4): a `value` of each seed that has a run for all n; infinite where it is missing (censored)."""
    return by_seed(table[chosen(table, [network])], "task.summands", SUMMANDS, value)


def answered(runs: pd.DataFrame) -> pd.Series:
    """Whether each run arrived, diverged, or was watched for as long as the source's."""
    return runs["t_val"].notna() | (runs["status"] == "diverged") | (runs["observed_to"] >= SOURCE_BUDGET)


def listed(numbers: Iterable[float]) -> str:
    """For a sentence: '3,700, 1,900, never'."""
    return ", ".join(f"{x:,.0f}" if np.isfinite(x) else "never" for x in numbers)


def median_of(times: pd.Series) -> float:
    """Median of times, censored ones infinite; infinite, too, where there are none."""
    return float(times.fillna(np.inf).median()) if len(times) else np.inf


def _has(table: pd.DataFrame, settings: dict[str, Any]) -> pd.Series:
    kept = pd.Series(True, index=table.index)
    for name, wanted in settings.items():
        kept &= _equal(table[name], wanted) if name in table else wanted is None
    return kept


def _equal(column: pd.Series, wanted: Any) -> pd.Series:
    if wanted is None:
        return column.isna()
    return pd.Series([bool(found == wanted) for found in column], index=column.index)


def _as_later(table: pd.DataFrame) -> pd.Series:
    kept = pd.Series(True, index=table.index)
    for name, default in LATER.items():
        if name in table:
            kept &= table[name].isna() | _equal(table[name], default)
    return kept


def _alike(table: pd.DataFrame) -> pd.Series:
    """Whether the three seeds are the same number, and not one that was seen before."""
    seeds = table["seeds.data"]
    return (seeds == table["seeds.init"]) & (seeds == table["seeds.batch"]) & (seeds >= FIRST_SEED)
