"""AdamW on a sphere: after every step all parameters are scaled back to the norm that they began with.

Liu et al. 2023 ("Omnigrok") train so to see what a network does at one norm of its weights, without weight decay.

**Deviation**: their code counts the first matrix twice in that norm.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from pydantic import Field

from grokkit.config.optimizer import Named, Params, States
from grokkit.metrics import l2_norm
from grokkit.optimizers.adamw import AdamW


class ClampedAdamW(AdamW):
    """AdamW whose steps never change the Euclidean norm of all parameters together.

    The norm that is held is the initial one, so `Run.init_scale` chooses it.

    weight_decay: 0 by default; what it takes off the norm is given back.
    """

    kind: Literal["clamped_adamw"] = "clamped_adamw"
    weight_decay: float = Field(0.0, ge=0)

    @classmethod
    def start_all(cls, params: Params, n: Named) -> States:
        """Both moments, zero, and the norm to hold, which stands with the first parameter."""
        return super().start_all(params, n) | {"norm": {next(iter(params)): l2_norm(params)}}

    @classmethod
    def update_all(
        cls, grad_of: Callable[[Params], Params], params: Params, state: States, n: Named
    ) -> tuple[Params, States]:
        """AdamW's step, then x <- |x_0| / |x| x, with norms over all parameters."""
        x, moments = super().update_all(grad_of, params, state, n)
        [held] = state["norm"].values()
        factor = held / l2_norm(x).clamp_min(torch.finfo(held.dtype).tiny)  # a network of zeros stays one
        return {name: factor * each for name, each in x.items()}, moments | {"norm": state["norm"]}
