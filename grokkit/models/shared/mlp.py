"""The MLP's first layer without products with one-hot rows: rows of its weights are picked and added up."""

from __future__ import annotations

import torch
from torch import Tensor

from grokkit.models.mlp import MLP, MLPModule
from grokkit.models.shared.prefixes import Nodes
from grokkit.models.shared.rows import SumOfRows, one_hot
from grokkit.tasks.task import Task


class SharedMLP(MLPModule):
    """The `Nodes` of a batch, or numbers (B, T) where there is no vocabulary, to logits (B, C)."""

    def __init__(self, config: MLP, task: Task) -> None:
        super().__init__(config, task)
        self.takes_nodes = self.vocabulary is not None

    def first(self, batch: Tensor | Nodes) -> Tensor:
        """The first layer of the batch, (B, F)."""
        return self.first_of_nodes(batch) if isinstance(batch, Nodes) else super().first(batch)

    def first_of_nodes(self, nodes: Nodes) -> Tensor:
        """The same from rows that are picked, except where an embedding's products are too narrow to cost anything.

        Positions at which all examples have the same token are added once.
        """
        if self.embedding is not None:
            tables = [self.embedding] * len(nodes.levels)  # V 1 each
        else:
            tables = list(self.layers[0].weight.t().split(self.vocabulary))  # V F each
        fixed = [
            table[level.symbols] for table, level in zip(tables, nodes.levels, strict=True) if len(level.symbols) == 1
        ]
        varying = [t for t, level in enumerate(nodes.levels) if len(level.symbols) > 1]
        tokens = torch.stack([nodes.levels[t].symbols[nodes.example_symbol[t]] for t in varying])
        chosen = torch.cat([tables[t] for t in varying])
        if self.embedding is not None:
            return self.layers[0](one_hot(tokens, self.vocabulary, chosen.dtype) @ chosen + sum(fixed))
        return SumOfRows.apply(chosen, tokens) + sum(fixed) + self.layers[0].bias
