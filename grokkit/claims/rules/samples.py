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


def latest(runs: pd.DataFrame) -> np.ndarray:
    """(n,): T_val, infinite where a run did not arrive."""
    return runs["t_val"].fillna(np.inf).to_numpy(dtype=float)


def soonest(runs: pd.DataFrame, answered: pd.Series) -> np.ndarray:
    """(n,): T_val, and where a run may still arrive the soonest that it can; infinite for the others.

    answered: of each run, whether longer watching would say nothing new of it.
    """
    return runs["t_val"].fillna(given_up(runs, answered)).fillna(np.inf).to_numpy(dtype=float)


def given_up(runs: pd.DataFrame, answered: pd.Series) -> pd.Series:
    """The step up to which a run was watched that may still arrive; missing for all others."""
    return runs["observed_to"].where(~answered)


def order_known(times: np.ndarray, given_up: np.ndarray) -> bool:
    """Whether longer watching could change no order within a row of `times`: (n, k), infinite where censored.

    given_up: (n, k), infinite but for runs that may still arrive. One of them in a row is the latest of all if the
    others arrived before it was given up.
    """
    may_arrive = np.isfinite(given_up)
    others = np.where(may_arrive, -np.inf, times).max(axis=1)
    last = (may_arrive.sum(axis=1) == 1) & (others <= given_up.min(axis=1))
    return bool((~may_arrive.any(axis=1) | last).all())


def up_to_arrival(run: pd.Series, since: float = 0) -> np.ndarray:
    """A run's validation accuracy at multiples of 100 steps from `since` up to T_val (to the end if censored)."""
    end = run["t_val"] if np.isfinite(run["t_val"]) else run["observed_to"]
    steps = run["steps"]
    return run["val_accuracy"][(steps % 100 == 0) & (steps >= since) & (steps <= end)]
