"""A network learns what another one answers to random numbers: the teacher-student setup of Liu et al. 2023."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from grokkit.config.run import TaskConfig
from grokkit.tasks.task import Task
from grokkit.tasks.vectors import IsWithin, SquaredError


class TeacherStudent(TaskConfig):
    """Independent N(0, 1) inputs and a teacher's answers to them: T numbers, as many outputs, an answer for each row.

    The teacher is a multilayer perceptron with Tanh and PyTorch's initial weights. The loss is the mean squared error
    to its outputs; a row is right if that is below the tolerance.

    rows: of the table; those for training and those for validation together.
    width: of an input, and of an output.
    hidden: widths of the teacher's hidden layers.
    tolerance: the mean squared error, over an example's outputs, below which an example counts as right.
    seed: of the inputs, then of the teacher: in this order a student of the same seed has other weights.
    """

    gives_numbers: ClassVar[bool] = True

    kind: Literal["teacher_student"] = "teacher_student"
    rows: int = Field(200, ge=2)
    width: int = Field(5, ge=1)
    hidden: tuple[Annotated[int, Field(ge=1)], ...] = Field((100, 100), min_length=1)
    tolerance: float = Field(1e-3, gt=0)
    seed: int = Field(0, ge=0, lt=2**63)

    @property
    def examples(self) -> int:
        return self.rows

    def build(self) -> Task:
        """The table in the order in which it was drawn."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            inputs = torch.randn(self.rows, self.width, dtype=torch.float64)
            widths = (self.width, *self.hidden, self.width)
            layers = [nn.Linear(i, o).double() for i, o in pairwise(widths)]
        answers = _through(layers, inputs)
        symbols = tuple(map(str, range(self.rows)))
        return Task(
            inputs,
            torch.arange(self.rows),
            vocabulary=None,
            classes=self.rows,
            symbols=symbols,
            loss=SquaredError(answers),
            correct=IsWithin(answers, self.tolerance),
            outputs=self.width,
        )


@torch.no_grad()
def _through(layers: list[nn.Linear], x: Tensor) -> Tensor:
    for layer in layers[:-1]:
        x = torch.tanh(layer(x))
    return layers[-1](x)
