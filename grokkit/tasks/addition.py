"""a + b for a <= b < p, no modulus: the toy of Liu et al. 2022 that source B re-ran (its classification form)."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field

from grokkit.run import TaskConfig
from grokkit.tasks.task import Task


class Addition(TaskConfig):
    """All unordered pairs of numbers below p and their sum: T = 2, V = p, C = 2p - 1.

    Leaves out, until its chapter is written: the source's own splits and the regression form.
    """

    kind: Literal["addition"] = "addition"
    p: int = Field(10, ge=2)

    @property
    def examples(self) -> int:
        return self.p * (self.p + 1) // 2

    def build(self) -> Task:
        """The table in the source's order: (0, 0), (0, 1), (1, 1), (0, 2), ..."""
        inputs = torch.tensor([(a, b) for b in range(self.p) for a in range(b + 1)])
        symbols = tuple(map(str, range(2 * self.p - 1)))
        return Task(inputs, inputs.sum(1), vocabulary=self.p, classes=2 * self.p - 1, symbols=symbols)
