"""Adaptive sharpness-aware minimisation (Kwon et al. 2021, Algorithm 1) with AdamW as its base optimizer.

Leaves out scales other than the element-wise one. Every parameter has its own, as printed; the authors' code leaves
out those that are not called a weight.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pydantic import Field
from torch import Tensor

from grokkit.optimizers.adamw import Params, adamw_update
from grokkit.optimizers.sam import SAM, ascend


class ASAM(SAM):
    """SAM whose neighbourhood is as wide in each direction as that parameter is large.

    rho: radius of the neighbourhood, in parameters over their own size (0.5 in the paper).
    eta: added to each parameter's size (0.01 in the paper).
    """

    kind: Literal["asam"] = "asam"
    rho: float = Field(0.5, ge=0)
    eta: float = Field(0.01, ge=0)

    @staticmethod
    def step(
        grad_of: Callable[[Params], Params],
        params: Params,
        state: dict[str, Params],
        t: Tensor,
        hyper: dict[str, Tensor],
    ) -> tuple[Params, dict[str, Params]]:
        """AdamW along the gradient at x + rho T^2 g / |T g|, where T = |x| + eta."""
        sizes = {name: x.abs() + hyper["eta"].to(x.dtype) for name, x in params.items()}
        scaled = {name: sizes[name] * g for name, g in grad_of(params).items()}
        return adamw_update(grad_of(ascend(params, scaled, hyper["rho"], sizes)), params, state, t, hyper)
