"""AdamW with a learning rate of its own for the last of three layers: source B's (and Liu et al. 2022's) on MNIST."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

from pydantic import Field
from torch import Tensor

from grokkit.optimizers.adamw import AdamW, Params
from grokkit.optimizers.grouped_adamw import update_in_groups


class LayeredAdamW(AdamW):
    """AdamW in two groups: the first two layers of an MLP, the encoder, and what comes after them, the decoder.

    learning_rate: of the decoder; a schedule changes this one alone.
    encoder_learning_rate: of the encoder, by default source B's.
    weight_decay, beta1, beta2, eps: of both; source B leaves the last three at PyTorch's defaults.
    """

    ENCODER: ClassVar[tuple[str, ...]] = ("layers.0.", "layers.1.")

    kind: Literal["layered_adamw"] = "layered_adamw"
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
        its_own = {"learning_rate": hyper["encoder_learning_rate"]}
        return update_in_groups(cls.ENCODER, its_own, grad_of(params), params, state, t, hyper)
