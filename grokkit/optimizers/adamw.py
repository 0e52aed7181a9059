"""AdamW (Loshchilov & Hutter 2019, Algorithm 2): Adam with decoupled weight decay."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from grokkit.config.optimizer import Named, OptimizerConfig, Params


class AdamW(OptimizerConfig):
    """Adam with decoupled weight decay; the defaults are source A's.

    learning_rate: per step.
    weight_decay: a step multiplies the parameters by 1 - learning_rate weight_decay.
    beta1: what the running mean of the gradient keeps, per step.
    beta2: what the running mean of its square keeps, per step.
    eps: added to the root of the second, in units of the gradient.
    """

    kind: Literal["adamw"] = "adamw"
    weight_decay: float = Field(1.0, ge=0)
    beta1: float = Field(0.9, ge=0, lt=1)
    beta2: float = Field(0.98, ge=0, lt=1)
    eps: float = Field(1e-8, gt=0)

    @staticmethod
    def start(x: Tensor, n: Named) -> Params:
        """First and second moment, zero."""
        return {"m": torch.zeros_like(x), "v": torch.zeros_like(x)}

    @staticmethod
    def numbers(n: Named) -> Params:
        """Scalars stay in float64 until they meet a parameter, as they do in `torch.optim.AdamW`."""
        b1, b2, rate = n.beta1, n.beta2, n.learning_rate
        return {
            "b1": b1,
            "rest1": 1 - b1,
            "b2": b2,
            "rest2": 1 - b2,
            "keep": 1 - rate * n.weight_decay,
            "rate": rate / (1 - b1**n.t),
            "root": (1 - b2**n.t).rsqrt(),
            "eps": n.eps,
        }

    @staticmethod
    def update(g: Tensor, x: Tensor, s: Named, n: Named) -> tuple[Tensor, Params]:
        """m <- b1 m + (1 - b1) g,  v <- b2 v + (1 - b2) g^2,
        x <- (1 - lr wd) x - lr / (1 - b1^t) * m / (sqrt(v / (1 - b2^t)) + eps)
        """
        m = n.b1 * s.m + n.rest1 * g
        v = n.b2 * s.v + n.rest2 * (g * g)
        return n.keep * x - n.rate * (m / (v.sqrt() * n.root + n.eps)), {"m": m, "v": v}
