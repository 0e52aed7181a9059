"""Shared prefixes: what a causal model must compute only once over a table of short token sequences.

In a causal model a position depends on its prefix alone, so over a table the distinct prefixes form a
trie. Most rows of p^2 sums share their first numbers: with p = 97 the 9,409 sums have 97 distinct first
positions. Before any attention a position depends on even less, its own token. Both savings are exact;
the tests compare them with the plain forward in float64. They do not apply where positions with equal
prefixes must differ (dropout).

Gather with `x[index]`, never with `x.index_select(0, index)`: compiled under `vmap`, PyTorch 2.13 gives the
latter a wrong gradient where the index is shared by all runs (a test in `tests/engine/test_engine.py` catches it).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Level(NamedTuple):
    """The nodes at one position of a batch: M of them, one per distinct prefix or, if those are more, per example.

    symbols: (S,) the distinct tokens that occur at this position.
    symbol: (M,) which of them each node ends in.
    ancestors: for every earlier position, (M,) the node that is this node's prefix there; None if it has the
    same index.
    """

    symbols: Tensor
    symbol: Tensor
    ancestors: list[Tensor | None]


class Nodes(NamedTuple):
    """A batch of B examples as its levels, position by position; the last level has one node per example.

    example_symbol: per position, (B,) which of that level's symbols each example has there.
    """

    levels: list[Level]
    example_symbol: list[Tensor]


class Prefixes:
    """The trie of a table of tokens (N, T), made once per task."""

    def __init__(self, tokens: Tensor) -> None:
        self.length = tokens.shape[1]
        self.prefix = [_group(tokens[:, : position + 1]) for position in range(self.length)]  # (N,) each
        self.size = [int(group.max()) + 1 for group in self.prefix]
        self.symbols, self.example_symbol = zip(
            *[tokens[:, t].unique(return_inverse=True) for t in range(self.length)], strict=True
        )
        self.first = [_first_example(group, size) for group, size in zip(self.prefix, self.size, strict=True)]

    def to(self, device: torch.device) -> Prefixes:
        """The same trie with its tensors on `device`."""
        moved = object.__new__(Prefixes)
        moved.length, moved.size = self.length, self.size
        for name in ("prefix", "symbols", "example_symbol", "first"):
            setattr(moved, name, [x.to(device) for x in getattr(self, name)])
        return moved

    def nodes(self, examples: Tensor) -> Nodes:
        """The nodes that a batch of rows, int64 (B,), needs."""
        shared = [size < len(examples) for size in self.size[:-1]] + [False]
        levels = [self._level(position, examples, shared) for position in range(self.length)]
        return Nodes(levels, [symbol[examples] for symbol in self.example_symbol])

    def _level(self, position: int, examples: Tensor, shared: list[bool]) -> Level:
        rows = self.first[position] if shared[position] else examples
        ancestors = [self.prefix[earlier][rows] if shared[earlier] else None for earlier in range(position)]
        return Level(self.symbols[position], self.example_symbol[position][rows], ancestors)


def _group(prefixes: Tensor) -> Tensor:
    """Number the distinct rows of (N, t) in lexicographic order: int64 (N,)."""
    return torch.unique(prefixes, dim=0, return_inverse=True)[1]


def _first_example(group: Tensor, size: int) -> Tensor:
    """One row of the table for each prefix: int64 (size,)."""
    first = torch.empty(size, dtype=torch.int64)
    first[group.flip(0)] = torch.arange(len(group) - 1, -1, -1)
    return first
