"""The weights themselves on the way: what no record holds, trained again where it is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch

from grokkit.config.run import Run
from grokkit.engine import Stack, Trajectory, kernel
from grokkit.errors import BadInput
from grokkit.train.arguments import compiling, listed, require_runs, rising_steps
from grokkit.train.groups import Group, groups_of
from grokkit.train.machine import is_compiled, one_thread, require_precision

CPU = torch.device("cpu")


def weights_at(
    runs: Run | Iterable[Run], steps: Sequence[int], *, compiled: bool | None = None
) -> list[dict[str, np.ndarray]]:
    """The weights of each run after so many steps: name -> (S, ...), in the order of the runs.

    Trained on this processor, in one thread, and kept nowhere: for a few short runs. steps: rising, 0 is before the
    first. `compiled` None compiles where a C++ compiler works.
    Raises BadInput before any work, also for a run whose schedule waits for an event, which only a measured run shows.
    """
    runs = [runs] if isinstance(runs, Run) else listed("weights_at runs", runs, "one or more gk.Run")
    require_runs("weights_at", runs)
    for run in runs:
        _check(run)
    steps, compiled = rising_steps(steps), compiling("weights_at", compiled)
    compiled = is_compiled(CPU, compiled, "weights_at")
    found: dict[str, dict[str, np.ndarray]] = {}
    with one_thread():
        for group in groups_of({run.key: run for run in runs}.values()):
            found |= _weights_of(group, steps, compiled)
    return [found[run.key] for run in runs]


def _check(run: Run) -> None:
    if any(switch.at.is_event for switch in run.schedule.switches):
        raise BadInput("weights_at runs: a switch waits for an event; give its step, as `switch_steps` reads it off.")
    require_precision(run, CPU)


def _weights_of(group: Group, steps: Sequence[int], compiled: bool) -> dict[str, dict[str, np.ndarray]]:
    ready = kernel(group.shape, CPU, compiled)
    stack = Stack(ready, [Trajectory.start(run, ready.task) for run in group.runs])
    seen: list[list[dict[str, np.ndarray]]] = []
    for step in steps:
        if step > stack.slots[0].t:
            stack.advance(step - stack.slots[0].t)
        params = [stack.snapshot(slot).params for slot in range(len(group.runs))]
        seen.append([{name: x.numpy() for name, x in each.items()} for each in params])
    return {
        run.key: {name: np.stack([each[name] for each in its]) for name in its[0]}
        for run, its in zip(group.runs, zip(*seen, strict=True), strict=True)
    }
