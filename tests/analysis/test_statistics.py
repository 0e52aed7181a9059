"""The tests behind verdicts: exact where scipy is exact, exact with ties where it is not, and right about censoring."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import grokkit as gk
from grokkit.analysis.statistics import (
    closeness_test,
    majority_test,
    median_interval,
    rank_sum_test,
    ratio_interval,
    share_interval,
    trend_test,
)

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("shape", [(3, 3), (5, 4), (4, 5)])
def test_without_ties_the_trend_test_is_pages_exact_one(shape):
    values = RNG.normal(size=shape) + 0.4 * np.arange(shape[1])
    assert trend_test(values, rising=True) == pytest.approx(stats.page_trend_test(values, method="exact").pvalue)
    assert trend_test(values, rising=False) == pytest.approx(stats.page_trend_test(-values, method="exact").pvalue)


def test_with_ties_the_trend_test_counts_every_order_of_the_ranks():
    values = np.array([[3.0, 2.0, 2.0], [np.inf, np.inf, 1.0]])
    place = np.array([1, 2, 3])
    observed = (stats.rankdata(-values, axis=1) @ place).sum()
    orders = list(itertools.permutations(range(3)))
    sums = [
        sum(stats.rankdata(-row)[list(order)] @ place for row, order in zip(values, pair, strict=True))
        for pair in itertools.product(orders, orders)
    ]
    assert trend_test(values, rising=False) == pytest.approx(np.mean(np.array(sums) >= observed - 1e-9))


def test_a_censored_time_stands_behind_every_other():
    early, late = np.array([[9.0, 5.0, 1.0]] * 3), np.array([[np.inf, 5.0, 1.0]] * 3)
    assert trend_test(early, rising=False) == trend_test(late, rising=False) == pytest.approx(1 / 216)


@pytest.mark.parametrize("level", [0.01, 0.05, 0.2])
def test_under_the_null_the_trend_test_keeps_its_level_exactly(level):
    """Every order of two rows with a tie, all equally likely: p must be small no more often than it says."""
    rows = [list(itertools.permutations(row)) for row in ([1, 2, 2, 4], [1, 2, 3, 4])]
    p_values = [trend_test(np.array(pair), rising=True) for pair in itertools.product(*rows)]
    assert np.mean(np.array(p_values) <= level) <= level + 1e-12
    assert min(p_values) == pytest.approx(2 / 24 / 24)  # the steepest order: reached in two of the 576 pairs


@pytest.mark.parametrize("blocks", [np.full((2, 3), np.nan), np.zeros(3), np.zeros((0, 3))])
def test_blocks_that_cannot_be_ranked_are_refused(blocks):
    with pytest.raises(gk.BadInput, match="without NaN"):
        trend_test(blocks, rising=True)


def test_the_rank_sum_test_counts_every_choice():
    assert rank_sum_test([1, 2, 3, 4, 5], [6, 7, 8, 9, np.inf]) == pytest.approx(1 / 252)
    assert rank_sum_test([6, 7, 8, 9, np.inf], [1, 2, 3, 4, 5]) == 1.0
    first, second = RNG.normal(size=6), RNG.normal(size=7) + 0.5
    exact = stats.mannwhitneyu(first, second, alternative="less", method="exact").pvalue
    assert rank_sum_test(first, second) == pytest.approx(exact)


def test_with_ties_the_rank_sum_test_is_still_exact():
    first, second = [1.0, 2.0, np.inf], [2.0, 2.0, np.inf, np.inf]
    ranks = stats.rankdata([*first, *second])
    sums = [sum(choice) for choice in itertools.combinations(ranks, 3)]
    assert rank_sum_test(first, second) == pytest.approx(np.mean(np.array(sums) <= sum(ranks[:3]) + 1e-9))


@pytest.mark.parametrize(("first", "second"), [([], [1.0]), ([1.0], [np.nan])])
def test_samples_that_cannot_be_ranked_are_refused(first, second):
    with pytest.raises(gk.BadInput, match="two samples without NaN"):
        rank_sum_test(first, second)


def test_the_interval_of_a_ratio_is_what_the_rank_sum_test_does_not_reject():
    """Dividing by a factor just inside leaves a p-value above 5% on either side, just outside one below."""
    first, second = np.exp(RNG.normal(size=6)) * 3, np.exp(RNG.normal(size=5))
    low, high = ratio_interval(first, second)
    for factor, kept in ((low * 1.0001, True), (low * 0.9999, False), (high * 0.9999, True), (high * 1.0001, False)):
        scaled = factor * second
        assert (min(rank_sum_test(first, scaled), rank_sum_test(scaled, first)) > 0.05) is kept


def test_a_ratio_with_censored_ends_or_of_few_values_has_no_interval():
    assert ratio_interval([1, 2, 3, 4, 5], [1, 1, 1, 1, 1]) == (1, 5)
    assert ratio_interval([1, 2, 3, 4, np.inf], [1] * 5) is None
    assert ratio_interval([np.inf] * 5, [np.inf] * 5) is None
    assert ratio_interval([1, 2], [1, 2]) is None and ratio_interval([], [1.0]) is None


def test_a_majority_of_five_needs_all_five():
    assert majority_test([True] * 5) == pytest.approx(1 / 32)
    assert majority_test([True] * 4 + [False]) > 0.05
    assert majority_test([]) == 1.0
    assert share_interval([True] * 8)[1] == 1.0 and share_interval([]) is None


@pytest.mark.parametrize(("n", "ends"), [(5, (0, 4)), (8, (1, 6)), (4, None)])
def test_the_median_interval_is_the_narrowest_exact_one(n, ends):
    found = median_interval(np.arange(n))
    assert found == ends
    if ends:  # the median lies outside if at most `ends[0]` of the values fall on one side of it
        covered, inward = (1 - 2 * stats.binom.cdf(ends[0] + step, n, 0.5) for step in (0, 1))
        assert covered >= 0.9 > inward


def test_a_censored_end_leaves_no_median_interval():
    assert median_interval([1, 2, 3, 4, np.inf]) is None
    assert median_interval([1, 2, 3, 4, 5, 6, 7, np.inf]) == (2, 7)


def test_the_survival_median_neither_drops_nor_counts_the_censored():
    nan = np.nan
    assert gk.survival_median([1, 2, 3], [9, 9, 9]) == 2
    assert gk.survival_median([1, 2, nan, nan, nan], [9] * 5) == np.inf
    assert gk.survival_median([1, 2, 5, nan], [9, 9, 9, 3]) == 2
    assert gk.survival_median([nan, nan], [9, 9]) == np.inf


def test_median_times_count_runs_and_wait_for_the_censored():
    runs = pd.DataFrame({"t_train": [1, 2, 3], "t_val": [5, np.nan, np.nan], "observed_to": [9, 9, 9]})
    assert gk.median_times(runs).to_dict() == {"runs": 3, "T_train": 2, "T_val": np.inf}


def test_a_latin_square_crosses_every_pair_of_seeds_once():
    seeds = gk.latin_square([10, 11, 12, 13, 14])
    assert len(seeds) == 25
    for one, other in itertools.combinations(["data", "init", "batch"], 2):
        assert len({(getattr(s, one), getattr(s, other)) for s in seeds}) == 25
    assert {s.data for s in seeds if s.data == s.init == s.batch} == {10, 11, 12, 13, 14}


@pytest.mark.parametrize("levels", [[1, 2], [1, 1, 2]])
def test_a_latin_square_needs_an_odd_number_of_levels(levels):
    with pytest.raises(gk.BadInput, match="odd number of different seeds"):
        gk.latin_square(levels)


def a_square(data, init, batch, noise):
    seeds = gk.latin_square(range(5))
    rows = [{"data": s.data, "init": s.init, "batch": s.batch} for s in seeds]
    effects = [data * r["data"] + init * r["init"] + batch * r["batch"] for r in rows]
    return pd.DataFrame(rows).assign(y=np.array(effects) + noise * RNG.normal(size=25))


def test_variance_is_given_to_the_seed_that_makes_it():
    shares = gk.variance_shares(a_square(data=3, init=1, batch=0, noise=0.01), "y").set_index("factor")
    assert shares["share"].sum() == pytest.approx(1)
    assert shares.loc["data", "share"] == pytest.approx(0.9, abs=0.01)
    assert shares.loc["data", "component"] == pytest.approx(9 * np.var(range(5), ddof=1), rel=0.01)
    assert shares.loc["batch", "P"] > 0.001 > shares.loc["init", "P"]


def test_variance_shares_want_a_whole_square():
    square = a_square(1, 1, 1, 1.0)
    square.loc[3, "y"] = np.nan
    with pytest.raises(gk.BadInput, match="25 rows without censored ones"):
        gk.variance_shares(square, "y")


def test_variance_shares_want_every_pair_of_seeds_to_meet_once():
    square = a_square(1, 1, 1, 1.0)
    square.loc[0, "batch"] = square.loc[1, "batch"]
    with pytest.raises(gk.BadInput, match="not a Latin square, data and batch do not meet once each"):
        gk.variance_shares(square, "y")


def test_the_closeness_test_counts_every_choice():
    """Two that lie together, three that lie apart, on a line: of the ten choices of two no other is as good."""
    places = np.array([0.0, 0.1, 10.0, 20.0, 40.0])
    distances = np.abs(places[:, None] - places)
    close = np.array([True, True, False, False, False])
    assert closeness_test(distances, close) == pytest.approx(1 / 10)
    assert closeness_test(distances, np.array([True, False, False, False, True])) == 1
    assert closeness_test(np.zeros((5, 5)), close) == 1


def test_things_that_cannot_be_compared_are_refused():
    for distances, close in [(np.zeros((3, 3)), [True, True, False]), (np.zeros((2, 3)), [True] * 4)]:
        with pytest.raises(gk.BadInput, match="two or more things on each side"):
            closeness_test(distances, np.array(close))
    for distances in (np.full((4, 4), np.nan), np.ones((4, 4))):
        with pytest.raises(gk.BadInput, match="NaN came, or something"):
            closeness_test(distances, np.array([True, True, False, False]))
