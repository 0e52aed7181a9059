"""The runs that the rules on architectures compare, five forms of network on sums modulo 97, and their first tests.

Networks have seeds of their own: no seed of an MLP or an LSTM is one of the transformer's, so that two networks are
two independent samples and their exact test is one of rank sums. Seeds below 20 are left out: what the transformer does
at seeds 10 to 17 was known before there was a rule, from the chapter on transformers, and pilots have them. Of MLPs and
transformers at seeds from 20 to 39 some were seen before A7 and A10 were what they are, so these two read later ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from grokkit.claims.findings import Finding
from grokkit.claims.majority import majority
from grokkit.claims.rules.samples import by_seed, latest, soonest
from grokkit.claims.statistics import median_interval, rank_sum_test

P, SUMMANDS = 97, 2
EARLIER, FRESH = range(20, 40), range(40, 100)
"""Seeds."""

ALL = {
    "task.kind": "modular_addition",
    "task.p": P,
    "task.summands": SUMMANDS,
    "optimizer.kind": "adamw",
    "optimizer.beta1": 0.9,
    "optimizer.beta2": 0.98,
    "optimizer.eps": 1e-8,
    "batch.size": 512,
    "batch.sampling": "replacement",
    "batch.short_last": False,
    "schedule.warmup": 10,
    "precision": "float32",
    "init_scale": 1.0,
    "model.dropout": 0.0,
}
"""What all of them have in common."""

MLP = {
    "model.kind": "mlp",
    "model.hidden": (512, 512),
    "model.activation": "relu",
    "model.embedding": None,
    "optimizer.learning_rate": 5e-4,
    "optimizer.weight_decay": 1.0,
    "schedule.decay": 0.0,
}
LSTM = {
    "model.kind": "lstm",
    "model.hidden": 512,
    "model.embedding": None,
    "optimizer.learning_rate": 1e-3,
}
FORMS: dict[str, dict[str, Any]] = {
    "transformer": {
        "model.kind": "transformer",
        "model.layers": 2,
        "model.heads": 4,
        "model.head_width": 32,
        "model.width": None,
        "model.feed_forward": 512,
        "model.activation": "gelu",
        "model.norm": "pre",
        "model.positions": "learned",
        "model.bias": "all",
        "model.initial": "pytorch",
        "optimizer.learning_rate": 1e-3,
        "optimizer.weight_decay": 1.0,
        "schedule.decay": 0.0,
    },
    "MLP (text)": {**MLP, "model.batch_norm": False},
    "MLP (code)": {**MLP, "model.batch_norm": True},
    "LSTM (text)": {
        **LSTM,
        "model.bidirectional": False,
        "optimizer.weight_decay": 1.0,
        "schedule.decay": 0.0,
    },
    "LSTM (code)": {
        **LSTM,
        "model.bidirectional": True,
        "optimizer.weight_decay": 0.0,
        "schedule.decay": 0.01,
        "schedule.decay_every": 100,
    },
}
"""Source A's transformer as coded, and its MLP and LSTM as its text and as its code have them."""

SOURCE_BUDGET = 100_000
"""Steps of source A's code. Runs that are watched for less may confirm that a network groks, and not refute it."""

TRANSFORMER = "transformer"
MLPS = MLP_TEXT, MLP_CODE = ("MLP (text)", "MLP (code)")
LSTMS = LSTM_TEXT, LSTM_CODE = ("LSTM (text)", "LSTM (code)")


def in_forms(
    table: pd.DataFrame, forms: Iterable[str], fractions: Iterable[float], seeds: range = EARLIER
) -> pd.DataFrame:
    """The rows of some of the FORMS at these fractions whose three seeds are one of `seeds`, ordered by it."""
    alike = (table["seeds.data"] == table["seeds.init"]) & (table["seeds.data"] == table["seeds.batch"])
    alike &= table["seeds.data"].isin(seeds)
    known = pd.Series(False, index=table.index)
    for form in forms:
        known |= has_settings(table, {**ALL, **FORMS[form]})
    return table[alike & known & table["train_fraction"].isin(fractions)].sort_values("seeds.data", kind="stable")


def has_settings(table: pd.DataFrame, settings: dict[str, Any]) -> pd.Series:
    """For each row whether these are its settings; one that a row does not have counts as None, zero or False."""
    kept = pd.Series(True, index=table.index)
    for name, wanted in settings.items():
        kept &= pd.Series([_same(found, wanted) for found in table.get(name, [None] * len(table))], index=table.index)
    return kept


def _same(found: Any, wanted: Any) -> bool:
    absent = found is None or (isinstance(found, float) and np.isnan(found))
    return not wanted if absent else bool(found == wanted)


def times(
    table: pd.DataFrame, form: str, fractions: tuple[float, ...], seeds: range = EARLIER
) -> tuple[np.ndarray, np.ndarray]:
    """Twice (n, k): when each seed of a form that has a run at all k fractions arrives, at the latest and the soonest.

    At the latest is T_val, infinite where a run did not arrive. The soonest is the same, but for runs that may still
    arrive: of them it is the step at which they were given up.
    """
    runs = in_forms(table, [form], fractions, seeds)
    at_latest, at_soonest = (
        by_seed(runs.assign(at=at), "train_fraction", fractions, "at")
        for at in (latest(runs), soonest(runs, answered(runs)))
    )
    return at_latest, at_soonest


def groks(table: pd.DataFrame, form: str, alpha: float, late: float) -> Finding:
    """Do more than half of a form's runs at one fraction arrive, with T_val at least `late` times T_train?"""
    runs = in_forms(table, [form], [alpha])
    holds = runs["ratio"] >= late  # a censored run has no ratio: it did not arrive
    found = majority(form, holds, seen_of(runs, late), may_hold=holds | ~answered(runs))
    return found._replace(interval=median_interval(runs["ratio"].fillna(np.inf)))


def seen_of(runs: pd.DataFrame, late: float) -> str:
    """Half a sentence: how many runs arrive, how many of them late."""
    arrived, holds = runs["t_val"].notna().sum(), (runs["ratio"] >= late).sum()
    watched = f"{runs['observed_to'].max():,.0f}" if len(runs) else "no"
    return (
        f"{arrived} of {len(runs)} runs arrive, {holds} of them with T_val / T_train of {late:g} or more; the "
        f"longest was watched for {watched} steps"
    )


def answered(runs: pd.DataFrame) -> pd.Series:
    """Whether each run arrived, diverged, or was watched for as long as the source's."""
    return runs["t_val"].notna() | (runs["observed_to"] >= SOURCE_BUDGET) | (runs["status"] == "diverged")


def sooner(first: np.ndarray, second: np.ndarray) -> float:
    """One-sided exact p-value that the seeds of `first` arrive sooner than those of `second`, over several fractions.

    (n, k) and (m, k) times. A seed counts as the mean of its ranks among all n + m at each fraction: its k runs share
    data and initial weights, so that seeds and not runs are independent. Every fraction weighs the same.
    """
    ranks = stats.rankdata(np.vstack([first, second]), axis=0).mean(axis=1)
    return rank_sum_test(ranks[: len(first)], ranks[len(first) :])


def typical(times: np.ndarray) -> np.ndarray:
    """(n,): the geometric mean of each seed's times over the fractions; infinite if one of them is."""
    return np.exp(np.log(times).mean(axis=1))


def medians(times: np.ndarray) -> str:
    """The median of each column for a sentence: '3,700, 1,900'; 'never' where most runs did not arrive."""
    return ", ".join(f"{x:,.0f}" if np.isfinite(x) else "never" for x in np.median(times, axis=0))
