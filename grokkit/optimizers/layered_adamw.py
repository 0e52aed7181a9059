"""AdamW with a learning rate of its own for the last of three layers: source B's (and Liu et al. 2022's) on MNIST."""

from __future__ import annotations

from typing import ClassVar, Literal

from grokkit.optimizers.adamw_in_groups import AdamWInGroups


class LayeredAdamW(AdamWInGroups):
    """AdamW in two groups: the first two layers of an MLP, the encoder, and what comes after them, the decoder.

    learning_rate: of the decoder; a schedule changes this one alone.
    encoder_learning_rate: of the encoder, by default source B's.
    weight_decay, beta1, beta2, eps: of both; source B leaves the last three at PyTorch's defaults.
    """

    ENCODER: ClassVar[tuple[str, ...]] = ("layers.0.", "layers.1.")

    kind: Literal["layered_adamw"] = "layered_adamw"
