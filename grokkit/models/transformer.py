"""The decoder-only transformer of the grokking literature, its variants named by what they are.

Source A builds on a public re-implementation (pre-LayerNorm, GELU, learned positions, one-hot tokens of
width p + 2); Power et al. 2022 use post-LayerNorm, ReLU, sinusoidal positions and no biases in Linear
maps; Nanda et al. 2023 one layer without LayerNorm. Logits are read at the last position.

In the field's letters, as in TransformerLens:

    d_model   width         W_E    embedding, (V, d_model)          W_K    blocks.i.key
    n_heads   heads         W_pos  position, (T + 1, d_model)       W_V    blocks.i.value
    d_head    head_width    W_U    output, (C, d_model)             W_O    blocks.i.merge, (d_model, n_heads d_head)
    d_mlp     feed_forward  W_Q    blocks.i.query                   W_in, W_out   blocks.i.up, blocks.i.down

and in this file's axes: B examples, T positions, D = d_model, H = n_heads, K = d_head, V tokens, C classes.

Leaves out: losses at several positions, tied embeddings. What the engine trains gives the same logits from less
arithmetic: `grokkit.models.shared`, compared with this in float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from grokkit.config.run import ModelConfig
from grokkit.models.activations import ACTIVATIONS
from grokkit.models.dropout import Noise, dropper, unchanged
from grokkit.tasks.task import Task

Drop = Callable[[Tensor], Tensor]


class Transformer(ModelConfig):
    """Defaults: source A's model at the fixed width 128 with a learned embedding.

    width: D, or None for one-hot tokens (D = V, scaled by sqrt(D) as source A does).
    norm: where LayerNorm stands; "pre" has one more before the output.
    bias: which Linear maps have one. initial: "pytorch" (its defaults; N(0, 1) embeddings) or "normal"
    (N(0, 1/D) everywhere, biases zero: Nanda et al.).
    dropout: share of values that a training step drops where source A's code does: of the embedded tokens, the
    attention weights, both branches' outputs and the feed-forward's hidden layer. No prefixes are shared then.
    """

    kind: Literal["transformer"] = "transformer"
    layers: int = Field(2, ge=1)
    heads: int = Field(4, ge=1)
    head_width: int = Field(32, ge=1)
    width: int | None = Field(128, ge=1)
    feed_forward: int = Field(512, ge=1)
    activation: Literal["gelu", "relu"] = "gelu"
    norm: Literal["pre", "post", "none"] = "pre"
    positions: Literal["learned", "sinusoidal"] = "learned"
    bias: Literal["all", "feed_forward", "none"] = "all"
    initial: Literal["pytorch", "normal"] = "pytorch"
    dropout: float = Field(0.0, ge=0, lt=1)

    @classmethod
    def source_a(cls) -> Transformer:
        """As source A's code has it: tokens one-hot, so that the width is p + 2."""
        return cls(width=None)

    @classmethod
    def power(cls) -> Transformer:
        """Power et al. 2022."""
        return cls(activation="relu", norm="post", positions="sinusoidal", bias="none")

    @classmethod
    def nanda(cls) -> Transformer:
        """Nanda et al. 2023."""
        return cls(layers=1, activation="relu", norm="none", bias="feed_forward", initial="normal")

    def build(self, task: Task) -> TransformerModule:
        return TransformerModule(self, task)


