"""Muon (Jordan et al. 2024): momentum whose step on a hidden matrix is made nearly orthogonal, and AdamW for the rest.

As `torch.optim.Muon` writes it, with the two lengths of a step that it knows; Liu et al. 2025 ("Muon is scalable for
LLM training") have the one that is the default here, with which both parts share a learning rate and a decay.

**Deviation**: the iteration is in the parameters' own precision, not in bfloat16.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from grokkit.config.optimizer import Named, Params, States, by_part, update_each
from grokkit.optimizers.adamw import AdamW

LEAST_NORM = 1e-7
"""What a gradient is at least divided by, so that one of zero moves nothing: PyTorch's."""


class Muon(AdamW):
    """Orthogonalised momentum for hidden matrices, AdamW for vectors, tables and the matrix that gives the logits.

    learning_rate, weight_decay: of both parts.
    momentum: what the running mean of a hidden matrix's gradient keeps, per step.
    nesterov: whether the gradient is mixed into that mean once more before it is made orthogonal.
    ns_steps: steps of Newton and Schulz's iteration.
    ns_coefficients: a, b, c of its X <- a X + (b A + c A^2) X with A = X X^T; those of Jordan et al. take a singular
    value quickly near 1 and leave it between about 0.7 and 1.2.
    scale: a step's length for a matrix of n rows and m columns: "match_rms_adamw" multiplies by 0.2 sqrt(max(n, m)), so
    that its entries are about as large as AdamW's; "original" by sqrt(max(1, n / m)).
    tables: beginnings of the names of matrices whose rows are vectors for tokens or positions.
    """

    kind: Literal["muon"] = "muon"
    momentum: float = Field(0.95, ge=0, lt=1)
    nesterov: bool = True
    ns_steps: int = Field(5, ge=1)
    ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315)
    scale: Literal["match_rms_adamw", "original"] = "match_rms_adamw"
    tables: tuple[str, ...] = ("embedding", "position")

    @classmethod
    def start_all(cls, params: Params, n: Named) -> States:
        """The momentum of a hidden matrix, both moments of any other parameter, zero."""
        hidden = hidden_matrices(params, n.tables)
        return by_part({name: cls.start(x, n) if name in hidden else AdamW.start(x, n) for name, x in params.items()})

    @classmethod
    def update_all(
        cls, grad_of: Callable[[Params], Params], params: Params, state: States, n: Named
    ) -> tuple[Params, States]:
        """One update of both parts along one gradient."""
        hidden = hidden_matrices(params, n.tables)
        muon, adamw = cls.at(n), AdamW.at(n)
        updates = {name: muon if name in hidden else adamw for name in params}
        return update_each(updates, grad_of(params), params, state)

    @staticmethod
    def start(x: Tensor, n: Named) -> Params:
        """The momentum, zero."""
        return {"m": torch.zeros_like(x)}

    @staticmethod
    def numbers(n: Named) -> Params:
        return {
            "mu": n.momentum,
            "rest": 1 - n.momentum,
            "keep": 1 - n.learning_rate * n.weight_decay,
            "rate": n.learning_rate,
        }

    @staticmethod
    def update(g: Tensor, x: Tensor, s: Named, n: Named) -> tuple[Tensor, Params]:
        """m <- mu m + (1 - mu) g,  x <- (1 - lr wd) x - lr scale NS((1 - mu) g + mu m),  or NS(m) without Nesterov"""
        m = n.mu * s.m + n.rest * g
        direction = n.rest * g + n.mu * m if n.nesterov else m
        step = length(x.shape, n.scale) * orthogonalised(direction, n.ns_steps, n.ns_coefficients)
        return n.keep * x - n.rate * step, {"m": m}


def hidden_matrices(params: Params, tables: tuple[str, ...]) -> set[str]:
    """The matrices that are neither tables nor the last one, which gives the logits in every model here."""
    matrices = [name for name, x in params.items() if x.ndim == 2]
    return {name for name in matrices[:-1] if not name.startswith(tables)}


def length(shape: torch.Size, scale: str) -> float:
    """What an orthogonal step of n rows and m columns is multiplied by."""
    n, m = shape
    return 0.2 * math.sqrt(max(n, m)) if scale == "match_rms_adamw" else math.sqrt(max(1, n / m))


def orthogonalised(x: Tensor, steps: int, coefficients: tuple[float, float, float]) -> Tensor:
    """(n, m) -> (n, m): its singular vectors, its singular values taken towards 1 by Newton and Schulz's iteration."""
    a, b, c = coefficients
    x = x / torch.linalg.vector_norm(x).clamp_min(LEAST_NORM)  # no singular value is above 1 then
    wide = x if x.shape[0] <= x.shape[1] else x.mT  # the smaller of the two products
    for _ in range(steps):
        gram = wide @ wide.mT
        wide = a * wide + (b * gram + c * gram @ gram) @ wide
    return wide if x.shape[0] <= x.shape[1] else wide.mT
