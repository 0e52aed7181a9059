"""Stacks of runs of one shape, and what tells two of them apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

import grokkit as gk
from grokkit.engine import Shape, Stack, Trajectory, kernel

CPU = torch.device("cpu")


def stack_of(runs: list[gk.Run], compiled: bool, watched: float | None = None) -> Stack:
    """The runs at step 0."""
    ready = kernel(Shape.of(runs[0]), CPU, compiled)
    return Stack(ready, [Trajectory.start(run, ready.task) for run in runs], watched)


def leaves(trajectory: Trajectory) -> list[Tensor]:
    """Weights and moments."""
    return [*trajectory.params.values(), *(x for each in trajectory.state.values() for x in each.values())]


def require_same_steps(ours: Stack, plain: Stack, counts: tuple[int, ...]) -> None:
    """Advance both by these counts; all that they report must agree on the way, and their weights at the end."""
    for count in counts:
        ours.advance(count), plain.advance(count)
        for slot, reference in zip(ours.slots, plain.slots, strict=True):
            assert slot.t == reference.t and slot.last.keys() == reference.last.keys()
            assert slot.last == pytest.approx(reference.last, rel=1e-9, abs=1e-12)
            assert slot.passages == pytest.approx(reference.passages, nan_ok=True)
    for place in range(len(ours.slots)):
        for x, y in zip(leaves(ours.snapshot(place)), leaves(plain.snapshot(place)), strict=True):
            torch.testing.assert_close(x, y, rtol=0, atol=1e-12)


def require_no_less_precision(small: Callable[..., gk.Run]) -> None:
    """The loss of many networks, their hidden values anywhere from nothing to saturation: in single precision at most
    twice as far from double precision as the plain step's."""
    losses = {}
    for precision, compiled in (("float64", False), ("float32", False), ("float32", True)):
        seeded = enumerate(np.geomspace(0.01, 30, 40))
        runs = [small(init_scale=float(x), precision=precision, seeds=gk.Seeds(init=i)) for i, x in seeded]
        stack = stack_of(runs, compiled)
        stack.advance(1)
        losses[precision, compiled] = np.array([slot.last["batch_loss"] for slot in stack.slots])
    exact = losses["float64", False]
    plain, ours = (np.abs(losses["float32", compiled] / exact - 1) for compiled in (False, True))
    assert ours.max() < 2 * max(plain.max(), 2.0**-23)
