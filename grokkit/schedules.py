"""How a run's settings change over time: computed on the host, handed to the step as numbers."""

from __future__ import annotations

import numpy as np

from grokkit.run import Schedule


def learning_rate_factor(schedule: Schedule, steps: np.ndarray) -> np.ndarray:
    """What the learning rate is multiplied by at each step, steps counted from 0: int64 (k,) -> float64 (k,).

    Linear from 0 over the warm-up: the first step of a warmed-up run does not move, as in source A's code. The decay
    counts from the warm-up's end, as there.
    """
    warm = np.minimum(steps / schedule.warmup, 1.0) if schedule.warmup else np.ones(len(steps))
    times = np.maximum(steps - schedule.warmup, 0) // schedule.decay_every
    return warm / (1 + schedule.decay * times)
