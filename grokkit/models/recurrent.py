"""Recurrent networks of one layer: Elman's (1990) and the LSTM (Hochreiter & Schmidhuber 1997), read at the last token.

Source A has an LSTM on one-hot tokens, source C an RNN and an LSTM on learned embeddings. Letters, gates and initial
weights are those of `nn.RNN` and `nn.LSTM`, of `nn.Embedding` before them and of `nn.Linear` after them.

Source A's LSTM is bidirectional, but at the last token its backward half has read that token alone, in one step from
the zero state. Sums end in "=", so it gives every example the same vector, a second bias of the output: the network
computes what its forward half does, and the recurrent weights and forget gate of the other have no gradient at all.

Dropout acts once, on the last state before the output. Source C does not say where its own acts; `nn.LSTM(dropout=...)`
would drop nothing here, since PyTorch applies it between layers and there is one.

Leaves out: several layers, outputs at other positions.
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from grokkit.config.run import ModelConfig
from grokkit.models.activations import ACTIVATIONS
from grokkit.models.dropout import Noise, dropper
from grokkit.tasks.task import Task


class RNN(ModelConfig):
    """Elman's network; the defaults are source C's.

    hidden: F, width of the state.
    embedding: D, width of a learned embedding N(0, 1), or None for one-hot tokens (D = V).
    bidirectional: whether a second cell reads backwards; the output then has 2F inputs.
    activation: what makes the state.
    dropout: share of the last state's values that a training step drops.
    """

    kind: Literal["rnn"] = "rnn"
    hidden: int = Field(128, ge=1)
    embedding: int | None = Field(128, ge=1)
    bidirectional: bool = False
    activation: Literal["tanh", "relu"] = "tanh"
    dropout: float = Field(0.0, ge=0, lt=1)

    @classmethod
    def source_c(cls) -> RNN:
        """Source C's: embedding and hidden state 128 wide, tanh."""
        return cls()

    def build(self, task: Task) -> RecurrentModule:
        return RecurrentModule(self, task)

    def cell(self, width: int) -> ElmanCell:
        """A cell that reads rows of that width."""
        return ElmanCell(width, self.hidden, self.activation)


class LSTM(ModelConfig):
    """Long short-term memory; the defaults are source C's.

    hidden: F, width of the state and of the memory.
    embedding: D, width of a learned embedding N(0, 1), or None for one-hot tokens (D = V).
    bidirectional: whether a second cell reads backwards; the output then has 2F inputs.
    dropout: share of the last state's values that a training step drops.
    """

    kind: Literal["lstm"] = "lstm"
    hidden: int = Field(128, ge=1)
    embedding: int | None = Field(128, ge=1)
    bidirectional: bool = False
    dropout: float = Field(0.0, ge=0, lt=1)

    @classmethod
    def source_a(cls) -> LSTM:
        """As source A's code has it: one-hot tokens, 512 wide, two directions."""
        return cls(hidden=512, embedding=None, bidirectional=True)

    @classmethod
    def source_c(cls) -> LSTM:
        """Source C's: embedding and hidden state 128 wide."""
        return cls()

    def build(self, task: Task) -> RecurrentModule:
        return RecurrentModule(self, task)

    def cell(self, width: int) -> LSTMCell:
        """A cell that reads rows of that width."""
        return LSTMCell(width, self.hidden)


class RecurrentModule(nn.Module):
    """Tokens (B, T) to logits (B, C), every position computed for every example.

    Letters: B examples, T tokens each, D wide rows, F wide states, C classes.
    """

    def __init__(self, config: RNN | LSTM, task: Task) -> None:
        super().__init__()
        self.vocabulary, self.hidden, self.dropout = task.vocabulary, config.hidden, config.dropout
        self.takes_noise = config.dropout > 0
        width = config.embedding or task.vocabulary
        self.embedding = nn.Parameter(torch.randn(task.vocabulary, width)) if config.embedding else None
        self.ahead = config.cell(width)
        self.back = config.cell(width) if config.bidirectional else None
        self.output = nn.Linear(config.hidden * (2 if config.bidirectional else 1), task.model_outputs)

    def forward(self, tokens: Tensor, noise: Noise | None = None) -> Tensor:
        x = self.embedded(tokens)  # B T D
        zero = x.new_zeros(len(x), self.hidden)
        h, memory = zero, []  # B F
        for t in range(x.shape[1]):
            h, *memory = self.ahead.update(self.ahead.read(x[:, t]) + self.ahead.recur(h), *memory)
        if self.back:
            last = self.back.read(x[:, -1]) + self.back.recur(zero)
            h = torch.cat([h, self.back.update(last)[0]], 1)  # B 2F
        return self.output(dropper(noise, self.dropout)(h))  # B C

    def embedded(self, tokens: Tensor) -> Tensor:
        """What stands for the tokens: (B, T) -> (B, T, D)."""
        if self.embedding is not None:
            return self.embedding[tokens]
        return F.one_hot(tokens, self.vocabulary).to(self.output.weight.dtype)


class Cell(nn.Module):
    """The weights of one direction, G gates of F rows, drawn from U(-1/sqrt(F), 1/sqrt(F))."""

    def __init__(self, gates: int, width: int, hidden: int) -> None:
        super().__init__()
        shapes = {"weight_ih": (width,), "weight_hh": (hidden,), "bias_ih": (), "bias_hh": ()}
        for name, shape in shapes.items():
            drawn = torch.empty(gates * hidden, *shape).uniform_(-(hidden**-0.5), hidden**-0.5)
            self.register_parameter(name, nn.Parameter(drawn))

    def read(self, x: Tensor) -> Tensor:
        """What the rows contribute to the gates, both biases with them: (M, D) -> (M, G F)."""
        return x @ self.weight_ih.t() + (self.bias_ih + self.bias_hh)

    def recur(self, h: Tensor) -> Tensor:
        """What the state contributes to the gates: (M, F) -> (M, G F)."""
        return h @ self.weight_hh.t()


class ElmanCell(Cell):
    """h = tanh(W_ih x + b_ih + W_hh h + b_hh)."""

    def __init__(self, width: int, hidden: int, activation: str) -> None:
        super().__init__(1, width, hidden)
        self.activation = ACTIVATIONS[activation]

    def update(self, gates: Tensor) -> tuple[Tensor]:
        """The next state, (M, F), from the one gate."""
        return (self.activation(gates),)


class LSTMCell(Cell):
    """c = f c + i g and h = o tanh(c), with i, f, o = sigmoid(...), g = tanh(...) of the four gates."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__(4, width, hidden)

    def update(self, gates: Tensor, memory: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The next state and memory (M, F) from the gates (M, 4F); without a memory it was zero."""
        i, f, g, o = gates.chunk(4, -1)
        new = i.sigmoid() * g.tanh()
        c = new if memory is None else f.sigmoid() * memory + new
        return o.sigmoid() * c.tanh(), c
