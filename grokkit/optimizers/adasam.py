"""AdaSAM (Sun et al. 2023, Algorithm 1) as source A prints it, also as Algorithm 1: SAM's gradient in AMSGrad's step.

The start of v is not printed; here it is zero.
"""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from grokkit.config.optimizer import Named, Params
from grokkit.optimizers.sam import SAM


class AdaSAM(SAM):
    """Nothing corrects the start of the moments, and the second one's maximum divides.

    rho: Euclidean radius of the neighbourhood in which the gradient is taken; source A names none.
    weight_decay: as AdamW's. As printed there is none, hence 0.
    eps: the least divisor, in units of the gradient; "a small positive scalar" in both papers, here Adam's.
    """

    kind: Literal["adasam"] = "adasam"
    weight_decay: float = Field(0.0, ge=0)

    @staticmethod
    def start(x: Tensor, n: Named) -> Params:
        """First moment, second moment and its maximum so far, zero; the maximum starts at eps^2 where it is used."""
        return {part: torch.zeros_like(x) for part in ("m", "v", "highest")}

    @staticmethod
    def numbers(n: Named) -> Params:
        return {
            "b1": n.beta1,
            "rest1": 1 - n.beta1,
            "b2": n.beta2,
            "rest2": 1 - n.beta2,
            "keep": 1 - n.learning_rate * n.weight_decay,
            "rate": n.learning_rate,
            "least": n.eps**2,
        }

    @staticmethod
    def update(g: Tensor, x: Tensor, s: Named, n: Named) -> tuple[Tensor, Params]:
        """m <- b1 m + (1 - b1) g,  v <- b2 v + (1 - b2) g^2,  w <- max(w, v),  x <- (1 - lr wd) x - lr m / sqrt(w)"""
        m = n.b1 * s.m + n.rest1 * g
        v = n.b2 * s.v + n.rest2 * (g * g)
        highest = torch.maximum(torch.maximum(s.highest, v), n.least)
        return n.keep * x - n.rate * (m / highest.sqrt()), {"m": m, "v": v, "highest": highest}
