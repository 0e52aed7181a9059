"""Adam (Kingma & Ba 2015, Algorithm 1), with coupled weight decay as in `torch.optim.Adam`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from grokkit.optimizers.adamw import AdamW, Params, adamw_update


class Adam(AdamW):
    """AdamW but for its weight decay, which is coupled and by default 0; all other defaults are the same.

    weight_decay: the gradient gains this times the parameters, and with it both moments do.
    """

    kind: Literal["adam"] = "adam"
    weight_decay: float = Field(0.0, ge=0)

    @staticmethod
    def step(
        grad_of: Callable[[Params], Params],
        params: Params,
        state: dict[str, Params],
        t: Tensor,
        hyper: dict[str, Tensor],
    ) -> tuple[Params, dict[str, Params]]:
        """AdamW without decay along g + wd x."""
        decay = hyper["weight_decay"]
        decayed = {name: g + decay.to(g.dtype) * params[name] for name, g in grad_of(params).items()}
        return adamw_update(decayed, params, state, t, {**hyper, "weight_decay": torch.zeros_like(decay)})
