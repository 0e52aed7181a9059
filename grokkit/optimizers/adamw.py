"""AdamW (Loshchilov & Hutter 2019, Algorithm 2): Adam with decoupled weight decay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from grokkit.config.run import OptimizerConfig

Params = dict[str, Tensor]


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
    def init(params: Params) -> dict[str, Params]:
        """First and second moment, zero."""
        return {moment: {name: torch.zeros_like(x) for name, x in params.items()} for moment in "mv"}

    @staticmethod
    def step(
        grad_of: Callable[[Params], Params],
        params: Params,
        state: dict[str, Params],
        t: Tensor,
        hyper: dict[str, Tensor],
    ) -> tuple[Params, dict[str, Params]]:
        """One update; `t` counts from 1."""
        return adamw_update(grad_of(params), params, state, t, hyper)


def adamw_update(
    gradient: Params, params: Params, state: dict[str, Params], t: Tensor, hyper: dict[str, Tensor]
) -> tuple[Params, dict[str, Params]]:
    """The parameters and moments after one step along `gradient`.

    m <- b1 m + (1 - b1) g,  v <- b2 v + (1 - b2) g^2,
    x <- (1 - lr wd) x - lr / (1 - b1^t) * m / (sqrt(v / (1 - b2^t)) + eps)

    Scalars stay in float64 until they meet a parameter, as they do in `torch.optim.AdamW`.
    """
    numbers = _numbers(t, hyper)
    m, v, x = {}, {}, {}
    for name, g in gradient.items():
        b1, rest1, b2, rest2, keep, rate, root, eps = numbers.to(g.dtype)
        m[name] = b1 * state["m"][name] + rest1 * g
        v[name] = b2 * state["v"][name] + rest2 * (g * g)
        x[name] = keep * params[name] - rate * (m[name] / (v[name].sqrt() * root + eps))
    return x, {"m": m, "v": v}


def _numbers(t: Tensor, hyper: dict[str, Tensor]) -> Tensor:
    """b1, 1 - b1, b2, 1 - b2, 1 - lr wd, lr / (1 - b1^t), 1 / sqrt(1 - b2^t), eps.

    One tensor: the compiler would otherwise work each of them out again for every parameter.
    """
    b1, b2, rate = hyper["beta1"], hyper["beta2"], hyper["learning_rate"]
    keep = 1 - rate * hyper["weight_decay"]
    return torch.stack([b1, 1 - b1, b2, 1 - b2, keep, rate / (1 - b1**t), (1 - b2**t).rsqrt(), hyper["eps"]])
