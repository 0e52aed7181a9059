"""The program for recurrent networks on short sequences of tokens: source C's RNN and LSTM."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from grokkit.engine.native.program import METHODS, PRECISIONS, Program, layout
from grokkit.engine.shape import Params, Shape
from grokkit.metrics import cross_entropy, is_correct
from grokkit.models.recurrent import LSTM, RNN
from grokkit.models.shared import Prefixes
from grokkit.tasks.task import Task

WHOLE_VECTORS = 16
"""Widths that are multiples of it fill vectors of every processor and precision; the program knows no others."""


class Recurrent(Program):
    """The steps and evaluations of a one-directional RNN or LSTM on learned embeddings, under AdamW."""

    SOURCES = "product.h", "functions.h", "training.h", "linear.h", "trie.h", "cells.h", "recurrent.cpp"
    JOB = (
        layout("batch width hidden gates classes judged")
        + layout("length vocabulary distinct", "tokens prefix")  # trie.h's `Sequences`
        + layout(pointers="targets examples counts words", numbers="dropout")
        + layout(pointers="others numbers weights sum_loss sum_correct")
    )
    FORMS: ClassVar = {
        "tokens": "int64 rows length",
        "prefix": "int64 rows length",
        "targets": "int64 rows",
        "examples": "int64 steps runs batch",
        "counts": "int64 steps runs",
        "words": "int64 steps runs words_of_a_step",
        "others": "int64 runs judged",
        "numbers": "int64 runs",
        "weights": "float32 runs judged",
        "sum_loss": "float64 runs",
        "sum_correct": "float64 runs",
    }
    BELOW: ClassVar = {
        "tokens": "vocabulary",
        "prefix": "distinct",
        "targets": "classes",
        "examples": "rows",
        "others": "rows",
    }

    @staticmethod
    def knows(shape: Shape, task: Task) -> bool:
        """Whether it takes this shape's steps."""
        model = shape.model
        return (
            type(model) in (RNN, LSTM)  # another's class may build another network
            and not model.bidirectional
            and getattr(model, "activation", "tanh") == "tanh"
            and model.embedding is not None
            and model.embedding % WHOLE_VECTORS == model.hidden % WHOLE_VECTORS == 0
            and shape.method in METHODS
            and shape.precision in PRECISIONS
            and task.loss is cross_entropy
            and task.correct is is_correct
            and task.model_outputs == task.classes
        )

    def __init__(self, shape: Shape, task: Task) -> None:
        super().__init__(shape, task)
        model: Any = shape.model
        prefixes = Prefixes(task.inputs)
        self.of_all = dict(width=model.embedding, hidden=model.hidden, gates=4 if isinstance(model, LSTM) else 1)
        self.of_all |= dict(batch=shape.width, classes=task.classes, dropout=model.dropout)
        self.of_all |= dict(length=prefixes.length, vocabulary=task.vocabulary, distinct=sum(prefixes.size))
        tokens, targets = task.inputs.contiguous(), task.targets.contiguous()
        self.of_all |= dict(tokens=tokens, prefix=_numbered(prefixes), targets=targets)
        self.sizes = dict(rows=len(targets), words_of_a_step=2)
        self.parameters = self._shapes()

    def _shapes(self) -> list[tuple[int, ...]]:
        width, hidden, classes = (self.of_all[name] for name in ("width", "hidden", "classes"))
        rows = self.of_all["gates"] * hidden
        cell = [(rows, width), (rows, hidden), (rows,), (rows,)]
        return [(self.of_all["vocabulary"], width), *cell, (classes, hidden), (classes,)]

    def data(
        self, order: Tensor, positions: Tensor, weights: Tensor, noise: Params, passages: Params
    ) -> dict[str, Any]:
        examples = order.expand(len(positions), -1, -1).gather(2, positions)
        counts = (weights != 0).sum(-1)  # a short batch's own examples come first
        others = order[:, self.of_all["batch"] :] if passages else order[:, :0]
        steps = dict(examples=examples, counts=counts, words=noise.get("words"))
        return self.of_all | steps | _judged(others, torch.ones(others.shape))

    def evaluate(
        self, params: Params, buffers: Params, order: Tensor, positions: Tensor, weights: Tensor
    ) -> tuple[Tensor, Tensor]:
        """As `Kernel` has it."""
        judged = _judged(order.gather(1, positions), weights)
        params = {name: x.contiguous() for name, x in params.items()}
        self.call("judge", order, params=params, **self.of_all, **judged)
        return judged["sum_loss"], judged["sum_correct"]


def _numbered(prefixes: Prefixes) -> Tensor:
    """The number of each row's prefix of each length among all those of any length: int64 (N, T)."""
    before = torch.tensor([0, *prefixes.size[:-1]]).cumsum(0)
    return torch.stack([number + start for number, start in zip(prefixes.prefix, before, strict=True)], 1)


def _judged(rows: Tensor, weights: Tensor) -> dict[str, Any]:
    """Rows of the table to be judged, (E, C), with their weights, and room for the sums.

    First those that count, in the table's order, in which many neighbours begin alike.
    """
    wanted = weights != 0
    rows, places = torch.where(wanted, rows, torch.iinfo(rows.dtype).max).sort(1)
    rows = torch.where(wanted.gather(1, places), rows, 0)
    sums = {name: torch.empty(len(rows), dtype=torch.float64) for name in ("sum_loss", "sum_correct")}
    return dict(judged=rows.shape[1], others=rows, numbers=wanted.sum(1), weights=weights.gather(1, places)) | sums
