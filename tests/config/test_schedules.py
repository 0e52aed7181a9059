"""The learning rate over time, step by step as source A's code has it."""

import numpy as np
import pytest

from grokkit.config.run import Schedule
from grokkit.config.schedules import learning_rate_factor
from grokkit.errors import BadInput

SCHEDULES = {
    "constant": Schedule(),
    "warm-up": Schedule(warmup=10),
    "decay": Schedule(decay=0.5, decay_every=3),
    "both, source A's LSTM": Schedule(warmup=10, decay=0.01, decay_every=100),
}


def by_hand(schedule, step):
    """One step, counted from 0."""
    if step < schedule.warmup:
        return step / schedule.warmup
    return 1 / (1 + schedule.decay * int((step - schedule.warmup) / schedule.decay_every))


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
@pytest.mark.parametrize("start", [0, 7, 1_000_000])
def test_the_factor_is_that_of_each_step_by_itself(schedule, start):
    steps = np.arange(start, start + 400)
    np.testing.assert_allclose(
        learning_rate_factor(schedule, steps), [by_hand(schedule, step) for step in steps], rtol=1e-15
    )


def test_source_as_lstm_has_half_its_rate_after_ten_thousand_steps():
    steps = np.array([0, 5, 10, 109, 110, 10_010])
    factors = learning_rate_factor(SCHEDULES["both, source A's LSTM"], steps)
    assert factors.tolist() == [0, 0.5, 1, 1, 1 / 1.01, 0.5]


def test_a_setting_that_would_do_nothing_is_refused():
    with pytest.raises(BadInput, match="decay_every: 100 came, and does nothing while decay is 0"):
        Schedule(decay_every=100)
