"""What the programs have in common: how they are built, how they are told what to do, AdamW's settings and results."""

from __future__ import annotations

import ctypes
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cache, partial
from importlib.resources import files
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from grokkit.engine.compiler import in_a_sentence
from grokkit.engine.libraries import with_libraries
from grokkit.engine.native.forms import require_forms
from grokkit.engine.shape import Params, Shape, State
from grokkit.metrics import norms
from grokkit.optimizers.adamw import AdamW
from grokkit.optimizers.grouped_adamw import GroupedAdamW
from grokkit.tasks.task import Task

METHODS = AdamW().method, GroupedAdamW().method
PRECISIONS = "float32", "float64"
SETTINGS = ("encoder_learning_rate", "encoder_weight_decay", "learning_rate", "weight_decay", "beta1", "beta2", "eps")


def layout(integers: str = "", pointers: str = "", numbers: str = "") -> list[tuple[str, Any]]:
    """Fields of a `Job`, by the names that its declaration in C++ has for them, in its order."""
    kinds = (integers, ctypes.c_int64), (pointers, ctypes.c_void_p), (numbers, ctypes.c_double)
    return [(name, kind) for names, kind in kinds for name in names.split()]


TRAINING = layout("runs steps") + layout(
    pointers="times settings threshold train_passage val_passage params first second gradient loss accuracy"
)
"""What every program is told (training.h)."""
OF_TRAINING = {
    "times": "float64 steps runs",
    "settings": "float64 steps runs numbers_of_adamw",
    "threshold": "float64 runs",
    "train_passage": "float64 runs",
    "val_passage": "float64 runs",
    "loss": "own runs",
    "accuracy": "float32 runs",
}
"""What form its tensors have; see `require_forms`."""


@cache
def built(sources: tuple[str, ...]) -> Any:
    """The library of these sources of this folder, one after the other, by the compiler of compiled graphs."""
    from torch._inductor.codecache import CppCodeCache  # here: what it imports takes a second

    text = "".join(files(__package__).joinpath(name).read_text() for name in sources)
    with in_a_sentence():
        return with_libraries(lambda: CppCodeCache.load(text))


class Program(ABC):
    """The steps of a shape that a program knows; a subclass adds the data of its network.

    evaluate: as `Kernel` has it, for a program that has one.
    FORMS, BELOW: of its job's tensors, the form, and the count that every entry lies below; see `require_forms`.
    sizes: numbers in these forms that the job itself does not name.
    parameters: shape of each of the model's, in its order.
    """

    SOURCES: ClassVar[tuple[str, ...]]
    JOB: ClassVar[list[tuple[str, Any]]]
    FORMS: ClassVar[dict[str, str]]
    BELOW: ClassVar[dict[str, str]]
    sizes: dict[str, int]
    parameters: list[tuple[int, ...]]
    evaluate: Callable[..., Any] | None = None

    def __init__(self, shape: Shape, task: Task) -> None:
        self.task, self.precision, self.dtype = task, shape.precision, getattr(torch, shape.precision)
        self.library = built(self.SOURCES)
        self.job = type("Job", (ctypes.Structure,), {"_fields_": TRAINING + self.JOB})

    @abstractmethod
    def data(
        self, order: Tensor, positions: Tensor, weights: Tensor, noise: Params, passages: Params
    ) -> dict[str, Any]:
        """What the program's `Job` has besides TRAINING, for these steps."""

    def steps(
        self, state: State, times: Tensor, settings: Params, order: Tensor, *batches: Any
    ) -> tuple[State, dict[str, Tensor]]:
        """As `Kernel` has it."""
        params, buffers, moments, passages = tree_map(lambda x: x.clone(memory_format=torch.contiguous_format), state)
        gradient = {name: torch.empty_like(x) for name, x in params.items()}
        loss, accuracy = torch.empty(len(order), dtype=self.dtype), torch.empty(len(order))
        trees = dict(params=params, first=moments["m"], second=moments["v"], gradient=gradient)
        watched = {name: passages.get(known) for name, known in WATCHED.items()}
        told = dict(steps=len(times), times=times.contiguous(), settings=_together(times, settings))
        results, data = dict(loss=loss, accuracy=accuracy), self.data(order, *batches, passages)
        self.call("train", order, **told, **watched, **trees, **results, **data)
        metrics = {"batch_loss": loss, "batch_accuracy": accuracy}
        return (params, buffers, moments, passages), metrics | torch.vmap(partial(norms, "gradient"))(gradient)

    def call(self, what: str, order: Tensor, **told: Any) -> None:
        """Call a function of the program: numbers as they are, contiguous tensors and dicts of them by address.

        Raises BadInput for tensors that it would read or write beyond.
        """
        counts = {name: x for name, x in told.items() if isinstance(x, int)} | self.sizes
        counts |= dict(runs=len(order), numbers_of_adamw=len(SETTINGS))
        require_forms(told, OF_TRAINING | self.FORMS, self.BELOW, counts, self.parameters, self.dtype)
        held = {name: _addressed(x) for name, x in told.items()}
        getattr(self.library, f"{what}_{self.precision}")(ctypes.byref(self.job(runs=len(order), **held)))


WATCHED = {"threshold": "accuracy", "train_passage": "train", "val_passage": "val"}
"""What a program calls the passages of a state."""


def _together(times: Tensor, settings: Params) -> Tensor:
    """(S, E, 7): those of the encoder are the decoder's where a method has one group."""
    of_both = {f"encoder_{name}": settings[name] for name in ("learning_rate", "weight_decay")}
    return torch.stack([(of_both | settings)[name].expand_as(times) for name in SETTINGS], -1).contiguous()


def _addressed(x: Any) -> Any:
    if isinstance(x, Tensor):
        return x.data_ptr()
    if isinstance(x, dict):
        return ctypes.cast((ctypes.c_void_p * len(x))(*(each.data_ptr() for each in x.values())), ctypes.c_void_p)
    return x
