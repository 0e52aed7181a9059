"""What runs must have in common to train together, and what a step takes and gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from grokkit.config.optimizer import Method
from grokkit.config.run import Batch, ModelConfig, Run, TaskConfig

Params = dict[str, Tensor]
State = tuple[Params, Params, Any, Params]
"""Params, buffers, optimizer state and passages of a stack; see `Kernel`."""
Steps = Callable[..., tuple[State, Params]]
DTYPES = {"float32": torch.float32, "bfloat16": torch.float32, "float64": torch.float64}
"""What parameters are kept in. Under bfloat16 only products are rounded (autocast)."""


@dataclass(frozen=True)
class Shape:
    """What runs must have in common to share a graph.

    method: the optimizer without its floats, which are handed to each step.
    width: examples in a step's batch. Full batches of unequal training sets do not share: padding the smaller
    ones would change the order in which their sums are taken, and with it their last bits.
    """

    task: TaskConfig
    model: ModelConfig
    method: Method
    batch: Batch
    width: int
    precision: str

    @classmethod
    def of(cls, run: Run) -> Shape:
        width = run.batch.size or run.train_examples
        return cls(run.task, run.model, run.optimizer.method, run.batch, width, run.precision)
