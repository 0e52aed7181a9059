"""AdamW with settings of its own for the encoder: source B's (and Liu et al. 2022's) decoder is swept beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

from pydantic import Field
from torch import Tensor

from grokkit.optimizers.adamw import AdamW, Params, adamw_update


class GroupedAdamW(AdamW):
    """AdamW in two groups: the parameters whose names begin with one of `ENCODER`, and the others, the decoder.

    learning_rate, weight_decay: of the decoder; a schedule changes this learning rate alone.
    encoder_learning_rate, encoder_weight_decay: of the encoder, by default those of source B's toy.
    beta1, beta2, eps: of both; source B leaves them at PyTorch's defaults.
    """

    ENCODER: ClassVar[tuple[str, ...]] = ("embedding",)

    kind: Literal["grouped_adamw"] = "grouped_adamw"
    encoder_learning_rate: float = Field(1e-3, ge=0)
    encoder_weight_decay: float = Field(0.0, ge=0)
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
        its_own = {name: hyper[f"encoder_{name}"] for name in ("learning_rate", "weight_decay")}
        return update_in_groups(cls.ENCODER, its_own, grad_of(params), params, state, t, hyper)


def update_in_groups(
    encoder_names: tuple[str, ...],
    its_own: dict[str, Tensor],
    gradient: Params,
    params: Params,
    state: dict[str, Params],
    t: Tensor,
    hyper: dict[str, Tensor],
) -> tuple[Params, dict[str, Params]]:
    """AdamW's step of both groups. encoder_names: what the names of its parameters begin with. its_own: settings that
    it has in place of the decoder's."""
    encoder = {name: g for name, g in gradient.items() if name.startswith(encoder_names)}
    decoder = {name: g for name, g in gradient.items() if name not in encoder}
    x, moments = adamw_update(encoder, params, state, t, hyper | its_own)
    y, others = adamw_update(decoder, params, state, t, hyper)
    joined = {name: moments[name] | others[name] for name in moments}
    return _ordered(params, x | y), {name: _ordered(params, each) for name, each in joined.items()}


def _ordered(params: Params, values: Params) -> Params:
    """The values in the order of the parameters: what is compiled is told apart by it."""
    return {name: values[name] for name in params}
