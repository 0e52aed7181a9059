"""AdamW in two groups: an encoder with settings of its own, and a decoder that is swept beside it.

Source B (and Liu et al. 2022) has two such optimizers. They differ in what they call the encoder and in which settings
it has for itself: one code, two kinds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pydantic import Field

from grokkit.config.optimizer import Named, Params, States, update_each
from grokkit.optimizers.adamw import AdamW


class AdamWInGroups(AdamW):
    """What both have in common: each setting `encoder_...` holds in the encoder in place of the one without this
    beginning.

    encoder: beginnings of the names of the encoder's parameters; all others are the decoder's.
    encoder_learning_rate: by default source B's; a schedule changes the decoder's alone.
    beta1, beta2, eps: of both groups; source B leaves them at PyTorch's defaults.
    """

    encoder: tuple[str, ...]
    encoder_learning_rate: float = Field(1e-3, ge=0)
    beta2: float = Field(0.999, ge=0, lt=1)

    @classmethod
    def update_all(
        cls, grad_of: Callable[[Params], Params], params: Params, state: States, n: Named
    ) -> tuple[Params, States]:
        """One update of both groups along one gradient."""
        encoder, decoder = AdamW.at(n.but(**n.beginning("encoder_"))), AdamW.at(n)
        updates = {name: encoder if name.startswith(n.encoder) else decoder for name in params}
        return update_each(updates, grad_of(params), params, state)


class GroupedAdamW(AdamWInGroups):
    """Source B's toy: by default the embedding is the encoder, and has a weight decay of its own.

    learning_rate, weight_decay: of the decoder; a schedule changes this learning rate alone.
    encoder_learning_rate, encoder_weight_decay: of the encoder, by default those of source B's toy.
    beta1, beta2, eps: of both; source B leaves them at PyTorch's defaults.
    """

    kind: Literal["grouped_adamw"] = "grouped_adamw"
    encoder: tuple[str, ...] = ("embedding",)
    encoder_weight_decay: float = Field(0.0, ge=0)


class LayeredAdamW(AdamWInGroups):
    """Source B's MLP on MNIST: by default the first two of its three layers are the encoder.

    learning_rate: of the decoder; a schedule changes this one alone.
    encoder_learning_rate: of the encoder, by default source B's.
    weight_decay, beta1, beta2, eps: of both; source B leaves the last three at PyTorch's defaults.
    """

    kind: Literal["layered_adamw"] = "layered_adamw"
    encoder: tuple[str, ...] = ("layers.0.", "layers.1.")
