"""What the tensors of a job must be: a program reads and writes beyond those that are not, and takes the process along.

A form is a dtype and the axes, each by the name of a count: "float64 steps runs"; "own" is the program's own dtype.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from grokkit.errors import BadInput


def require_forms(
    told: Mapping[str, Any],
    forms: Mapping[str, str],
    below: Mapping[str, str],
    counts: Mapping[str, int],
    parameters: list[tuple[int, ...]],
    own: torch.dtype,
) -> None:
    """Raise BadInput unless a job's tensors have their forms, and all that a dict holds those of the parameters.

    below: tensor -> the count that its entries, from 0, lie below.
    """
    for name, x in told.items():
        if isinstance(x, Tensor):
            dtype, *axes = forms[name].split()
            wanted = own if dtype == "own" else getattr(torch, dtype)
            _require(name, x, wanted, tuple(counts[axis] for axis in axes))
            if name in below:
                _require_below(name, x, counts[below[name]])
        elif isinstance(x, dict):
            _require_each(name, x, [(counts["runs"], *shape) for shape in parameters], own)


def _require_each(what: str, tensors: dict[str, Tensor], shapes: list[tuple[int, ...]], own: torch.dtype) -> None:
    if len(tensors) != len(shapes):
        raise BadInput(f"A program's {what}: {len(shapes)} tensors; {len(tensors)} came.")
    for (name, x), shape in zip(tensors.items(), shapes, strict=True):
        _require(f"{what} {name}", x, own, shape)


def _require(name: str, x: Tensor, dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    if x.device.type != "cpu" or not x.is_contiguous():
        raise BadInput(
            f"A program's {name}: contiguous and on the CPU; it is on {x.device}, with strides {x.stride()}."
        )
    if x.dtype != dtype or x.shape != shape:
        raise BadInput(f"A program's {name}: {dtype} of shape {shape}; {x.dtype} of shape {tuple(x.shape)} came.")


def _require_below(name: str, x: Tensor, end: int) -> None:
    if not x.numel():
        return
    low, high = (int(each) for each in x.aminmax())
    if low < 0 or high >= end:
        raise BadInput(f"A program's {name}: from 0 to {end - 1}; {low if low < 0 else high} came among them.")
