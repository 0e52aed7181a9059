"""What a table of examples must be: a token out of range ends the process in a program in C++, and on a GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from grokkit.errors import BadInput

if TYPE_CHECKING:
    from grokkit.tasks.task import Task


def require_sound(task: Task) -> None:
    """Raise BadInput for a table that no network could read, or whose answers none could give."""
    _require_counts(task)
    _require_inputs(task)
    _require_tensor("targets", task.targets, torch.int64, 1)
    _require_range("targets", task.targets, task.classes, "classes")
    if len(task.inputs) != len(task.targets):
        raise BadInput(
            f"Task targets: one for each row of inputs; {len(task.targets)} came for {len(task.inputs)} rows."
        )
    for name in ("loss", "correct"):
        if not callable(getattr(task, name)):
            raise BadInput(f"Task {name}: a function of logits and targets; {getattr(task, name)!r} came.")


def _require_counts(task: Task) -> None:
    for name in ("vocabulary", "classes", "outputs"):
        count: Any = getattr(task, name)
        may_lack = count is None and name != "classes"
        if not may_lack and (type(count) is not int or count < 1):
            raise BadInput(f"Task {name}: a whole number from 1; {count!r} came.")
    needed = max(task.vocabulary or 0, task.classes)
    if not isinstance(task.symbols, tuple) or len(task.symbols) < needed:
        raise BadInput(f"Task symbols: a tuple of {needed} texts, for tokens and answers; {task.symbols!r} came.")


def _require_inputs(task: Task) -> None:
    if task.vocabulary is None:
        _require_tensor("inputs", task.inputs, torch.float64, 2)
        if not task.inputs.isfinite().all():
            raise BadInput("Task inputs: finite numbers; NaN or infinity came.")
    else:
        _require_tensor("inputs", task.inputs, torch.int64, 2)
        _require_range("inputs", task.inputs, task.vocabulary, "vocabulary")


def _require_tensor(name: str, x: Any, dtype: torch.dtype, axes: int) -> None:
    if not isinstance(x, Tensor):
        raise BadInput(f"Task {name}: a tensor; {type(x).__name__} came.")
    if x.dtype != dtype:
        wanted, came = (str(each).removeprefix("torch.") for each in (dtype, x.dtype))
        raise BadInput(f"Task {name}: {wanted}; {came} came, so use .to(torch.{wanted}).")
    if x.ndim != axes or not x.numel():
        shape = ("(N,)", "(N, T)")[axes - 1]
        raise BadInput(f"Task {name}: a tensor of shape {shape} that is not empty; {tuple(x.shape)} came.")


def _require_range(name: str, x: Tensor, end: int, count: str) -> None:
    low, high = (int(each) for each in x.aminmax())
    if low < 0 or high >= end:
        raise BadInput(
            f"Task {name}: from 0 to {end - 1}, as {count} is {end}; {low if low < 0 else high} came among them."
        )
