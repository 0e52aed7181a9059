"""The rows that rules compare: the transformer in its two forms, and blocks of runs that share a seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

FORMS = ("as coded", "width 128")
"""Source A's transformer as its code has it (one-hot tokens: the width is p + 2), and at one width for all p."""


def in_forms(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of both forms whose three seeds are the same number, in the order of the seeds."""
    alike = (table["seeds.data"] == table["seeds.init"]) & (table["seeds.data"] == table["seeds.batch"])
    known = table["model.width"].isna() | (table["model.width"] == 128)
    return table[alike & known].sort_values("seeds.data", kind="stable")


def of_form(table: pd.DataFrame, form: str) -> pd.DataFrame:
    """The rows of one of the FORMS."""
    coded = table["model.width"].isna()
    return table[coded if form == FORMS[0] else ~coded]


def by_seed(table: pd.DataFrame, setting: str, order: Sequence[float], value: str) -> np.ndarray:
    """(n, k): for each seed that has a run in all settings, its `value` in each, in the given order.

    A missing value (a censored time) becomes infinite: it stands behind all others.
    """
    wanted = table[table[setting].isin(order)]
    rows = []
    for _, runs in wanted.groupby("seeds.data", sort=True):
        found = dict(zip(runs[setting], runs[value].fillna(np.inf), strict=True))
        if len(found) == len(order):
            rows.append([found[each] for each in order])
    return np.array(rows, dtype=float).reshape(-1, len(order))


def up_to_arrival(run: pd.Series, since: float = 0) -> np.ndarray:
    """A run's validation accuracy at multiples of 100 steps from `since` up to T_val (to the end if censored)."""
    end = run["t_val"] if np.isfinite(run["t_val"]) else run["observed_to"]
    steps = run["steps"]
    return run["val_accuracy"][(steps % 100 == 0) & (steps >= since) & (steps <= end)]
