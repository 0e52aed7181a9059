"""How long the missing runs will take here: at the pace of this machine's records, else of a few steps timed now, and
for as many steps as runs went, wherever, that differ by their seeds alone."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import torch

from grokkit.config.request import Until
from grokkit.config.run import Run
from grokkit.engine import Shape, Stack, Trajectory, kernel
from grokkit.records.known import with_runs
from grokkit.records.record import Record
from grokkit.train.groups import groups_of
from grokkit.train.machine import environment, one_thread

COMPILED_GAIN = 1.6
"""How much faster a compiled step is than an uncompiled one, at least; only guesses rest on it."""
TIMED_STEPS = 3


class Estimate(NamedTuple):
    """seconds on `workers` processes; `at_most` where it assumes that runs spend their whole budget.

    steps: of the runs (by key) for which others tell how far they will go.
    """

    runs: int
    seconds: float
    at_most: bool
    steps: dict[str, float]


def estimate(
    runs: list[Run],
    until: Until,
    held: Iterable[Record],
    device: torch.device,
    compiled: bool,
    workers: int,
    published: Iterable[Record] = (),
) -> Estimate:
    """The time that training `runs` will take. held: records that may tell this machine's pace.

    published: others, which may tell how many steps such runs take.
    """
    ours, held = environment(device, compiled), list(held)
    here = (r for r in held if all(r.provenance.get(name) == value for name, value in ours.items()))
    local = [(r, Shape.of(run)) for r, run in with_runs(here)]
    steps, seconds = _expected_steps(runs, [*held, *published], until), 0.0
    for group in groups_of(runs):
        pace = _pace([r for r, shape in local if shape == group.shape]) or _timed(group.runs[0], device, compiled)
        seconds += pace * sum(steps.get(run.key, until.steps) for run in group.runs)
    rounds = -(-len(runs) // workers)
    return Estimate(len(runs), seconds / len(runs) * rounds, len(steps) < len(runs), steps)


def _pace(records: list[Record]) -> float | None:
    """Seconds a step."""
    paces = [r.provenance["seconds"] / r.observed_to for r in records if r.observed_to]
    return float(np.median(paces)) if paces else None


def _expected_steps(runs: list[Run], records: list[Record], until: Until) -> dict[str, float]:
    """Key -> how far runs went, in the median, that differ from this one by their seeds only and were watched as long
    as this one will be; without those whom no record tells."""
    went = defaultdict(list)
    for record in records:
        if record.status != "budget" or record.observed_to >= until.steps:
            went[_settings(record.config)].append(min(record.observed_to, until.steps))
    alike = {run.key: went.get(_settings(run.canonical())) for run in runs}
    return {key: float(np.median(found)) for key, found in alike.items() if found}


def _settings(config: dict[str, Any]) -> str:
    return json.dumps({**config, "seeds": None}, sort_keys=True)


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
