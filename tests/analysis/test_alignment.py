"""Lag, co-movement and decay measured on curves whose answers are known."""

import numpy as np
import pytest
from scipy import stats

import grokkit as gk
from grokkit.analysis.alignment import co_movement, decay_rate, departure, half_fall, lag

STEPS = np.arange(0, 1001, 10)


def sigmoid_fall(at, high=5.0, low=0.0):
    return low + (high - low) / (1 + np.exp((STEPS - at) / 30))


@pytest.mark.parametrize("at", [200, 430, 700])
def test_a_fall_is_half_made_where_its_middle_is(at):
    assert half_fall(STEPS, sigmoid_fall(at)) == pytest.approx(at, abs=10)
    assert half_fall(STEPS, 7 + 3 * sigmoid_fall(at)) == pytest.approx(at, abs=10)  # whatever its unit


def test_what_comes_before_the_top_is_no_fall():
    rises_first = np.where(STEPS < 300, STEPS / 100, sigmoid_fall(600))
    assert half_fall(STEPS, rises_first) == pytest.approx(600, abs=10)
    assert half_fall([0, 10, 20, 30], [0.0, 4.0, 3.0, 1.0]) == 30  # the level is 2.5, not 2
    assert half_fall([0, 10, 20, 30], [1.0, 4.0, 2.0, 3.0]) == 20  # it rose again


@pytest.mark.parametrize("values", [[1.0, 1.0, 1.0], [1.0, 2.0, 3.0]])
def test_what_never_falls_has_no_half_fall(values):
    assert np.isnan(half_fall([0, 10, 20], values))


def test_a_lag_has_a_sign():
    early, late = sigmoid_fall(300), sigmoid_fall(500)
    assert lag(STEPS, early, late) == -lag(STEPS, late, early) == pytest.approx(200, abs=20)
    assert lag(STEPS, early, 10 * early) == 0


def test_steps_need_not_be_evenly_spaced():
    kept = np.unique(np.r_[0:20:1, 20:101:5])
    assert half_fall(STEPS[kept], sigmoid_fall(430)[kept]) == pytest.approx(430, abs=50)


def test_co_movement_is_spearmans():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, len(STEPS)))
    assert co_movement(STEPS, a, b) == pytest.approx(stats.spearmanr(a, b).statistic)
    assert co_movement(STEPS, sigmoid_fall(300), sigmoid_fall(500)) == pytest.approx(1)
    assert co_movement(STEPS, sigmoid_fall(300), -sigmoid_fall(500)) == pytest.approx(-1)


def test_the_law_itself_does_not_depart_and_a_constant_norm_does_wholly():
    law = 40 * np.exp(-1e-3 * STEPS)
    assert departure(STEPS, law, 1e-3) == pytest.approx(0, abs=1e-12)
    assert decay_rate(STEPS, law) == pytest.approx(1e-3)
    assert departure(STEPS, np.full(len(STEPS), 40.0), 1e-3) == pytest.approx(1)
    assert departure(STEPS, 40 * np.exp(-0.8e-3 * STEPS), 1e-3) == pytest.approx(0.2)
    assert departure(STEPS, 40 * np.exp(+1e-3 * STEPS), 1e-3) == pytest.approx(2)


def test_the_right_ends_do_not_hide_another_shape():
    bent = 40 * np.exp(-np.where(STEPS < 500, 0, 2e-3 * (STEPS - 500)))
    assert decay_rate(STEPS, bent) == pytest.approx(1e-3)
    assert departure(STEPS, bent, 1e-3) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("steps", "values"),
    [([0], [1.0]), ([0, 10], [1.0, np.nan]), ([0, 10], [1.0]), ([10, 0], [1.0, 2.0]), ([0, 10], [1.0, np.inf])],
)
def test_curves_that_are_none_are_refused(steps, values):
    for measure in (half_fall, decay_rate, lambda s, v: departure(s, v, 1e-3)):
        with pytest.raises(gk.BadInput, match="A curve needs"):
            measure(steps, values)


def test_a_law_needs_a_rate_and_a_norm():
    for norm, rate in (([1.0, 1.0], 0.0), ([1.0, 0.0], 1e-3)):
        with pytest.raises(gk.BadInput, match="positive"):
            departure([0, 10], norm, rate)
