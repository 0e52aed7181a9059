"""RMSProp (Hinton 2012, lecture 6e), as `torch.optim.RMSprop` writes it."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from grokkit.config.optimizer import Named, OptimizerConfig, Params


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
    def start(x: Tensor, n: Named) -> Params:
        """Second moment, zero."""
        return {"v": torch.zeros_like(x)}

    @staticmethod
    def numbers(n: Named) -> Params:
        return {
            "b2": n.beta2,
            "rest2": 1 - n.beta2,
            "decay": n.weight_decay,
            "rate": n.learning_rate,
            "eps": n.eps,
        }

    @staticmethod
    def update(g: Tensor, x: Tensor, s: Named, n: Named) -> tuple[Tensor, Params]:
        """g <- g + wd x,  v <- b2 v + (1 - b2) g^2,  x <- x - lr g / (sqrt(v) + eps)

        Nothing corrects the start of v: the first step is 1 / sqrt(1 - b2) learning rates long in every direction.
        """
        g = g + n.decay * x
        v = n.b2 * s.v + n.rest2 * (g * g)
        return x - n.rate * (g / (v.sqrt() + n.eps)), {"v": v}
