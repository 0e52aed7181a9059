"""AdaSAM (Sun et al. 2023, Algorithm 1) as source A prints it, also as Algorithm 1: SAM's gradient in AMSGrad's step.

The start of v is not printed; here it is zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from grokkit.optimizers.adamw import Params
from grokkit.optimizers.sam import SAM, ascend


class AdaSAM(SAM):
    """Nothing corrects the start of the moments, and the second one's maximum divides.

    rho: Euclidean radius of the neighbourhood in which the gradient is taken; source A names none.
    weight_decay: as AdamW's. As printed there is none, hence 0.
    eps: the least divisor, in units of the gradient; "a small positive scalar" in both papers, here Adam's.
    """

    kind: Literal["adasam"] = "adasam"
    weight_decay: float = Field(0.0, ge=0)

    @staticmethod
    def init(params: Params) -> dict[str, Params]:
        """First moment, second moment and its maximum so far, zero; the maximum starts at eps^2 where it is used."""
        return {part: {name: torch.zeros_like(x) for name, x in params.items()} for part in ("m", "v", "highest")}

    @staticmethod
    def step(
        grad_of: Callable[[Params], Params],
        params: Params,
        state: dict[str, Params],
        t: Tensor,
        hyper: dict[str, Tensor],
    ) -> tuple[Params, dict[str, Params]]:
        """With g the gradient at x + rho s / |s|, where s is that at x:

        m <- b1 m + (1 - b1) g,  v <- b2 v + (1 - b2) g^2,  w <- max(w, v),  x <- (1 - lr wd) x - lr m / sqrt(w)
        """
        numbers = _numbers(hyper)
        m, v, highest, x = {}, {}, {}, {}
        for name, g in grad_of(ascend(params, grad_of(params), hyper["rho"])).items():
            b1, rest1, b2, rest2, keep, rate, least = numbers.to(g.dtype)
            m[name] = b1 * state["m"][name] + rest1 * g
            v[name] = b2 * state["v"][name] + rest2 * (g * g)
            highest[name] = torch.maximum(torch.maximum(state["highest"][name], v[name]), least)
            x[name] = keep * params[name] - rate * (m[name] / highest[name].sqrt())
        return x, {"m": m, "v": v, "highest": highest}


def _numbers(hyper: dict[str, Tensor]) -> Tensor:
    """b1, 1 - b1, b2, 1 - b2, 1 - lr wd, lr, eps^2."""
    b1, b2, rate = hyper["beta1"], hyper["beta2"], hyper["learning_rate"]
    keep = 1 - rate * hyper["weight_decay"]
    return torch.stack([b1, 1 - b1, b2, 1 - b2, keep, rate, hyper["eps"] ** 2])
