"""The runs of the chapter on activations: source A's MLP with its activation replaced. Its rule reads some of them.

Every activation has seeds of its own, so that any two are independent samples. The first fifty are for what is
reported; the rest are those that learning rates are chosen with.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from grokkit.claims.rules import architectures
from grokkit.claims.rules.architectures import has_settings

JUDGED = ("relu^1.5", "relu^2")
REFERENCE = "relu"
OTHERS = (REFERENCE, "leaky_relu", "gelu", "square_above_1", "relu^3")
"""What else the source tried, as far as its text and code tell."""
OURS = ("tanh", "quadratic")
"""Two that we add; they decide nothing."""
RATE = 5e-4
"""The source's learning rate of the MLP."""
RATES = (5e-4, 1e-3, 2e-3, 4e-3)
"""To choose from, upwards: weights decay at learning rate times weight decay, so that a lower rate waits longer."""
TUNED = (*JUDGED, REFERENCE)
"""Whose best rates the chapter shows; no rule reads them."""
FIRST_SEED = {name: 1000 + 100 * i for i, name in enumerate((*JUDGED, *OTHERS, *OURS))}
REPORTED = 50
"""So many seeds from the first on; the next ones tune."""

TEXT, CODE = architectures.MLPS
"""The MLP without normalisation, and with batch normalisation before each activation."""


def settings(form: str) -> dict[str, object]:
    """What all runs of a form have in common: all but activation, learning rate and seeds."""
    every = {**architectures.ALL, **architectures.FORMS[form], "train_fraction": 0.4}
    return {name: value for name, value in every.items() if name not in ("model.activation", "optimizer.learning_rate")}


def of_form(table: pd.DataFrame, form: str, activations: Iterable[str] = tuple(FIRST_SEED)) -> pd.DataFrame:
    """The runs of a form with one of these activations, a rate that is known and a seed of the activation's own."""
    seeds, first = table["seeds.data"], _first_seeds(table)
    alike = (seeds == table["seeds.init"]) & (seeds == table["seeds.batch"]) & seeds.between(first, first + 99)
    known = table["optimizer.learning_rate"].isin(RATES) & first.notna()
    chosen = table[alike & known & has_settings(table, settings(form))]
    return chosen[chosen["model.activation"].isin(tuple(activations))].sort_values("seeds.data", kind="stable")


def reported(table: pd.DataFrame, form: str, activation: str, rate: float) -> pd.DataFrame:
    """The runs of an activation at a rate that count, in the order of their seeds."""
    runs = of_form(table, form, [activation])
    return runs[(runs["optimizer.learning_rate"] == rate) & ~_tunes(runs)]


def tuning(table: pd.DataFrame) -> pd.DataFrame:
    """The runs that rates are chosen by."""
    runs = of_form(table, TEXT, TUNED)
    return runs[_tunes(runs)]


def best_rate(table: pd.DataFrame, activation: str) -> float | None:
    """The rate whose tuning runs arrive soonest in the mean; of equal ones the smallest. None before all were tried."""
    runs = tuning(table)
    runs = runs[runs["model.activation"] == activation]
    means = runs["t_val"].fillna(np.inf).groupby(runs["optimizer.learning_rate"]).mean()
    return float(means.idxmin()) if set(means.index) == set(RATES) else None


def _tunes(runs: pd.DataFrame) -> pd.Series:
    return runs["seeds.data"] >= _first_seeds(runs) + REPORTED


def _first_seeds(table: pd.DataFrame) -> pd.Series:
    """Of each row's activation; NaN where it has none of these."""
    if "model.activation" not in table:
        return pd.Series(np.nan, table.index)
    return table["model.activation"].map(FIRST_SEED).astype(float)
