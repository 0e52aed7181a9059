"""The transformer's logits from less arithmetic: prefixes computed once, the last block only where logits are read.

Every position depends on its prefix alone, and before any attention on its token alone (`grokkit.models.shared.
prefixes`). Under dropout positions with equal prefixes must differ, so that of the savings only the last remains, and
the masks of the last block are drawn for what it computes.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from grokkit.models.dropout import Noise, dropper
from grokkit.models.shared.prefixes import Level, Nodes
from grokkit.models.transformer import Block, Transformer, TransformerModule, causal_attention
from grokkit.tasks.task import Task

Levels = list[Tensor]
"""One tensor for each position, of its nodes or of its distinct tokens."""


class SharedTransformer(TransformerModule):
    """The `Nodes` of a batch, or under dropout tokens (B, T), to logits (B, C)."""

    def __init__(self, config: Transformer, task: Task) -> None:
        super().__init__(config, task)
        self.takes_nodes = not self.takes_noise

    def forward(self, batch: Tensor | Nodes, noise: Noise | None = None) -> Tensor:
        return self.forward_nodes(batch) if isinstance(batch, Nodes) else self.forward_tokens(batch, noise)

    def forward_tokens(self, tokens: Tensor, noise: Noise | None = None) -> Tensor:
        """The plain forward, its last block finished only where the logits are read."""
        drop = dropper(noise, self.dropout)
        x = drop(self.embedding[tokens] * self.scale + self.position[: tokens.shape[1]])  # B T D
        for block in self.blocks:
            q, k, v = block.project(x)  # B T H K
            if block is self.blocks[-1]:
                x, q = x[:, -1:], q[:, -1:]  # B 1 ...
            x = block.finish(x, causal_attention(q, k, v, drop), drop)
        return self.output(self.norm(x[:, -1]))  # B C

    def forward_nodes(self, nodes: Nodes) -> Tensor:
        """The plain forward, each number computed once.

        The first block's projections are made per distinct token of a position and then spread over the nodes.
        """
        levels = nodes.levels
        rows = [
            self.embedding[level.symbols] * self.scale + self.position[t] for t, level in enumerate(levels)
        ]  # S D each
        q, k, v = project(self.blocks[0], rows)
        x, q, k, v = ([_spread(level, z) for level, z in zip(levels, zs, strict=True)] for zs in (rows, q, k, v))
        for block, after in zip(self.blocks, [*self.blocks[1:], None], strict=True):
            needed = levels if after else levels[-1:]
            x, q = x[-len(needed) :], q[-len(needed) :]
            mixed = [trie_attention(level, qt, k, v) for level, qt in zip(needed, q, strict=True)]
            x = finish(block, x, mixed)
            if after:
                q, k, v = project(after, x, last_only=after is self.blocks[-1])
        return self.output(self.norm(x[-1]))  # B C


def project(block: Block, x: Levels, last_only: bool = False) -> tuple[Levels, Levels, Levels]:
    """Queries, keys and values of several levels in one product each: (M, D) each -> 3 x (M, H, K) each.

    last_only: whether queries are made of the last level alone.
    """
    sizes, together = [len(level) for level in x], torch.cat(x)
    h = block.norm1(together) if block.norm_first else together
    k, v = (_by_head(block, linear(h)).split(sizes) for linear in (block.key, block.value))
    asking = sizes[-1:] if last_only else sizes
    q = _by_head(block, block.query(h[-sum(asking) :])).split(asking)
    return list(q), list(k), list(v)


def _by_head(block: Block, x: Tensor) -> Tensor:
    return x.unflatten(-1, (block.heads, -1))  # M H K


def finish(block: Block, x: Levels, mixed: Levels) -> Levels:
    """What follows attention, over several levels in one product each."""
    return list(block.finish(torch.cat(x), torch.cat(mixed)).split([len(level) for level in x]))


def trie_attention(level: Level, q: Tensor, k: Levels, v: Levels) -> Tensor:
    """Causal attention for the nodes of one level, which see their ancestors and themselves: (M, H, K)."""
    ancestors = [*level.ancestors, None]
    keys = [_take(k[t], node) for t, node in enumerate(ancestors)]
    values = [_take(v[t], node) for t, node in enumerate(ancestors)]
    scores = torch.stack([(q * key).sum(-1) for key in keys], -1) / math.sqrt(q.shape[-1])  # M H T
    weights = scores.softmax(-1).unsqueeze(-1)  # M H T 1
    return sum(weights[..., t, :] * value for t, value in enumerate(values))


def _take(x: Tensor, node: Tensor | None) -> Tensor:
    return x if node is None else x[node]


def _spread(level: Level, rows: Tensor) -> Tensor:
    """One row per distinct token -> one per node: (S, ...) -> (M, ...)."""
    n = len(level.symbol)
    return rows.expand(n, *rows.shape[1:]) if len(rows) == 1 else rows[level.symbol]
