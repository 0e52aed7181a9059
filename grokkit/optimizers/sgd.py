"""Stochastic gradient descent, and with momentum the heavy ball (Polyak 1964), as `torch.optim.SGD` writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from grokkit.config.run import OptimizerConfig

Params = dict[str, Tensor]


class SGD(OptimizerConfig):
    """Gradient descent, with momentum the heavy ball; the defaults are PyTorch's (source A: learning rate 0.01).

    learning_rate: per step.
    momentum: what the velocity keeps, per step; 0 is plain descent, source A's heavy ball has 0.99.
    weight_decay: the gradient gains this times the parameters (coupled; AdamW's is not).
    """

    kind: Literal["sgd"] = "sgd"
    momentum: float = Field(0.0, ge=0, lt=1)
    weight_decay: float = Field(0.0, ge=0)

    @staticmethod
    def init(params: Params) -> dict[str, Params]:
        """The velocity, zero."""
        return {"v": {name: torch.zeros_like(x) for name, x in params.items()}}

    @staticmethod
    def step(
        grad_of: Callable[[Params], Params],
        params: Params,
        state: dict[str, Params],
        t: Tensor,
        hyper: dict[str, Tensor],
    ) -> tuple[Params, dict[str, Params]]:
        """g <- g + wd x,  v <- mu v + g,  x <- x - lr v"""
        numbers = descent_numbers(hyper)
        v, x = {}, {}
        for name, g in grad_of(params).items():
            rate, mu, decay = numbers.to(g.dtype)
            v[name] = mu * state["v"][name] + (g + decay * params[name])
            x[name] = params[name] - rate * v[name]
        return x, {"v": v}


def descent_numbers(hyper: dict[str, Tensor]) -> Tensor:
    """lr, mu, wd."""
    return torch.stack([hyper[name] for name in ("learning_rate", "momentum", "weight_decay")])
