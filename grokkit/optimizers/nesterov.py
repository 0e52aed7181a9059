"""Nesterov's accelerated gradient (Nesterov 1983; Sutskever et al. 2013) as `torch.optim.SGD` writes it.

The parameters are those of the point ahead, where the gradient is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pydantic import Field
from torch import Tensor

from grokkit.optimizers.sgd import SGD, Params, descent_numbers


class Nesterov(SGD):
    """Descent along the gradient and the velocity it gave; without momentum that is SGD.

    momentum: what the velocity keeps, per step (source A's 0.99; PyTorch has no default).
    """

    kind: Literal["nesterov"] = "nesterov"
    momentum: float = Field(0.99, ge=0, lt=1)

    @staticmethod
    def step(
        grad_of: Callable[[Params], Params],
        params: Params,
        state: dict[str, Params],
        t: Tensor,
        hyper: dict[str, Tensor],
    ) -> tuple[Params, dict[str, Params]]:
        """g <- g + wd x,  v <- mu v + g,  x <- x - lr (g + mu v)"""
        numbers = descent_numbers(hyper)
        v, x = {}, {}
        for name, g in grad_of(params).items():
            rate, mu, decay = numbers.to(g.dtype)
            decayed = g + decay * params[name]
            v[name] = mu * state["v"][name] + decayed
            x[name] = params[name] - rate * (decayed + mu * v[name])
        return x, {"v": v}
