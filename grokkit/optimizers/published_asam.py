"""What source A published under the name ASAM: on its networks AdamW, since it takes no second gradient.

What it adds there is less than what float32 rounds away. Of a few parameters none is small enough for that, and it can
diverge. Its learning rate is not warmed up: source A's schedule reaches the wrapper and not the AdamW inside. A run
says so by `Schedule()`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from grokkit.config.optimizer import Named, Params, States, update_each
from grokkit.metrics import l2_norm
from grokkit.optimizers.adamw import AdamW


class PublishedASAM(AdamW):
    """Climbs, takes AdamW's step along the gradient from before the climb, and climbs down again.

    rho: its quotient with |g / x| scales the climb; the smallest parameter makes that norm large and the climb short
    (source A: 1).

    **Deviation**: where a parameter and its gradient are both zero, that norm is NaN in the source; here they add zero.
    """

    kind: Literal["published_asam"] = "published_asam"
    rho: float = Field(1.0, ge=0)
    gradients_per_step: ClassVar[int] = 1

    @classmethod
    def update_all(
        cls, grad_of: Callable[[Params], Params], params: Params, state: States, n: Named
    ) -> tuple[Params, States]:
        """y <- AdamW's step from x + s |x| g along g,  x <- y - s |y| g,  where s = rho / |g / x|."""
        gradient = grad_of(params)
        scale = climb_scale(params, gradient, n.rho)
        climbed = {name: x + scale * x.abs() * gradient[name] for name, x in params.items()}
        after, state = update_each(cls.at(n), gradient, climbed, state)
        return {name: y - scale * y.abs() * gradient[name] for name, y in after.items()}, state


def climb_scale(params: Params, gradient: Params, rho: Tensor) -> Tensor:
    """rho / |g / x|: zero as soon as one parameter is zero and its gradient is not."""
    norm = l2_norm({name: torch.where(g == 0, 0.0, g / params[name].abs()) for name, g in gradient.items()})
    return rho.to(norm.dtype) / (norm + 1e-12)
