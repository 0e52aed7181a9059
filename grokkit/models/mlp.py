"""The multilayer perceptron: source A's on concatenated one-hot tokens, source B's on summed embeddings or pixels.

In the axes of this file: B examples, T positions, V tokens, C classes, F the width of a hidden layer (d_mlp). The
weights are W_E, `embedding` (V, d_model) where there is one, W_in, `layers.0`, and W_out, the last of `layers`.

What the engine trains gives the same logits from less arithmetic: `grokkit.models.shared`, compared with this in
float64.
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from grokkit.config.run import ModelConfig
from grokkit.errors import BadInput
from grokkit.models.activations import ACTIVATIONS
from grokkit.models.batch_norm import BatchNorm
from grokkit.models.dropout import Noise, dropper
from grokkit.tasks.task import Task

Activation = Literal[
    "relu",
    "relu^1.5",
    "relu^2",
    "relu^3",
    "square_above_1",
    "leaky_relu",
    "leaky_relu(0.1)",
    "gelu",
    "tanh",
    "quadratic",
]


class MLP(ModelConfig):
    """Defaults: source A's text (two hidden layers of 512, no normalisation).

    embedding: None for the concatenated one-hot tokens (T V inputs) or for numbers as they are (T inputs), or the
    width of a learned embedding U(-1/2, 1/2) whose vectors are summed over positions (source B's toy: 1).
    discarded_draw: whether the embedding is drawn as source B's code does, after N(0, 1) values that PyTorch makes for
    it and the code overwrites. They move every later draw of the same seed.
    activation: of the hidden layers, by its name in `grokkit.models.activations`; source A's Figure 9 tries several.
    batch_norm: whether each hidden layer is normalised over the batch before its activation (source A's code).
    dropout: share of each hidden layer's values that a training step drops, after the activation.
    """

    kind: Literal["mlp"] = "mlp"
    hidden: tuple[Annotated[int, Field(ge=1)], ...] = Field((512, 512), min_length=1)
    activation: Activation = "relu"
    embedding: int | None = Field(None, ge=1)
    discarded_draw: bool = False
    batch_norm: bool = False
    dropout: float = Field(0.0, ge=0, lt=1)

    @classmethod
    def toy(cls) -> MLP:
        """Source B's decoder 1-200-200-C with Tanh."""
        return cls(hidden=(200, 200), activation="tanh", embedding=1, discarded_draw=True)

    @classmethod
    def mnist(cls) -> MLP:
        """Source B's 784-200-200-10 with ReLU."""
        return cls(hidden=(200, 200))

    @model_validator(mode="after")
    def _draws_for_an_embedding(self) -> MLP:
        if self.discarded_draw and not self.embedding:
            raise BadInput("MLP discarded_draw: True came, and does nothing while embedding is None.")
        return self

    @property
    def mixes_examples(self) -> bool:
        return self.batch_norm

    @property
    def takes_numbers(self) -> bool:
        return self.embedding is None

    def build(self, task: Task) -> MLPModule:
        return MLPModule(self, task)


class MLPModule(nn.Module):
    """Tokens (B, T), or numbers (B, T) where there is no vocabulary, to logits (B, C)."""

    def __init__(self, config: MLP, task: Task) -> None:
        super().__init__()
        vocabulary, length = task.vocabulary, task.inputs.shape[1]
        self.vocabulary, self.activation = vocabulary, ACTIVATIONS[config.activation]
        self.dropout, self.takes_noise = config.dropout, config.dropout > 0
        if config.discarded_draw:
            torch.randn(vocabulary, config.embedding)
        self.embedding = nn.Parameter(torch.rand(vocabulary, config.embedding) - 0.5) if config.embedding else None
        widths = (config.embedding or length * (vocabulary or 1), *config.hidden, task.model_outputs)
        self.layers = nn.ModuleList(nn.Linear(i, o) for i, o in zip(widths, widths[1:], strict=False))
        self.norms = nn.ModuleList(BatchNorm(width) if config.batch_norm else nn.Identity() for width in config.hidden)

    def forward(self, inputs: Tensor, noise: Noise | None = None) -> Tensor:
        drop = dropper(noise, self.dropout)
        x = self.first(inputs)  # B F
        for norm, layer in zip(self.norms, self.layers[1:], strict=True):
            x = layer(drop(self.activation(norm(x))))
        return x  # B C

    def first(self, inputs: Tensor) -> Tensor:
        """The first layer of tokens or numbers: (B, T) -> (B, F)."""
        if self.embedding is not None:
            return self.layers[0](self.embedding[inputs].sum(1))
        x = inputs if self.vocabulary is None else self._one_hot(inputs).flatten(1)  # B TV
        return self.layers[0](x.to(self.layers[0].weight.dtype))

    def _one_hot(self, tokens: Tensor) -> Tensor:
        """(B, T) -> (B, T, V). PyTorch's own looks at the tokens' values, which a lifted step has not."""
        return tokens.unsqueeze(-1) == torch.arange(self.vocabulary, device=tokens.device)
