"""The program for full-batch MLPs on a sum of embeddings: source B's toy."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, ClassVar

import torch
from torch import Tensor

from grokkit.engine.native.program import METHODS, PRECISIONS, Program, layout
from grokkit.engine.shape import Params, Shape
from grokkit.metrics import cross_entropy, is_correct
from grokkit.models.mlp import MLP
from grokkit.tasks.task import Task
from grokkit.tasks.vectors import IsNearest, SquaredError

SLOPES = {"tanh": float("nan"), "relu": 0.0, "leaky_relu": 0.01, "leaky_relu(0.1)": 0.1}
"""The activations that the program knows: for one of two straight pieces, its slope below zero."""


class Perceptron(Program):
    """The steps of a full-batch MLP on a sum of embeddings under AdamW, in one group or two."""

    SOURCES = "product.h", "functions.h", "training.h", "perceptron.cpp"
    JOB = (
        layout("examples trained positions vocabulary answers layers")
        + layout(numbers="slope")
        + layout(pointers="widths tokens targets vectors")
    )
    FORMS: ClassVar = {
        "widths": "int64 ends",
        "tokens": "int64 runs examples positions",
        "targets": "int64 runs examples",
        "vectors": "own answers outputs",
    }
    BELOW: ClassVar = {"tokens": "vocabulary", "targets": "answers"}

    @staticmethod
    def knows(shape: Shape, task: Task) -> bool:
        """Whether it takes this shape's steps."""
        model = shape.model
        return (
            type(model) is MLP  # another's class may build another network
            and model.embedding is not None
            and model.activation in SLOPES
            and not model.batch_norm
            and not model.dropout
            and shape.method in METHODS
            and shape.batch.size is None
            and shape.precision in PRECISIONS
            and _asks_what_is_known(task)
        )

    def __init__(self, shape: Shape, task: Task) -> None:
        super().__init__(shape, task)
        model: Any = shape.model
        widths = [model.embedding, *model.hidden, task.model_outputs]
        self.of_all = dict(trained=shape.width, positions=task.inputs.shape[1], vocabulary=task.vocabulary)
        self.of_all |= dict(answers=task.classes, layers=len(widths) - 1, slope=SLOPES[model.activation])
        self.of_all |= dict(widths=torch.tensor(widths), vectors=self._vectors())
        self.sizes = dict(ends=len(widths), outputs=task.model_outputs)
        layers = [shape for i, o in pairwise(widths) for shape in ((o, i), (o,))]
        self.parameters = [(self.of_all["vocabulary"], widths[0]), *layers]

    def _vectors(self) -> Tensor | None:
        loss = self.task.loss
        return loss.vectors.to(self.dtype).contiguous() if isinstance(loss, SquaredError) else None

    def data(
        self, order: Tensor, positions: Tensor, weights: Tensor, noise: Params, passages: Params
    ) -> dict[str, Any]:
        tokens, targets = self.task.inputs[order].contiguous(), self.task.targets[order].contiguous()
        return self.of_all | dict(examples=order.shape[1], tokens=tokens, targets=targets)


def _asks_what_is_known(task: Task) -> bool:
    """Whether the task is a classification by the largest logit, or a regression whose answer is the nearest vector."""
    if type(task.loss) is SquaredError:
        vectors, form = task.loss.vectors, (task.classes, task.model_outputs)
        return type(task.correct) is IsNearest and vectors.shape == form and torch.equal(vectors, task.correct.vectors)
    return task.loss is cross_entropy and task.correct is is_correct and task.model_outputs == task.classes
