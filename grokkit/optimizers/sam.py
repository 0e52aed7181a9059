"""Sharpness-aware minimisation (Foret et al. 2021, Algorithm 1) with AdamW as its base optimizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from grokkit.config.optimizer import Named, Params, States, update_each
from grokkit.metrics import l2_norm
from grokkit.optimizers.adamw import AdamW


class SAM(AdamW):
    """The gradient of each step is taken at the worst point near the weights: two gradients a step.

    rho: Euclidean radius of that neighbourhood (0.05 in the paper).
    """

    kind: Literal["sam"] = "sam"
    rho: float = Field(0.05, ge=0)
    gradients_per_step: ClassVar[int] = 2

    @classmethod
    def update_all(
        cls, grad_of: Callable[[Params], Params], params: Params, state: States, n: Named
    ) -> tuple[Params, States]:
        """The base's update along the gradient at x + rho g / |g|."""
        sharpest = ascend(params, grad_of(params), n.rho)
        return update_each(cls.at(n), grad_of(sharpest), params, state)


def ascend(params: Params, gradient: Params, rho: float | Tensor, sizes: Params | None = None) -> Params:
    """The weights moved by rho along the gradient's direction; where the gradient is zero they stay.

    sizes: what each parameter's move is multiplied by; None for 1.
    """
    norm = l2_norm(gradient)
    scale = torch.as_tensor(rho, dtype=torch.float64).to(norm.dtype) / norm.clamp_min(1e-30)
    return {name: x + scale * (gradient[name] * sizes[name] if sizes else gradient[name]) for name, x in params.items()}
