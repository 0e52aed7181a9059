"""Stochastic gradient descent, with momentum the heavy ball (Polyak 1964), and Nesterov's accelerated gradient (1983;
Sutskever et al. 2013), all as `torch.optim.SGD` writes them.
"""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from grokkit.config.optimizer import Named, OptimizerConfig, Params


class SGD(OptimizerConfig):
    """Gradient descent, with momentum the heavy ball; the defaults are PyTorch's (source A: learning rate 0.01).

    learning_rate: per step.
    momentum: what the velocity keeps, per step; 0 is plain descent, source A's heavy ball has 0.99.
    weight_decay: the gradient gains this times the parameters (coupled; AdamW's is not).
    nesterov: whether a step goes along the gradient and the velocity it gave; the parameters are then those of the
    point ahead, where the gradient is taken. Without momentum that is plain descent, too.
    """

    kind: Literal["sgd"] = "sgd"
    momentum: float = Field(0.0, ge=0, lt=1)
    weight_decay: float = Field(0.0, ge=0)
    nesterov: bool = False

    @staticmethod
    def start(x: Tensor, n: Named) -> Params:
        """The velocity, zero."""
        return {"v": torch.zeros_like(x)}

    @staticmethod
    def numbers(n: Named) -> Params:
        return {"rate": n.learning_rate, "mu": n.momentum, "decay": n.weight_decay}

    @staticmethod
    def update(g: Tensor, x: Tensor, s: Named, n: Named) -> tuple[Tensor, Params]:
        """g <- g + wd x,  v <- mu v + g,  x <- x - lr v;  Nesterov's: x <- x - lr (g + mu v)"""
        g = g + n.decay * x
        v = n.mu * s.v + g
        return x - n.rate * (g + n.mu * v if n.nesterov else v), {"v": v}


class Nesterov(SGD):
    """The kind of SGD that is Nesterov's method: its code, with defaults of its own.

    momentum: what the velocity keeps, per step (source A's 0.99; PyTorch has no default).
    """

    kind: Literal["nesterov"] = "nesterov"
    momentum: float = Field(0.99, ge=0, lt=1)
    nesterov: Literal[True] = True
