"""How a run's settings change over time: computed on the host, handed to the step as numbers.

Steps are counted from 0: a switch whose moment is k first shows in the step that follows k steps done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from grokkit.config.run import Moment, Run, Schedule


def learning_rate_factor(schedule: Schedule, steps: np.ndarray) -> np.ndarray:
    """What the learning rate is multiplied by at each step: int64 (k,) -> float64 (k,).

    Linear from 0 over the warm-up: the first step of a warmed-up run does not move, as in source A's code. The decay
    counts from the warm-up's end, as there.
    """
    warm = np.minimum(steps / schedule.warmup, 1.0) if schedule.warmup else np.ones(len(steps))
    times = np.maximum(steps - schedule.warmup, 0) // schedule.decay_every
    return warm / (1 + schedule.decay * times)


def settings_at(run: Run, moments: Sequence[int | None], steps: np.ndarray) -> dict[str, np.ndarray]:
    """The optimizer's float settings at each step: int64 (k,) -> name -> float64 (k,).

    moments: the step of each of the schedule's switches, None while the run has not shown it.
    """
    values = {name: np.full(len(steps), value) for name, value in run.optimizer.hyper.items()}
    known = [(k, i) for i, k in enumerate(moments) if k is not None]
    for moment, i in sorted(known):  # the latest last, so that it holds
        switch = run.schedule.switches[i]
        values[switch.setting][steps >= moment] = switch.to
    values["learning_rate"] *= learning_rate_factor(run.schedule, steps)
    return values


def foreseen(run: Run) -> list[int | None]:
    """The step of each switch that is known before the run begins; None where an event decides."""
    epoch = run.batch.steps_in_epoch(run.train_examples)
    ats = [switch.at for switch in run.schedule.switches]
    return [at.step if at.epoch is None else at.epoch * epoch for at in ats]


def fired(at: Moment, t: int, row: Mapping[str, float]) -> int | None:
    """The step of a moment whose event is what was measured in `row` after t steps; None if it is not."""
    if not at.is_event or t % at.every:
        return None
    name, threshold = next((n, x) for n in ("train_accuracy", "val_accuracy") if (x := getattr(at, n)) is not None)
    reached = np.float32(row[name]) >= np.float32(threshold)  # as `grokkit.passage` will read it off the record
    return round(at.times * t) + at.plus if reached else None
