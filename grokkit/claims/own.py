"""Three questions of a kind of their own: about an order of networks (A24) or of methods (A25), and distances (B12)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from grokkit.analysis.statistics import (
    closeness_test,
    majority_test,
    median_interval,
    minority_test,
    rank_agreement_test,
    rank_correlation,
    share_interval,
)
from grokkit.claims.diagrams import Diagrams
from grokkit.claims.findings import Finding
from grokkit.claims.identity import of_runs
from grokkit.claims.maps import differences, grid, mean_within
from grokkit.claims.samples import Reading
from grokkit.claims.values import Of
from grokkit.claims.verdict import RUNS_TO_DECIDE

OBSERVED = 1000
"""Steps: AdamW has then known the training sums for long, and most of the others not yet."""
FITTED = 0.99
LEAST_NETWORKS = 6
"""Fewer than these kinds of network have no order that could pass."""
SHARPNESS = {"top eigenvalue": "hessian_top", "random rise": "rise_random"}


@of_runs(1)
def flatness_orders(read: Reading, kinds: Sequence[Any]) -> list[Finding]:
    """Whether kinds of network that know their training sums generalise the better the flatter they are, and whether
    flatness orders them better than a small norm does.

    The first over medians of the kinds, for each SHARPNESS (exact permutation tests of rank correlations), where n is
    of kinds; the second in more than half of the seeds (exact binomial test), a seed being a run of each kind in the
    order of their numbers.
    """
    seen = [_observed(read(kind)) for kind in kinds]
    seen = [runs for runs in seen if len(runs) and runs["train_accuracy"].median() >= FITTED]
    seeds = min(map(len, seen)) if len(seen) >= LEAST_NETWORKS else 0
    if not seeds:
        return [Finding(name, 0, 1.0, None, "", unit="complete seed") for name in ("rather than the norm", *SHARPNESS)]
    return [_rather(seen, seeds), *(_flatter(name, seen) for name in SHARPNESS)]


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


def _rather(kinds: Sequence[pd.DataFrame], n: int) -> Finding:
    seeds = [pd.DataFrame([kind.iloc[i] for kind in kinds]) for i in range(n)]
    holds = [_of_small(seed, "hessian_top") > _of_small(seed, "parameter_l2") for seed in seeds]
    p_values, told = (majority_test(holds), minority_test(holds)), f"in {sum(holds)} of {n} seeds"
    return Finding(
        "rather than the norm", n, p_values[0], share_interval(holds), told, p_values[1], least_p=0.5**n, unit="seed"
    )


def _of_small(seed: pd.DataFrame, name: str) -> float:
    """Rank correlation of small values with validation accuracy."""
    return rank_correlation(-seed[name].to_numpy(), seed["val_accuracy"].to_numpy())


def _flatter(name: str, kinds: Sequence[pd.DataFrame]) -> Finding:
    flat, better = (np.array([kind[c].median() for kind in kinds]) for c in (SHARPNESS[name], "val_accuracy"))
    smaller = np.array([kind["parameter_l2"].median() for kind in kinds])
    told = (
        f"rank correlation of flatness with validation accuracy {rank_correlation(-flat, better):.2f} over "
        f"{len(kinds)} kinds of network, of a small norm {rank_correlation(-smaller, better):.2f}; n is of kinds"
    )
    agrees, disagrees = rank_agreement_test(-flat, better), rank_agreement_test(flat, better)
    return Finding(name, len(kinds), agrees, None, told, against=disagrees, unit="network")


@of_runs(1)
def comes_back(read: Reading, published: dict[str, tuple[float, ...]], accuracies: dict[str, Of]) -> list[Finding]:
    """Whether methods come in the order in which they were published, by their mean over training fractions.

    Ranks of the medians over seeds, in whole points, against the published ones; an exact permutation test over the
    methods, which are what n counts, once every one of them has five seeds. The reverse order speaks against the claim
    where no run may still generalise.
    """
    means = {method: read(of).mean(axis=1) for method, of in accuracies.items()}
    seeds = min(map(len, means.values()))
    if not seeds:
        return [Finding("nine methods", 0, 1.0, None, "", unit="complete seed")]
    theirs = np.round([np.mean(published[method]) for method in means], 2)
    ours = np.round([np.median(each) for each in means.values()], 2)
    each = [rank_correlation(np.round([mean[i] for mean in means.values()], 2), theirs) for i in range(seeds)]
    longest = max(read(of.samples)["observed_to"].max() for of in accuracies.values())
    told = (
        f"rank correlation {rank_correlation(ours, theirs):.2f} over {len(means)} methods, {seeds} runs or more of "
        f"each at each fraction; in our order in {longest:,.0f} steps: "
        f"{' < '.join(sorted(means, key=lambda method: np.median(means[method])))}"
    )
    settled = all(np.array_equal(read(of), of.high(read)) for of in accuracies.values())
    against = rank_agreement_test(ours, -theirs) if settled else 1.0
    n = len(means) if seeds >= RUNS_TO_DECIDE else seeds
    p_value, interval = rank_agreement_test(ours, theirs), median_interval(each)
    unit = "method" if n > seeds else "complete seed"
    return [Finding("nine methods", n, p_value, interval, told, against, unit=unit)]


@of_runs(1)
def data_seed_matters(read: Reading, setup: str, same: Diagrams, different: Diagrams) -> list[Finding]:
    """Whether diagrams of one data seed differ in fewer cells from each other than those of different data seeds do;
    model seeds differ in all of them.

    An exact permutation test over diagrams: if the data seed did nothing, any of them could be those of one data seed.
    Besides, the mean share of cells that differ must be twice as large between different data seeds: if the two seeds'
    shares add up, the data seed's own is then the larger one. This part is measured and not tested. Of the one data
    seed never more than the first look's diagrams are read, so that the choices can be counted out.
    """
    first_look = same.looks[0]
    samples = [read(same)[:first_look], read(different)]
    n = min(map(len, samples))
    if n < 2:
        return [Finding(setup, n, 1.0, None, "", needs=first_look, unit="diagram")]
    shares = differences(np.array([grid(diagram) for sample in samples for diagram in sample]))
    close = np.arange(len(shares)) < len(samples[0])
    apart, together = mean_within(shares, ~close), mean_within(shares, close)
    told = f"two diagrams of one data seed differ in {together:.0%} of their cells, of different ones in {apart:.0%}"
    p_value = closeness_test(shares, close)
    if apart >= 2 * together:
        return [Finding(setup, n, p_value, None, told, needs=first_look, unit="diagram")]
    told += f", less than 2 times as many (of the difference P = {p_value:.2g})"
    return [Finding(setup, n, 1.0, None, told, closeness_test(shares, ~close), first_look, unit="diagram")]
