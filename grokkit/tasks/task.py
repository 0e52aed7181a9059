"""The data of one problem: a finite table of examples, and what counts as an error on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from grokkit.config.run import TaskConfig
from grokkit.errors import BadInput
from grokkit.metrics import cross_entropy, is_correct
from grokkit.tasks.sound import require_sound


@dataclass(frozen=True, eq=False)
class Task:
    """The table of one problem.

    inputs: int64 tokens (N, T), or numbers (N, T) in float64.
    targets: int64 (N,).
    vocabulary: V, how many tokens there are; None where inputs are numbers.
    classes: C, how many answers there are.
    symbols: what each token is written as; of numbers, what each answer is.
    loss: logits (B, C), targets (B,) -> (B,) nats.
    correct: the same -> (B,) bool. Either may be an object with a method `to(device)`, if it holds tensors.
    outputs: how many numbers a model gives for an example; None for C, one logit an answer.
    Raises BadInput for a table that contradicts itself.
    """

    inputs: Tensor
    targets: Tensor
    vocabulary: int | None
    classes: int
    symbols: tuple[str, ...]
    loss: Callable[[Tensor, Tensor], Tensor] = cross_entropy
    correct: Callable[[Tensor, Tensor], Tensor] = is_correct
    outputs: int | None = None

    def __post_init__(self) -> None:
        require_sound(self)

    @property
    def model_outputs(self) -> int:
        """How many numbers a model gives for an example."""
        return self.outputs or self.classes

    def to(self, device: torch.device) -> Task:
        """The same task with its tensors on `device`."""
        functions = {name: _moved(getattr(self, name), device) for name in ("loss", "correct")}
        return replace(self, inputs=self.inputs.to(device), targets=self.targets.to(device), **functions)

    @property
    def examples(self) -> int:
        """N."""
        return len(self.targets)

    def show(self, example: int) -> str:
        """One row as a reader would write it: '3 + 5 = 8', or '784 numbers: 8'."""
        if self.vocabulary is None:
            left = f"{self.inputs.shape[1]} numbers:"
        else:
            left = " ".join(self.symbols[t] for t in self.inputs[example].tolist())
        return f"{left} {self.symbols[int(self.targets[example])]}"


def built(config: TaskConfig) -> Task:
    """The task of its settings, if it is what they say."""
    task, kind = config.build(), type(config).__name__
    if not isinstance(task, Task):
        raise BadInput(f"{kind} build: a gk.Task; {task!r} came.")
    if task.examples != config.examples:
        raise BadInput(f"{kind} examples: {config.examples}, but its build makes a table of {task.examples} rows.")
    if (task.vocabulary is None) != config.gives_numbers:
        raise BadInput(
            f"{kind} gives_numbers: {config.gives_numbers}, but its build makes a table whose vocabulary is "
            f"{task.vocabulary}; a table of numbers has none."
        )
    return task


def _moved(function: Any, device: torch.device) -> Any:
    return function.to(device) if hasattr(function, "to") else function


def split_order(examples: int, data_seed: int) -> Tensor:
    """A seeded order of the table, int64 (N,): a run trains on its first entries and validates on the rest.

    The order does not depend on the fraction: a larger training set contains every smaller one of its seed.
    """
    return torch.from_numpy(np.random.Generator(np.random.PCG64(data_seed)).permutation(examples))


def scikit_learn_order(examples: int, training: int, data_seed: int) -> Tensor:
    """The order, int64 (N,), in which scikit-learn's `train_test_split` puts a table of which `training` rows are for
    training: it takes the validation set from the front of a permutation, so here the front comes last."""
    permutation = np.random.RandomState(data_seed).permutation(examples)
    return torch.from_numpy(np.roll(permutation, training))
