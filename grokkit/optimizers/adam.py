"""Adam (Kingma & Ba 2015, Algorithm 1), with coupled weight decay as in `torch.optim.Adam`."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from grokkit.config.optimizer import Named, Params
from grokkit.optimizers.adamw import AdamW


class Adam(AdamW):
    """AdamW but for its weight decay, which is coupled and by default 0; all other defaults are the same.

    weight_decay: the gradient gains this times the parameters, and with it both moments do.
    """

    kind: Literal["adam"] = "adam"
    weight_decay: float = Field(0.0, ge=0)

    @staticmethod
    def numbers(n: Named) -> Params:
        """AdamW's without decay."""
        return AdamW.numbers(n.but(weight_decay=torch.zeros_like(n.weight_decay)))

    @staticmethod
    def update(g: Tensor, x: Tensor, s: Named, n: Named) -> tuple[Tensor, Params]:
        """AdamW's along g + wd x."""
        return AdamW.update(g + n.weight_decay * x, x, s, n)
