"""The methods of source A's Figure 5: whose a row is, how well a run did, and how well it might have done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding
from grokkit.claims.rules.samples import by_seed

COMMON = {
    "task.kind": "modular_addition",
    "task.p": 97,
    "task.summands": 2,
    "model.kind": "transformer",
    "model.dropout": 0.0,
    "optimizer.weight_decay": 0.0,
    "batch.size": 512,
    "batch.sampling": "replacement",
    "schedule.warmup": 10,
    "schedule.decay": 0.0,
    "init_scale": 1.0,
    "precision": "float32",
}
"""Of all methods, unless METHODS says otherwise; the network is as coded: its width is that of the tokens."""

METHODS = {
    "SGD": {"optimizer.kind": "sgd", "optimizer.learning_rate": 0.01, "optimizer.momentum": 0.0},
    "heavy ball": {"optimizer.kind": "sgd", "optimizer.learning_rate": 0.01, "optimizer.momentum": 0.99},
    "Nesterov": {"optimizer.kind": "nesterov", "optimizer.learning_rate": 0.01, "optimizer.momentum": 0.99},
    "RMSProp": {"optimizer.kind": "rmsprop", "optimizer.learning_rate": 0.01, "optimizer.beta2": 0.98},
    "Adam": {"optimizer.kind": "adam", "optimizer.learning_rate": 0.001},
    "Adam, batch 128": {"optimizer.kind": "adam", "optimizer.learning_rate": 0.001, "batch.size": 128},
    "Adam, dropout 0.1": {"optimizer.kind": "adam", "optimizer.learning_rate": 0.001, "model.dropout": 0.1},
    "AdamW 0.1": {"optimizer.kind": "adamw", "optimizer.learning_rate": 0.001, "optimizer.weight_decay": 0.1},
    "AdamW 1": {"optimizer.kind": "adamw", "optimizer.learning_rate": 0.001, "optimizer.weight_decay": 1.0},
}

FIRST_SEED = {method: 100 * (i + 1) for i, method in enumerate(METHODS)}
"""Each method has seeds of its own, so that any two are independent samples; it keeps them over the fractions."""
SEEDS = 50
"""So many from the first on are a method's; the next ones belong to other learning rates."""

GENERALISED = 0.99
"""Best validation accuracy of a run that has little left to gain."""
SOURCE_BUDGET = 100_000
"""Steps of each run behind the source's figure. Runs that are watched for less may confirm a claim, not refute it."""


def of_methods(table: pd.DataFrame, wanted: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """The rows of these methods, each at its training fractions, with one number as all three seeds."""
    masks = [_is(table, method) & table["train_fraction"].isin(fractions) for method, fractions in wanted.items()]
    return table[np.logical_or.reduce(masks)].sort_values("seeds.data", kind="stable")


def _is(table: pd.DataFrame, method: str) -> pd.Series:
    first = FIRST_SEED[method]
    alike = (table["seeds.data"] == table["seeds.init"]) & (table["seeds.data"] == table["seeds.batch"])
    found = alike & table["seeds.data"].between(first, first + SEEDS - 1)
    for column, value in (COMMON | METHODS[method]).items():
        found &= _column(table, column) == value
    return found & _column(table, "model.width").isna()


def _column(table: pd.DataFrame, name: str) -> Any:
    """A setting; missing everywhere if no run of the table has it (an optimizer without momentum, say)."""
    return table[name] if name in table.columns else pd.Series(np.nan, table.index)


def best(table: pd.DataFrame, method: str, fractions: Sequence[float]) -> np.ndarray:
    """(n, k): for each seed of the method that has a run at all fractions, the best validation accuracy of each."""
    runs = table[_is(table, method)]
    return by_seed(runs.assign(best=_bests(runs)), "train_fraction", fractions, "best")


def most(table: pd.DataFrame, method: str, fractions: Sequence[float]) -> np.ndarray:
    """(n, k): the same, and 1 of each run that might have come to it, had it been watched for longer.

    Longer watching would tell nothing of a run that has generalised, has diverged, or was watched as long as the
    source's.
    """
    runs = table[_is(table, method)]
    bests = _bests(runs)
    ended = (runs["status"] == "diverged") | (runs["observed_to"] >= SOURCE_BUDGET) | (bests >= GENERALISED)
    return by_seed(runs.assign(most=np.where(ended, bests, 1.0)), "train_fraction", fractions, "most")


def settled(table: pd.DataFrame, methods: Iterable[str], fractions: Sequence[float]) -> bool:
    """Whether longer watching would change no best accuracy of these methods."""
    return all(np.array_equal(best(table, m, fractions), most(table, m, fractions)) for m in methods)


def nothing(setting: str) -> Finding:
    """Of a setting in which some group has no runs."""
    return Finding(setting, 0, 1.0, None, "")


def watched(table: pd.DataFrame) -> str:
    """How long the longest run was seen, for what readers are told."""
    return f"in {table['observed_to'].max():,.0f} steps"


def _bests(runs: pd.DataFrame) -> np.ndarray:
    return np.array([np.nanmax(accuracies) for accuracies in runs["val_accuracy"]], dtype=float)
