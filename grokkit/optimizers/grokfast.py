"""Grokfast (Lee et al. 2024, arXiv 2405.20233): the slow part of the gradient, amplified before Adam or AdamW sees it.

The two filters of the authors' code, with its defaults (github.com/ironjr/grokfast, `grokfast.py` and `main.py` at
47397ee, whose inner optimizer is Adam). Leaves out its sum in place of a mean, its Kalman filter and its two stages.
"""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from grokkit.config.optimizer import Named, Params
from grokkit.optimizers.adam import Adam
from grokkit.optimizers.adamw import AdamW

INNER: dict[str, type[AdamW]] = {"adam": Adam, "adamw": AdamW}


class GrokfastEMA(Adam):
    """Adds a multiple of the gradient's running mean to the gradient; Algorithm 2 of the paper.

    inner: what follows the filter; the weight decay is coupled or decoupled as it has it.
    alpha: what the running mean keeps, per step.
    lamb: the multiple, the paper's lambda.
    """

    kind: Literal["grokfast_ema"] = "grokfast_ema"
    inner: Literal["adam", "adamw"] = "adam"
    alpha: float = Field(0.98, ge=0, lt=1)
    lamb: float = Field(2.0, ge=0)

    @staticmethod
    def start(x: Tensor, n: Named) -> Params:
        """The inner optimizer's, and the running mean, zero."""
        return INNER[n.inner].start(x, n) | {"mean": torch.zeros_like(x)}

    @staticmethod
    def numbers(n: Named) -> Params:
        return INNER[n.inner].numbers(n) | {"alpha": n.alpha, "beyond": 1 - n.alpha, "lamb": n.lamb}

    @staticmethod
    def update(g: Tensor, x: Tensor, s: Named, n: Named) -> tuple[Tensor, Params]:
        """h <- alpha h + (1 - alpha) g from h = g before the first step, then the inner update along g + lambda h"""
        h = torch.where(n.t == 1, g, n.alpha * s.mean + n.beyond * g)
        x, inner = INNER[n.inner].update(g + n.lamb * h, x, s, n)
        return x, inner | {"mean": h}


class GrokfastMA(Adam):
    """Adds a multiple of the mean of the last gradients to the gradient, once there are enough of them; Algorithm 1.

    inner: what follows the filter; the weight decay is coupled or decoupled as it has it.
    window: gradients in the mean, the newest among them; the state holds as many copies of the parameters.
    lamb: the multiple, the paper's lambda.
    """

    kind: Literal["grokfast_ma"] = "grokfast_ma"
    inner: Literal["adam", "adamw"] = "adam"
    window: int = Field(100, ge=1)
    lamb: float = Field(5.0, ge=0)

    @staticmethod
    def start(x: Tensor, n: Named) -> Params:
        """The inner optimizer's, and a place for each gradient of the window."""
        return INNER[n.inner].start(x, n) | {"last": x.new_zeros(n.window, *x.shape)}

    @staticmethod
    def numbers(n: Named) -> Params:
        return INNER[n.inner].numbers(n) | {"lamb": n.lamb}

    @staticmethod
    def update(g: Tensor, x: Tensor, s: Named, n: Named) -> tuple[Tensor, Params]:
        """g takes the place of the oldest; the inner update along g + lambda (their mean), from step `window` on"""
        places = torch.arange(n.window, device=g.device).view(-1, *[1] * g.ndim)
        last = torch.where(places == (n.t - 1) % n.window, g, s.last)
        slow = torch.where(n.t >= n.window, n.lamb * last.mean(0), 0.0)
        x, inner = INNER[n.inner].update(g + slow, x, s, n)
        return x, inner | {"last": last}
