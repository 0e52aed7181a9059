"""Rows of a table by number, with a gradient that is a product."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class SumOfRows(torch.autograd.Function):
    """tables (T V, F), tokens (T, B) -> (B, F): for each example the sum of its rows, one of each table.

    The gradient is a product with ones at those rows: a gather's own gradient would add rows one by one.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(tables: Tensor, tokens: Tensor) -> Tensor:
        parts = tables.split(len(tables) // len(tokens))
        return sum(table[token] for table, token in zip(parts, tokens, strict=True))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        tables, tokens = inputs
        ctx.vocabulary = len(tables) // len(tokens)
        ctx.save_for_backward(tokens)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (tokens,) = ctx.saved_tensors
        return one_hot(tokens, ctx.vocabulary, gradient.dtype).t() @ gradient, None


def take(table: Tensor, row: Tensor | None) -> Tensor:
    """(S, F), (M,) -> (M, F): the rows of those numbers; all as they are for None."""
    return table if row is None else SumOfRows.apply(table, row.unsqueeze(0))


def one_hot(tokens: Tensor, vocabulary: int, dtype: torch.dtype) -> Tensor:
    """(T, B) -> (B, T V)."""
    every = torch.arange(vocabulary, device=tokens.device)
    return torch.cat([(token.unsqueeze(1) == every).to(dtype) for token in tokens], 1)
