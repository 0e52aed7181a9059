"""Recurrent networks on prefixes: the state after "a +" is computed once for all examples that begin so."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from grokkit.models.dropout import Noise, dropper, unchanged
from grokkit.models.recurrent import Cell, RecurrentModule
from grokkit.models.shared.prefixes import Level, Nodes
from grokkit.models.shared.rows import take


class SharedRecurrent(RecurrentModule):
    """Tokens (B, T), or the `Nodes` of a batch, to logits (B, C)."""

    takes_nodes = True

    def forward(self, batch: Tensor | Nodes, noise: Noise | None = None) -> Tensor:
        return self.forward_nodes(batch, noise) if isinstance(batch, Nodes) else super().forward(batch, noise)

    def forward_nodes(self, nodes: Nodes, noise: Noise | None = None) -> Tensor:
        """The same numbers, each computed once: see `grokkit.models.shared.prefixes`.

        What a cell reads depends on the token alone, and what it makes of its state on the prefix alone: one row
        per token and one per node, then spread over the nodes that follow. The first step has no state.
        """
        rows = self._read_levels(self.ahead, nodes.levels)
        h, *memory = self.ahead.update(rows[0])  # M F
        for before, level, row in zip(nodes.levels, nodes.levels[1:], rows[1:], strict=False):
            recurrent, *memory = (take(x, _parent(before, level)) for x in (self.ahead.recur(h), *memory))
            h, *memory = self.ahead.update(row + recurrent, *memory)
        return self._read_out(h, nodes.levels[-1], dropper(noise, self.dropout))

    def _read_out(self, h: Tensor, last: Level, drop: Callable[[Tensor], Tensor]) -> Tensor:
        """The output; what its backward half adds is one row where all examples end in the same token."""
        if not self.back:
            return self.output(drop(h))
        [row] = self._read_levels(self.back, [last])
        state = self.back.update(row)[0]
        if drop is not unchanged:  # each example drops its own
            return self.output(drop(torch.cat([h, state.expand(len(h), -1)], 1)))
        ahead, back = self.output.weight.split(self.hidden, 1)  # C F each
        return h @ ahead.t() + (state @ back.t() + self.output.bias)

    def _read_levels(self, cell: Cell, levels: list[Level]) -> list[Tensor]:
        """What the cell reads at the nodes, or once where all end in the same token: (M, G F) or (1, G F) each."""
        tokens = [level.symbols if len(level.symbols) == 1 else level.symbols[level.symbol] for level in levels]
        sizes = [len(token) for token in tokens]
        if self.embedding is not None and sum(sizes) < self.vocabulary:
            return list(cell.read(take(self.embedding, torch.cat(tokens))).split(sizes))
        table = _read_one_hot(cell) if self.embedding is None else cell.read(self.embedding)  # V GF
        return [take(table, token) for token in tokens]


def _read_one_hot(cell: Cell) -> Tensor:
    """What the cell reads at every one-hot row: (V, G F)."""
    return cell.weight_ih.t() + (cell.bias_ih + cell.bias_hh)


def _parent(before: Level, level: Level) -> Tensor | None:
    """(M,) the node of the level before that each node continues; None if it has the same number.

    Two levels of equally many shared nodes number them alike, since both follow the order of their prefixes.
    """
    return None if len(before.symbol) == len(level.symbol) else level.ancestors[-1]
