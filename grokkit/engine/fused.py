"""Many steps of a small network in one call of C++, for the shapes that have such a program.

Where a step takes a fraction of a millisecond, its tensors leave the processor's cache between two operations of a
compiled graph; the program keeps a run there over all its steps. It is built by the compiler that a compiled graph
needs anyway, into the same cache. The plain step is its reference.
"""

from __future__ import annotations

import ctypes
from functools import cache
from importlib.resources import files
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from grokkit.engine.shape import Params, Shape, State, Steps
from grokkit.metrics import cross_entropy, is_correct, norms
from grokkit.models.mlp import MLP
from grokkit.optimizers.adamw import AdamW
from grokkit.optimizers.grouped_adamw import GroupedAdamW
from grokkit.tasks.task import Task
from grokkit.tasks.vectors import IsNearest, SquaredError

SLOPES = {"tanh": float("nan"), "relu": 0.0, "leaky_relu": 0.01, "leaky_relu(0.1)": 0.1}
"""The activations that the program knows: for one of two straight pieces, its slope below zero."""
SETTINGS = ("encoder_learning_rate", "encoder_weight_decay", "learning_rate", "weight_decay", "beta1", "beta2", "eps")
COUNTS = ("runs", "steps", "examples", "trained", "positions", "vocabulary", "answers", "layers")
ARRAYS = ("widths", "tokens", "targets", "vectors", "times", "settings", "threshold", "train_passage", "val_passage")
TREES = ("params", "first", "second", "gradient")
RESULTS = ("loss", "accuracy")


class Job(ctypes.Structure):
    """What the program is told; the comments of its own `Job` give the shapes."""

    _fields_ = [
        *((name, ctypes.c_int64) for name in COUNTS),
        ("slope", ctypes.c_double),
        *((name, ctypes.c_void_p) for name in (*ARRAYS, *TREES, *RESULTS)),
    ]


def fused_steps(shape: Shape, task: Task) -> Steps | None:
    """The steps of a shape as one program on the CPU; None if there is no program for it."""
    model = shape.model
    known = (
        isinstance(model, MLP)
        and model.embedding is not None
        and model.activation in SLOPES
        and not model.batch_norm
        and not model.dropout
        and shape.rule in (AdamW, GroupedAdamW)
        and shape.batch.size is None
        and shape.precision in ("float32", "float64")
        and _asks_what_is_known(task)
    )
    return _Perceptron(shape, task) if known else None


def _asks_what_is_known(task: Task) -> bool:
    """Whether the task is a classification by the largest logit, or a regression whose answer is the nearest vector."""
    if isinstance(task.loss, SquaredError):
        return isinstance(task.correct, IsNearest) and torch.equal(task.loss.vectors, task.correct.vectors)
    return task.loss is cross_entropy and task.correct is is_correct


@cache
def _program() -> Any:
    from torch._inductor.codecache import CppCodeCache  # here: what it imports takes a second

    sources = files("grokkit.engine") / "native"
    return CppCodeCache.load("".join((sources / name).read_text() for name in ("product.h", "perceptron.cpp")))


class _Perceptron:
    """The steps of a full-batch MLP on a sum of embeddings under AdamW, in one group or two."""

    def __init__(self, shape: Shape, task: Task) -> None:
        model: Any = shape.model
        self.task, self.trained = task, shape.width
        self.dtype = getattr(torch, shape.precision)
        self.widths = torch.tensor([model.embedding, *model.hidden, task.model_outputs])
        self.slope = SLOPES[model.activation]
        self.vectors = task.loss.vectors.to(self.dtype) if isinstance(task.loss, SquaredError) else None
        self.train = getattr(_program(), f"train_{shape.precision}")

    def __call__(
        self, state: State, times: Tensor, settings: Params, order: Tensor, *_: Any
    ) -> tuple[State, dict[str, Tensor]]:
        params, buffers, moments, passages = tree_map(lambda x: x.clone(memory_format=torch.contiguous_format), state)
        gradient = {name: torch.empty_like(x) for name, x in params.items()}
        loss, accuracy = torch.empty(len(order), dtype=self.dtype), torch.empty(len(order))
        trees = (params, moments["m"], moments["v"], gradient)
        arrays = self._arrays(times, settings, order, passages)
        self._call(times, order, arrays, trees, (loss, accuracy))
        metrics = {"batch_loss": loss, "batch_accuracy": accuracy}
        return (params, buffers, moments, passages), metrics | torch.vmap(lambda g: norms("gradient", g))(gradient)

    def _arrays(self, times: Tensor, settings: Params, order: Tensor, passages: Params) -> tuple[Tensor | None, ...]:
        of_both = {f"encoder_{name}": settings[name] for name in ("learning_rate", "weight_decay")}
        together = torch.stack([(of_both | settings)[name].expand_as(times) for name in SETTINGS], -1)
        watched = [passages.get(name) for name in ("accuracy", "train", "val")]
        tokens, targets = self.task.inputs[order].contiguous(), self.task.targets[order].contiguous()
        return self.widths, tokens, targets, self.vectors, times.contiguous(), together.contiguous(), *watched

    def _call(
        self,
        times: Tensor,
        order: Tensor,
        arrays: tuple[Tensor | None, ...],
        trees: tuple[Params, ...],
        results: tuple[Tensor, ...],
    ) -> None:
        counts = dict(runs=len(order), steps=len(times), examples=order.shape[1], trained=self.trained)
        counts |= dict(positions=self.task.inputs.shape[1], vocabulary=self.task.vocabulary, answers=self.task.classes)
        counts["layers"] = len(self.widths) - 1
        pointers = {name: _address(x) for name, x in zip(ARRAYS, arrays, strict=True)}
        lists = {name: _addresses(tree) for name, tree in zip(TREES, trees, strict=True)}
        lists = {name: ctypes.cast(each, ctypes.c_void_p) for name, each in lists.items()}
        pointers |= {name: _address(x) for name, x in zip(RESULTS, results, strict=True)}
        self.train(ctypes.byref(Job(slope=self.slope, **counts, **pointers, **lists)))


def _address(x: Tensor | None) -> int | None:
    return None if x is None else x.data_ptr()


def _addresses(tree: Params) -> Any:
    return (ctypes.c_void_p * len(tree))(*(x.data_ptr() for x in tree.values()))
