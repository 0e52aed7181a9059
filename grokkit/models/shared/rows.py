"""Rows of a table by number, with a gradient that adds whole rows.

Left to the compiler a gather's gradient is added up number by number, each addition guarded against other threads.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

torch.library.define("grokkit::add_rows", "(Tensor rows, Tensor tokens, int vocabulary) -> Tensor")


class SumOfRows(torch.autograd.Function):
    """tables (T V, F), tokens (T, B) -> (B, F): for each example the sum of its rows, one of each table."""

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
        ctx.save_for_forward(tokens)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return AddRows.apply(gradient, *ctx.saved_tensors, ctx.vocabulary), None

    @staticmethod
    def jvp(ctx: Any, tables: Tensor, _: None) -> Tensor:
        return SumOfRows.apply(tables, *ctx.saved_tensors)


class AddRows(torch.autograd.Function):
    """The transpose of `SumOfRows`, (B, F), (T, B) -> (T V, F), whose own gradient a method may ask for."""

    generate_vmap_rule = True

    @staticmethod
    def forward(rows: Tensor, tokens: Tensor, vocabulary: int) -> Tensor:
        return torch.ops.grokkit.add_rows(rows.unsqueeze(0), tokens.unsqueeze(0), vocabulary).squeeze(0)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, int], output: Tensor) -> None:
        _, tokens, ctx.vocabulary = inputs
        ctx.save_for_backward(tokens)
        ctx.save_for_forward(tokens)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return SumOfRows.apply(gradient, *ctx.saved_tensors), None, None

    @staticmethod
    def jvp(ctx: Any, rows: Tensor, *_: None) -> Tensor:
        return AddRows.apply(rows, *ctx.saved_tensors, ctx.vocabulary)


@torch.library.impl("grokkit::add_rows", ("cpu", "cuda"))
def _add_rows(rows: Tensor, tokens: Tensor, vocabulary: int) -> Tensor:
    """rows (E, B, F), tokens (E, T, B) -> (E, T V, F): every row added to the T rows that its example has read."""
    tables = rows.new_zeros(len(rows), tokens.shape[1], vocabulary, rows.shape[-1])
    for table, row, token in zip(tables, rows, tokens, strict=True):
        for place, chosen in zip(table, token, strict=True):
            place.index_add_(0, chosen, row)
    return tables.flatten(1, 2)


@torch.library.register_fake("grokkit::add_rows")
def _(rows: Tensor, tokens: Tensor, vocabulary: int) -> Tensor:
    return rows.new_empty(len(rows), tokens.shape[1] * vocabulary, rows.shape[-1])


@torch.library.register_vmap("grokkit::add_rows")
def _(info: Any, in_dims: tuple[int | None, ...], *arguments: Any) -> tuple[Tensor, int]:
    *tensors, vocabulary = arguments
    moved = [
        x.expand(info.batch_size, *x.shape) if dim is None else x.movedim(dim, 0)
        for x, dim in zip(tensors, in_dims, strict=False)
    ]
    added = torch.ops.grokkit.add_rows(*(x.flatten(0, 1) for x in moved), vocabulary)
    return added.unflatten(0, (info.batch_size, -1)), 0


def take(table: Tensor, row: Tensor | None) -> Tensor:
    """(S, F), (M,) -> (M, F): the rows of those numbers; all as they are for None."""
    return table if row is None else SumOfRows.apply(table, row.unsqueeze(0))


def one_hot(tokens: Tensor, vocabulary: int, dtype: torch.dtype) -> Tensor:
    """(T, B) -> (B, T V)."""
    every = torch.arange(vocabulary, device=tokens.device)
    return torch.cat([(token.unsqueeze(1) == every).to(dtype) for token in tokens], 1)
