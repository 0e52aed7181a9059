"""AdamW with settings of its own for the embedding: source B's (and Liu et al. 2022's) toy."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from grokkit.optimizers.adamw_in_groups import AdamWInGroups


class GroupedAdamW(AdamWInGroups):
    """AdamW in two groups: the embedding, the encoder, and all else, the decoder.

    learning_rate, weight_decay: of the decoder; a schedule changes this learning rate alone.
    encoder_learning_rate, encoder_weight_decay: of the encoder, by default those of source B's toy.
    beta1, beta2, eps: of both; source B leaves them at PyTorch's defaults.
    """

    ENCODER: ClassVar[tuple[str, ...]] = ("embedding",)

    kind: Literal["grouped_adamw"] = "grouped_adamw"
    encoder_weight_decay: float = Field(0.0, ge=0)
