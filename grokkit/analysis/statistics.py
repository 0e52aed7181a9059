"""The tests that rules decide by: exact at any n, with ties, and with censored times (which are infinite here).

Exact means that the null distribution is counted out, not approximated: at n = 5 the usual asymptotic tests reject
too often. Leaves out corrections for many tests, which belong to the verdict (`grokkit.claims.findings`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, permutations
from math import comb

import numpy as np
from scipy import stats

from grokkit.errors import BadInput

CONFIDENCE = 0.9
"""Of every interval. Five values have no narrower exact interval for their median than their whole range (93.75%)."""

MOST_CHOICES = 1_000_000
"""That a permutation test counts out."""


def trend_test(blocks: np.ndarray, rising: bool) -> float:
    """One-sided exact p-value of a trend over ordered settings, stratified by block (Page 1963).

    blocks: (n, k), one row a seed, one column a setting in the order that the claim gives them; infinite where a
    time is censored. Under the null the k values of a row could stand in any order; rows are independent. Ties get
    their mean rank, and the distribution is that of the ranks as they are.
    """
    blocks = np.asarray(blocks, dtype=float)
    if blocks.ndim != 2 or min(blocks.shape) < 1 or np.isnan(blocks).any():
        raise BadInput(f"trend_test blocks: numbers (n, k) without NaN are needed; an array {blocks.shape} came.")
    ranks = np.rint(2 * stats.rankdata(blocks if rising else -blocks, axis=1)).astype(int)  # doubled: whole numbers
    place = np.arange(1, ranks.shape[1] + 1)
    chances, observed = np.ones(1), 0
    for row in ranks:
        sums = np.array(list(permutations(row.tolist()))) @ place
        chances = np.convolve(chances, np.bincount(sums) / len(sums))
        observed += int(row @ place)
    return min(1.0, float(chances[observed:].sum()))


def rank_sum_test(first: Sequence[float], second: Sequence[float]) -> float:
    """One-sided exact p-value that values of `first` tend to be smaller than those of `second` (Wilcoxon 1945).

    Infinite where a time is censored. Under the null every choice of which values are the first ones is equally
    likely; ties get their mean rank. 5 against 5 can reach 1/252.
    """
    pooled = np.concatenate([np.asarray(first, dtype=float), np.asarray(second, dtype=float)])
    if not len(first) or not len(second) or np.isnan(pooled).any():
        raise BadInput(
            f"rank_sum_test: two samples without NaN are needed; {len(first)} and {len(second)} values came."
        )
    ranks = np.rint(2 * stats.rankdata(pooled)).astype(int)  # doubled: whole numbers
    ways = np.zeros((len(first) + 1, ranks.sum() + 1))  # of choosing so many values with that sum of ranks
    ways[0, 0] = 1
    for rank in ranks:
        ways[1:, rank:] += ways[:-1, : ways.shape[1] - rank].copy()
    observed = ranks[: len(first)].sum()
    return min(1.0, float(ways[-1, : observed + 1].sum() / ways[-1].sum()))


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float:
    """Spearman's rank correlation of two orders of the same things; 0 where one of them orders nothing."""
    ranks = [stats.rankdata(values) - (len(values) + 1) / 2 for values in (first, second)]
    lengths = np.sqrt([row @ row for row in ranks])
    return float(ranks[0] @ ranks[1] / lengths.prod()) if lengths.all() else 0.0


def rank_agreement_test(first: Sequence[float], second: Sequence[float]) -> float:
    """One-sided exact p-value that two orders of the same n things agree (Spearman 1904), n up to 12.

    Under the null every order of the second is equally likely, whatever the first; ties get their mean rank.
    """
    pair = [np.asarray(values, dtype=float) for values in (first, second)]
    n = len(pair[0])
    if len(pair[1]) != n or not 2 <= n <= 12 or np.isnan(pair).any():
        raise BadInput(
            f"rank_agreement_test: 2 to 12 things, each with two numbers, are needed; {n} and {len(pair[1])} came."
        )
    a, b = (np.rint(2 * stats.rankdata(values)).astype(int) for values in pair)  # doubled: whole numbers
    most = int(np.sort(a) @ np.sort(b))
    ways = np.zeros((1 << n, most + 1))  # of giving the first things the ranks of a set, with that sum of products
    ways[0, 0] = 1
    for taken in range((1 << n) - 1):
        for j in (j for j in range(n) if not taken >> j & 1):
            product = a[taken.bit_count()] * b[j]
            ways[taken | 1 << j, product:] += ways[taken, : most + 1 - product]
    return min(1.0, float(ways[-1, a @ b :].sum() / ways[-1].sum()))


