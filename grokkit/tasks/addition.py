"""a + b for a <= b < p, no modulus: the toy of Liu et al. 2022 that source B re-ran, in both of its forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import torch
from pydantic import Field, model_validator

from grokkit.config.run import TaskConfig
from grokkit.errors import BadInput
from grokkit.tasks.task import Task
from grokkit.tasks.vectors import IsNearest, SquaredError, gaussian_vectors


class Addition(TaskConfig):
    """All unordered pairs of numbers below p and their sum: T = 2, V = p, C = 2p - 1.

    vectors: None for a classification of the sums; or the width of a regression, onto one fixed random vector for each
    sum (source B: 30). Its loss is the mean squared error, its answer the sum whose vector is nearest.
    vector_seed: of these vectors. Source B draws them with its data seed.
    """

    kind: Literal["addition"] = "addition"
    p: int = Field(10, ge=2)
    vectors: int | None = Field(None, ge=1)
    vector_seed: int = Field(0, ge=0, lt=2**63)

    @model_validator(mode="after")
    def _seed_is_used(self) -> Addition:
        if self.vectors is None and self.vector_seed:
            raise BadInput(f"Addition vector_seed: {self.vector_seed} came, and does nothing while vectors is None.")
        return self

    @classmethod
    def source_b(cls, setup: Literal["classification", "regression"], data_seed: int) -> Addition:
        """One of source B's two setups."""
        return cls() if setup == "classification" else cls(vectors=30, vector_seed=data_seed)

    @property
    def examples(self) -> int:
        return self.p * (self.p + 1) // 2

    def build(self) -> Task:
        """The table in the source's order: (0, 0), (0, 1), (1, 1), (0, 2), ..."""
        inputs = torch.tensor([(a, b) for b in range(self.p) for a in range(b + 1)])
        symbols = tuple(map(str, range(2 * self.p - 1)))
        task = Task(inputs, inputs.sum(1), vocabulary=self.p, classes=2 * self.p - 1, symbols=symbols)
        if self.vectors is None:
            return task
        vectors = gaussian_vectors(task.classes, self.vectors, self.vector_seed)
        return replace(task, loss=SquaredError(vectors), correct=IsNearest(vectors), outputs=self.vectors)
