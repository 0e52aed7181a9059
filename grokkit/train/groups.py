"""Which runs train together, in which order, and in how many slots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import torch

from grokkit.config.request import Measure, Until
from grokkit.config.run import Run
from grokkit.engine import Shape
from grokkit.tasks.task import built
from grokkit.train.experiment import Experiment

SMALL_STEP = 2.5e7
"""Arithmetic of a step (floating-point operations) below which one run leaves a CPU core idle: source B's toy has 1e7,
source C's LSTM 3e7, source A's transformer 1e9. In bfloat16 twice as much: it takes half the time."""
CPU_SLOTS = 8
CUDA_SLOTS = 256


class Group(NamedTuple):
    """Runs that share a graph."""

    shape: Shape
    runs: list[Run]


def groups_of(runs: Iterable[Run]) -> list[Group]:
    """The runs by shape; groups, and the runs of each, in the order in which they were asked for."""
    by_shape: dict[Shape, list[Run]] = defaultdict(list)
    for run in runs:
        by_shape[Shape.of(run)].append(run)
    return [Group(shape, members) for shape, members in by_shape.items()]


class Part(NamedTuple):
    """A group's share of a sweep: what is asked of its runs, and how many of them a process trains at once."""

    runs: list[Run]
    until: Until
    measure: Measure
    slots: int


def parts_of(experiments: Iterable[Experiment], device_type: str, workers: int) -> list[Part]:
    """The experiments' groups, one experiment after the other."""
    return [
        Part(group.runs, e.until, e.measure, slots_for(group, device_type, workers))
        for e in experiments
        for group in groups_of(e.runs)
    ]


def slots_for(group: Group, device_type: str, workers: int) -> int:
    """How many runs of the group one process should train at once; one only where more never are.

    A compiled stack of one has its own last bits; those of two and more agree.
    """
    if device_type == "cuda":
        most = CUDA_SLOTS
    else:
        small = SMALL_STEP * (2 if group.shape.precision == "bfloat16" else 1)
        most = CPU_SLOTS if arithmetic_of_step(group) < small else 1
    return min(most, max(2, -(-len(group.runs) // workers)))


def arithmetic_of_step(group: Group) -> float:
    """A rough count: six operations per parameter and example."""
    with torch.random.fork_rng(devices=[]):
        model = group.shape.model.build(built(group.shape.task))
    parameters = sum(x.numel() for x in model.parameters())
    return 6.0 * parameters * group.shape.width