def closeness_test(distances: np.ndarray, close: np.ndarray) -> float:
    """One-sided exact p-value that some things are closer to each other than the others are to each other.

    distances: (N, N), symmetric. close: bool (N,), which ones. The statistic is the mean distance within the others
    minus that within the close ones; under the null every choice of which are the close ones is equally likely
    (a permutation test on distances, as Mielke & Berry 2007, chapter 2). 9 of 20 have 167,960 choices.
    """
    distances, close = np.asarray(distances, dtype=float), np.asarray(close, dtype=bool)
    n, k = len(close), int(close.sum())
    if distances.shape != (n, n) or min(k, n - k) < 2 or comb(n, k) > MOST_CHOICES:
        raise BadInput(
            f"closeness_test: needs distances (N, N) and two or more things on each side, at most {MOST_CHOICES:,} "
            f"choices; distances {distances.shape} and {k} of {n} came."
        )
    if np.isnan(distances).any() or np.diag(distances).any():
        raise BadInput("closeness_test distances: NaN came, or something that is not at 0 from itself.")
    choices = np.zeros((comb(n, k), n))
    for row, chosen in zip(choices, combinations(range(n), k), strict=True):
        row[list(chosen)] = 1

    def within(chosen: np.ndarray) -> np.ndarray:
        return np.einsum("cn,cn->c", chosen @ distances, chosen) / (chosen.sum(1) * (chosen.sum(1) - 1))

    statistic = within(1 - choices) - within(choices)
    observed = statistic[(choices == close).all(1)][0]
    return float((statistic >= observed - 1e-12).mean())


def majority_test(holds: Sequence[bool]) -> float:
    """One-sided exact p-value that something holds in more than half of all runs, from those seen."""
    return float(stats.binomtest(int(sum(holds)), len(holds), 0.5, alternative="greater").pvalue) if len(holds) else 1.0


def minority_test(holds: Sequence[bool]) -> float:
    """One-sided exact p-value that something holds in less than half of all runs, from those seen.

    At 0.05 the upper end of the share's one-sided 95% interval (Clopper & Pearson 1934) is one half.
    """
    return float(stats.binomtest(int(sum(holds)), len(holds), 0.5, alternative="less").pvalue) if len(holds) else 1.0


def share_interval(holds: Sequence[bool]) -> tuple[float, float] | None:
    """Exact (Clopper-Pearson) interval of the share of runs in which something holds."""
    if not len(holds):
        return None
    found = stats.binomtest(int(sum(holds)), len(holds)).proportion_ci(CONFIDENCE, "exact")
    return float(found.low), float(found.high)


def median_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Exact interval of a median, whatever the distribution: two of the values in order.

    The k-th smallest and k-th largest with the largest k that keeps CONFIDENCE; None where too few values are there
    or where an end is infinite (censored).
    """
    ordered, n = np.sort(np.asarray(values, dtype=float)), len(values)
    # the median lies outside them with twice the chance that fewer than k of n values fall below it
    fitting = [k for k in range(1, n // 2 + 1) if 1 - 2 * stats.binom.cdf(k - 1, n, 0.5) >= CONFIDENCE]
    if not fitting or not np.isfinite(ordered[[fitting[-1] - 1, -fitting[-1]]]).all():
        return None
    return float(ordered[fitting[-1] - 1]), float(ordered[-fitting[-1]])


def ratio_interval(first: Sequence[float], second: Sequence[float]) -> tuple[float, float] | None:
    """Exact interval of the factor between two samples that share no seeds (Hodges & Lehmann 1963).

    If values of `first` are distributed as those of `second` times a factor: the k-th smallest and k-th largest of all
    their n m ratios, with the largest k that keeps CONFIDENCE; None where too few values are there or where an end is
    infinite (censored). Values are positive.
    """
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    n, m = len(first), len(second)
    with np.errstate(invalid="ignore"):
        ratios = np.sort(np.divide.outer(first, second), axis=None)
    places = np.array([sum(chosen) for chosen in combinations(range(n + m), n)])
    pairs = places - n * (n - 1) // 2  # in which the first one is the larger
    fitting = [k for k in range(1, n * m // 2 + 1) if 1 - 2 * (pairs < k).mean() >= CONFIDENCE]
    if not fitting or not np.isfinite(ratios[[fitting[-1] - 1, -fitting[-1]]]).all():
        return None
    return float(ratios[fitting[-1] - 1]), float(ratios[-fitting[-1]])
