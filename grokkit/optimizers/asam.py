"""Adaptive sharpness-aware minimisation (Kwon et al. 2021, Algorithm 1) with AdamW as its base optimizer.

Leaves out scales other than the element-wise one. Every parameter has its own, as printed; the authors' code leaves
out those that are not called a weight.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pydantic import Field

from grokkit.config.optimizer import Named, Params, States, update_each
from grokkit.optimizers.sam import SAM, ascend


class ASAM(SAM):
    """SAM whose neighbourhood is as wide in each direction as that parameter is large.

    rho: radius of the neighbourhood, in parameters over their own size (0.5 in the paper).
    eta: added to each parameter's size (0.01 in the paper).
    """

    kind: Literal["asam"] = "asam"
    rho: float = Field(0.5, ge=0)
    eta: float = Field(0.01, ge=0)

    @classmethod
    def update_all(
        cls, grad_of: Callable[[Params], Params], params: Params, state: States, n: Named
    ) -> tuple[Params, States]:
        """AdamW's update along the gradient at x + rho T^2 g / |T g|, where T = |x| + eta."""
        sizes = {name: x.abs() + n.eta.to(x.dtype) for name, x in params.items()}
        scaled = {name: sizes[name] * g for name, g in grad_of(params).items()}
        return update_each(cls.at(n), grad_of(ascend(params, scaled, n.rho, sizes)), params, state)
