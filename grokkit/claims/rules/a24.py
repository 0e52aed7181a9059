"""A24: flatter minima generalise better; minima of small l2 norm may not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.majority import majority
from grokkit.claims.rules.sharpness import ADAMW, ASAM, DECAYED, PRINTED, SAM, all_runs, judged, tuning_of
from grokkit.claims.statistics import rank_agreement_test, rank_correlation
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 3
EFFECT = "share of seeds in which flatness orders the networks better than a small norm does"
OBSERVED = 1000
"""Steps: AdamW has then known the training sums for long, and most of the others not yet."""
METHODS = (ADAMW, PRINTED, DECAYED, SAM, ASAM)
INITIALISERS = ("model", "orthogonal")
FITTED = 0.99
LEAST_NETWORKS = 6
"""Fewer than these kinds of network have no order that could pass."""
SHARPNESS = {"top eigenvalue": "hessian_top", "random rise": "rise_random"}


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Five methods under two initialisers, and the runs that chose a radius."""
    return pd.concat([all_runs(table, METHODS, INITIALISERS), tuning_of(table, METHODS)])


def rule(table: pd.DataFrame) -> Verdict:
    """At step 1000, among the kinds of network (a method and an initialiser) whose training accuracy is 99%:

    Is validation accuracy the higher the smaller the sharpness is, over medians of the kinds (exact permutation test of
    the rank correlation), for the Hessian's top eigenvalue and for the rise in random directions? And does flatness
    order them better than a small norm does, in more than half of the seeds (exact binomial test of the rank
    correlations, the eigenvalue's against the norm's)? A seed is one run of each kind, in the order of their numbers.
    What the first two tests count are kinds of network, what the third counts are seeds, of which six can pass.
    """
    kinds = [_observed(judged(table, m, i)) for m in METHODS for i in INITIALISERS]
    kinds = [kind for kind in kinds if len(kind) and kind["train_accuracy"].median() >= FITTED]
    return verdict([_rather(kinds), *(_flatter(name, kinds) for name in SHARPNESS)], LEVEL, EFFECT)


def _observed(runs: pd.DataFrame) -> pd.DataFrame:
    """(runs, quantities) at OBSERVED, of the runs that were observed there."""
    names = [*SHARPNESS.values(), "parameter_l2", "train_accuracy", "val_accuracy"]
    if not len(runs) or not set(names) <= set(runs.columns):
        return pd.DataFrame(columns=names)
    values = [{name: _at(run, name) for name in names} for _, run in runs.iterrows()]
    return pd.DataFrame(values).dropna()


def _at(run: pd.Series, name: str) -> float:
    if not isinstance(run[name], np.ndarray):  # a record without that curve
        return np.nan
    there = run[name][run["steps"] == OBSERVED]
    return float(there[0]) if len(there) else np.nan


def _runs(kinds: Sequence[pd.DataFrame]) -> int:
    """Of the kind that has fewest; 0 where there are too few kinds."""
    return min(map(len, kinds)) if len(kinds) >= LEAST_NETWORKS else 0


def _flatter(name: str, kinds: Sequence[pd.DataFrame]) -> Finding:
    if not _runs(kinds):
        return Finding(name, 0, 1.0, None, "")
    flat, better = (np.array([kind[c].median() for kind in kinds]) for c in (SHARPNESS[name], "val_accuracy"))
    smaller = np.array([kind["parameter_l2"].median() for kind in kinds])
    told = (
        f"rank correlation of flatness with validation accuracy {rank_correlation(-flat, better):.2f} over "
        f"{len(kinds)} kinds of network, of a small norm {rank_correlation(-smaller, better):.2f}; n is of kinds"
    )
    agrees, disagrees = rank_agreement_test(-flat, better), rank_agreement_test(flat, better)
    return Finding(name, len(kinds), agrees, None, told, against=disagrees)


def _rather(kinds: Sequence[pd.DataFrame]) -> Finding:
    n = _runs(kinds)
    if not n:
        return Finding("rather than the norm", 0, 1.0, None, "")
    seeds = [pd.DataFrame([kind.iloc[i] for kind in kinds]) for i in range(n)]
    holds = [_correlation(seed, "hessian_top") > _correlation(seed, "parameter_l2") for seed in seeds]
    return majority("rather than the norm", holds, f"in {sum(holds)} of {n} seeds")


def _correlation(seed: pd.DataFrame, name: str) -> float:
    """Of small values with validation accuracy."""
    return rank_correlation(-seed[name].to_numpy(), seed["val_accuracy"].to_numpy())