class TransformerModule(nn.Module):
    """Tokens (B, T) to logits (B, C), every position computed for every example."""

    def __init__(self, config: Transformer, task: Task) -> None:
        super().__init__()
        length, vocabulary = task.inputs.shape[1], task.vocabulary
        self.dropout, self.takes_noise = config.dropout, config.dropout > 0
        self.width = config.width or vocabulary
        if config.width:
            self.embedding, self.scale = nn.Parameter(torch.randn(vocabulary, self.width)), 1.0
        else:
            self.register_buffer("embedding", torch.eye(vocabulary), persistent=False)
            self.scale = math.sqrt(self.width)
        if config.positions == "learned":
            # Source A allots 2n + 1 positions although a sum takes 2n: the last one only ever decays.
            self.position = nn.Parameter(torch.randn(length + 1, self.width))
        else:
            self.register_buffer("position", sinusoids(length, self.width), persistent=False)
        self.blocks = nn.ModuleList(Block(config, self.width) for _ in range(config.layers))
        self.norm = nn.LayerNorm(self.width) if config.norm == "pre" else nn.Identity()
        self.output = nn.Linear(self.width, task.model_outputs, bias=config.bias == "all")
        if config.initial == "normal":
            self._draw_normal()

    def _draw_normal(self) -> None:
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            else:
                nn.init.normal_(parameter, std=self.width**-0.5)

    def forward(self, tokens: Tensor, noise: Noise | None = None) -> Tensor:
        drop = dropper(noise, self.dropout)
        x = drop(self.embedding[tokens] * self.scale + self.position[: tokens.shape[1]])  # B T D
        for block in self.blocks:
            x = block(x, drop)
        return self.output(self.norm(x[:, -1]))  # B C


class Block(nn.Module):
    """Attention and feed-forward with their residuals: (B, T, D) -> (B, T, D)."""

    def __init__(self, config: Transformer, width: int) -> None:
        super().__init__()
        inner, biased = config.heads * config.head_width, config.bias == "all"
        self.query, self.key, self.value = (nn.Linear(width, inner, bias=biased) for _ in range(3))
        self.merge = nn.Linear(inner, width, bias=biased)
        self.up = nn.Linear(width, config.feed_forward, bias=config.bias != "none")
        self.down = nn.Linear(config.feed_forward, width, bias=config.bias != "none")
        normed = config.norm != "none"
        self.norm1, self.norm2 = (nn.LayerNorm(width) if normed else nn.Identity() for _ in range(2))
        self.norm_first, self.heads = config.norm == "pre", config.heads
        self.activation = ACTIVATIONS[config.activation]

    def forward(self, x: Tensor, drop: Drop = unchanged) -> Tensor:
        q, k, v = self.project(x)
        return self.finish(x, causal_attention(q, k, v, drop), drop)

    def project(self, x: Tensor) -> list[Tensor]:
        """Queries, keys and values: (..., D) -> 3 x (..., H, K)."""
        h = self.norm1(x) if self.norm_first else x
        return [linear(h).unflatten(-1, (self.heads, -1)) for linear in (self.query, self.key, self.value)]

    def finish(self, x: Tensor, mixed: Tensor, drop: Drop = unchanged) -> Tensor:
        """What follows attention: (..., D), (..., H, K) -> (..., D)."""
        if self.norm_first:
            x = x + drop(self.merge(mixed.flatten(-2)))
            return x + self._feed_forward(self.norm2(x), drop)
        x = self.norm1(x + drop(self.merge(mixed.flatten(-2))))
        return self.norm2(x + self._feed_forward(x, drop))

    def _feed_forward(self, x: Tensor, drop: Drop) -> Tensor:
        return drop(self.down(drop(self.activation(self.up(x)))))


def causal_attention(q: Tensor, k: Tensor, v: Tensor, drop: Drop = unchanged) -> Tensor:
    """Softmax attention in which a position sees itself and what is before it: 3 x (B, T, H, K) -> (B, T, H, K).

    Queries may be given of the last positions alone, and are then answered alone.
    """
    scores = torch.einsum("bqhk,bshk->bhqs", q, k) / math.sqrt(q.shape[-1])
    future = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).triu(1 + k.shape[1] - q.shape[1])
    weights = drop(scores.masked_fill(future, -math.inf).softmax(-1))
    return torch.einsum("bhqs,bshk->bqhk", weights, v)


def sinusoids(length: int, width: int) -> Tensor:
    """Vaswani et al. 2017, section 3.5: sines at even, cosines at odd coordinates, (T, D)."""
    coordinate = torch.arange(width)
    angle = torch.arange(length).unsqueeze(1) / 10_000 ** ((coordinate // 2 * 2) / width)
    return torch.where(coordinate % 2 == 0, angle.sin(), angle.cos())
