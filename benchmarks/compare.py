"""Run-steps per second of the engine and of the ordinary loop, taken in turn, and their share of the core's limit.

ours, loop: medians over rounds. ratio: median of the rounds' own ratios, which a machine whose speed drifts does not
disturb. share_of_limit: the arithmetic that the engine still does (multiplications of matrices) at its pace, over the
pace of one large multiplication in the same precision.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from rich.table import Table
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.shapes import SHAPES, Shape, ordinary_steps
from grokkit.config.run import Run, Seeds
from grokkit.engine import Shape as KernelShape
from grokkit.engine import Stack, Trajectory, kernel
from grokkit.errors import unknown
from grokkit.train.groups import groups_of, slots_for
from grokkit.train.machine import has_bfloat16, one_thread, resolve_device

ROUNDS, SECONDS_A_ROUND = 7, 1.0
CASES = [  # name, shape, precision of the engine, whether the loop runs under autocast too
    ("transformer", "transformer", "float32", False),
    ("transformer", "transformer", "bfloat16", False),
    ("transformer, loop under autocast", "transformer", "bfloat16", True),
    ("mlp", "mlp", "float32", False),
    ("toy", "toy", "float32", False),
    ("mnist", "mnist", "float64", False),
    ("lstm", "lstm", "float32", False),
    ("lstm", "lstm", "bfloat16", False),
    ("rnn", "rnn", "float32", False),
    ("wide lstm", "wide lstm", "float32", False),
    ("wide lstm", "wide lstm", "bfloat16", False),
]


def compare(names: list[str] | None, device: str, progress: Callable[[str], None]) -> list[dict[str, Any]]:
    """One row a case: name, precision, device, ours, loop, ratio, share_of_limit."""
    where = resolve_device(device)
    for name in names or []:
        if name not in SHAPES:
            raise unknown("Benchmark", name, SHAPES)
    rows = []
    with one_thread():
        for name, shape, precision, autocast in CASES:
            if (not names or shape in names) and (precision != "bfloat16" or has_bfloat16(where)):
                progress(f"{name}, {precision}: compiling, then {ROUNDS} rounds of {2 * SECONDS_A_ROUND:.0f} s")
                rows.append({"name": name, "precision": precision, "device": device,
                             **_case(SHAPES[shape], precision, autocast, where)})  # fmt: skip
    return rows


def shown(rows: list[dict[str, Any]]) -> Table:
    """The rows as a table for a terminal."""
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(f"{x:.3g}" if isinstance(x, float) else str(x) for x in row.values()))
    return table


def stack_of(run: Run, device: torch.device, slots: int | None = None, compiled: bool = True) -> Stack:
    """A stack of runs like this one, with as many slots as a sweep would give them."""
    [group] = groups_of([run] * 1000)
    slots = slots or slots_for(group, device.type, 1)
    ready = kernel(KernelShape.of(run), device, compiled)
    runs = [run.model_copy(update={"seeds": Seeds.all(seed)}) for seed in range(slots)]
    return Stack(ready, [Trajectory.start(r, ready.task) for r in runs])


def _case(shape: Shape, precision: str, autocast: bool, device: torch.device) -> dict[str, float]:
    run = shape.run.model_copy(update={"precision": precision})
    stack, loop = stack_of(run, device), ordinary_steps(shape, device, autocast)
    slots = len(stack.slots)
    stack.advance(2), loop(2)
    ours_count, loop_count = _steps_a_round(stack.advance, device), _steps_a_round(loop, device)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(slots / _seconds_a_step(stack.advance, ours_count, device))
        theirs.append(1 / _seconds_a_step(loop, loop_count, device))
    pace = statistics.median(ours)
    return {
        "ours": pace,
        "loop": statistics.median(theirs),
        "ratio": statistics.median(a / b for a, b in zip(ours, theirs, strict=True)),
        "share_of_limit": pace * arithmetic(run) / limit(precision, device),
    }


def _steps_a_round(take: Callable[[int], None], device: torch.device) -> int:
    return max(2, int(SECONDS_A_ROUND / _seconds_a_step(take, 2, device)))


def _seconds_a_step(take: Callable[[int], None], count: int, device: torch.device) -> float:
    began = time.perf_counter()
    take(count)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return (time.perf_counter() - began) / count


def arithmetic(run: Run) -> float:
    """Floating-point operations in the matrix products of one run-step, exact savings counted as saved."""
    stack = stack_of(run, torch.device("cpu"), slots=1, compiled=False)
    with FlopCounterMode(display=False) as counter:
        stack.advance(1)
    return float(counter.get_total_flops())


def limit(precision: str, device: torch.device, n: int = 1024) -> float:
    """Floating-point operations per second of a large product on this device (one thread on a CPU)."""
    a = torch.randn(n, n, device=device).to(getattr(torch, precision))

    def multiply(count: int) -> None:
        for _ in range(count):
            a @ a

    multiply(3)
    return max(2 * n**3 / _seconds_a_step(multiply, 10, device) for _ in range(5))
