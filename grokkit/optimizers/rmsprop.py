"""RMSProp (Hinton 2012, lecture 6e), as `torch.optim.RMSprop` writes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from grokkit.config.run import OptimizerConfig

Params = dict[str, Tensor]


class RMSProp(OptimizerConfig):
    """The gradient over the root of its mean square; the defaults are PyTorch's (source A: beta2 0.98).

    learning_rate: per step.
    weight_decay: the gradient gains this times the parameters (coupled; AdamW's is not).
    beta2: what the running mean of the gradient's square keeps, per step (PyTorch's alpha, which is a fraction here).
    eps: added to its root, in units of the gradient.
    """

    kind: Literal["rmsprop"] = "rmsprop"
    learning_rate: float = Field(1e-2, ge=0)
    weight_decay: float = Field(0.0, ge=0)
    beta2: float = Field(0.99, ge=0, lt=1)
    eps: float = Field(1e-8, gt=0)

    @staticmethod
    def init(params: Params) -> dict[str, Params]:
        """Second moment, zero."""
        return {"v": {name: torch.zeros_like(x) for name, x in params.items()}}

    @staticmethod
    def step(
        grad_of: Callable[[Params], Params],
        params: Params,
        state: dict[str, Params],
        t: Tensor,
        hyper: dict[str, Tensor],
    ) -> tuple[Params, dict[str, Params]]:
        """g <- g + wd x,  v <- b2 v + (1 - b2) g^2,  x <- x - lr g / (sqrt(v) + eps)

        Nothing corrects the start of v: the first step is 1 / sqrt(1 - b2) learning rates long in every direction.
        """
        numbers = _numbers(hyper)
        v, x = {}, {}
        for name, g in grad_of(params).items():
            b2, rest2, decay, rate, eps = numbers.to(g.dtype)
            decayed = g + decay * params[name]
            v[name] = b2 * state["v"][name] + rest2 * (decayed * decayed)
            x[name] = params[name] - rate * (decayed / (v[name].sqrt() + eps))
        return x, {"v": v}


def _numbers(hyper: dict[str, Tensor]) -> Tensor:
    """b2, 1 - b2, wd, lr, eps."""
    b2 = hyper["beta2"]
    return torch.stack([b2, 1 - b2, hyper["weight_decay"], hyper["learning_rate"], hyper["eps"]])
