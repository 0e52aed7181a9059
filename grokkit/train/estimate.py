"""How long the missing runs will take here: from records of this machine, else from a few steps timed now."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch

from grokkit.engine import Shape, Stack, Trajectory, kernel
from grokkit.record import Record
from grokkit.request import Until
from grokkit.run import Run
from grokkit.train.groups import groups_of
from grokkit.train.machine import environment, one_thread

COMPILED_GAIN = 1.6
"""How much faster a compiled step is than an uncompiled one, at least; only guesses rest on it."""
TIMED_STEPS = 3


class Estimate(NamedTuple):
    """seconds on `workers` processes; `at_most` where it assumes that runs spend their whole budget."""

    runs: int
    seconds: float
    at_most: bool


def estimate(
    runs: list[Run], until: Until, held: Iterable[Record], device: torch.device, compiled: bool, workers: int
) -> Estimate:
    """The time that training `runs` will take."""
    ours = environment(device, compiled)
    local = [r for r in held if all(r.provenance.get(name) == value for name, value in ours.items())]
    seconds, guessed = 0.0, False
    for group in groups_of(runs):
        alike = [r for r in local if _shape(r) == group.shape]
        pace = _pace(alike) or _timed(group.runs[0], device, compiled)
        steps = [_steps(run, alike, until) for run in group.runs]
        guessed |= None in steps
        seconds += pace * sum(until.steps if s is None else s for s in steps)
    rounds = -(-len(runs) // workers)
    return Estimate(len(runs), seconds / len(runs) * rounds, guessed)


def _shape(record: Record) -> Shape:
    return Shape.of(Run.from_json(json.dumps(record.config)))


def _pace(records: list[Record]) -> float | None:
    """Seconds a step."""
    paces = [r.provenance["seconds"] / r.observed_to for r in records if r.observed_to]
    return float(np.median(paces)) if paces else None


def _steps(run: Run, records: list[Record], until: Until) -> float | None:
    """How far runs went that differ from this one by their seeds only and were watched as long as this one will be."""
    settings = {**run.canonical(), "seeds": None}
    alike = (r for r in records if {**r.config, "seeds": None} == settings)
    went = [min(r.observed_to, until.steps) for r in alike if r.status != "budget" or r.observed_to >= until.steps]
    return float(np.median(went)) if went else None


def _timed(run: Run, device: torch.device, compiled: bool) -> float:
    """Seconds a step, of a few steps; a graph takes too long to compile for that, a program does not."""
    with one_thread():
        ready = kernel(Shape.of(run), device, compiled)
        gain = COMPILED_GAIN if compiled and not ready.fused else 1
        if not ready.fused:
            ready = kernel(Shape.of(run), device, False)
        stack = Stack(ready, [Trajectory.start(run, ready.task)])
        stack.advance(1)
        began = time.perf_counter()
        stack.advance(TIMED_STEPS)
        return (time.perf_counter() - began) / TIMED_STEPS / gain
