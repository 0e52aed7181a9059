"""AdamW in two groups: an encoder with settings of its own, and a decoder that is swept beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from pydantic import Field
from torch import Tensor

from grokkit.optimizers.adamw import AdamW, Params, adamw_update


class AdamWInGroups(AdamW):
    """What source B's two optimizers have in common. The encoder is the parameters whose names begin with one of
    `ENCODER`; each setting `encoder_...` holds there in place of the one without this beginning.

    encoder_learning_rate: by default source B's; a schedule changes the decoder's alone.
    beta1, beta2, eps: of both groups; source B leaves them at PyTorch's defaults.
    """

    ENCODER: ClassVar[tuple[str, ...]]

    encoder_learning_rate: float = Field(1e-3, ge=0)
    beta2: float = Field(0.999, ge=0, lt=1)

    @classmethod
    def step(
        cls,
        grad_of: Callable[[Params], Params],
        params: Params,
        state: dict[str, Params],
        t: Tensor,
        hyper: dict[str, Tensor],
    ) -> tuple[Params, dict[str, Params]]:
        """One update of both groups along one gradient; `t` counts from 1."""
        gradient = grad_of(params)
        encoder = {name: g for name, g in gradient.items() if name.startswith(cls.ENCODER)}
        decoder = {name: g for name, g in gradient.items() if name not in encoder}
        its_own = {name.removeprefix("encoder_"): x for name, x in hyper.items() if name.startswith("encoder_")}
        x, moments = adamw_update(encoder, params, state, t, hyper | its_own)
        y, others = adamw_update(decoder, params, state, t, hyper)
        joined = {name: moments[name] | others[name] for name in moments}
        return _ordered(params, x | y), {name: _ordered(params, each) for name, each in joined.items()}


def _ordered(params: Params, values: Params) -> Params:
    """The values in the order of the parameters: what is compiled is told apart by it."""
    return {name: values[name] for name in params}
