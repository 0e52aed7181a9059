"""One run on its way: weights, buffers, optimizer state, steps done and what has been measured so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from grokkit.config.run import Run
from grokkit.config.schedules import fired, foreseen
from grokkit.engine.shape import DTYPES
from grokkit.models.initialisers import redraw
from grokkit.tasks.task import Task, scikit_learn_order, split_order


@dataclass
class Trajectory:
    """Everything that a run needs to go on: put on another machine it would take the same steps.

    buffers: what the model keeps besides its weights. t: steps done. last: metrics of the latest step. steps, rows:
    evaluation steps and what was measured there. seconds: wall time spent on this run (its share of the stack's).
    cpu_seconds: the processor's part of it, which other work on the machine does not lengthen.
    passages: of a run that is watched at every step, the first step at which its "train" and "val" accuracy had
    arrived, NaN before; nothing for others.
    moments: the step of each switch of its schedule, None while the event that decides it has not been seen; all of
    it follows from the run, `steps` and `rows`.
    """

    run: Run
    params: dict[str, Tensor]
    state: dict[str, Any]
    buffers: dict[str, Tensor] = field(default_factory=dict)
    t: int = 0
    last: dict[str, float] = field(default_factory=dict)
    steps: list[int] = field(default_factory=list)
    rows: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    passages: dict[str, float] = field(default_factory=dict)
    moments: list[int | None] = field(init=False)

    def __post_init__(self) -> None:
        self.moments = foreseen(self.run)
        for t, row in zip(self.steps, self.rows, strict=True):
            self._heed(t, row)

    @property
    def arrival(self) -> float:
        """The step by which both accuracies had arrived; NaN before, and for a run that is not watched."""
        return float(np.maximum(*self.passages.values())) if self.passages else float("nan")

    @classmethod
    def start(cls, run: Run, task: Task) -> Trajectory:
        """Step 0: weights as the model or the run's initialiser draws them, on the CPU in float32, times its scale."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(run.seeds.init)
            model = run.model.build(task)
            redraw(model, run.initialiser)
        dtype = DTYPES[run.precision]
        params = {name: x.detach().to(dtype) * run.init_scale for name, x in model.named_parameters()}
        kept = model.state_dict()  # that is: without constants
        buffers = {name: _in_precision(x, dtype) for name, x in model.named_buffers() if name in kept}
        return cls(run, params, run.optimizer.init(params), buffers)

    def note(self, row: dict[str, float]) -> None:
        """Keep what was measured after `t` steps; an event that it shows steers the steps from here on."""
        self.steps.append(self.t)
        self.rows.append(row)
        self._heed(self.t, row)

    def _heed(self, t: int, row: dict[str, float]) -> None:
        for i, switch in enumerate(self.run.schedule.switches):
            if self.moments[i] is None:
                self.moments[i] = fired(switch.at, t, row)

    def order(self, task: Task) -> Tensor:
        """The run's order of the table, int64 (N,)."""
        if self.run.split == "scikit-learn":
            return scikit_learn_order(task.examples, self.run.train_examples, self.run.seeds.data)
        return split_order(task.examples, self.run.seeds.data)


def _in_precision(x: Tensor, dtype: torch.dtype) -> Tensor:
    return x.to(dtype) if x.is_floating_point() else x
