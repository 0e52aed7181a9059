"""The data of one problem: a finite table of examples, and what counts as an error on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from grokkit.metrics import cross_entropy, is_correct


@dataclass(frozen=True, eq=False)
class Task:
    """The table of one problem.

    inputs: int64 tokens (N, T).
    targets: int64 (N,).
    vocabulary: V, how many tokens there are.
    classes: C, how many answers there are.
    symbols: what each token is written as.
    loss: logits (B, C), targets (B,) -> (B,) nats.
    correct: the same -> (B,) bool.
    """

    inputs: Tensor
    targets: Tensor
    vocabulary: int
    classes: int
    symbols: tuple[str, ...]
    loss: Callable[[Tensor, Tensor], Tensor] = cross_entropy
    correct: Callable[[Tensor, Tensor], Tensor] = is_correct

    @property
    def examples(self) -> int:
        """N."""
        return len(self.targets)

    def show(self, example: int) -> str:
        """One row as a reader would write it: '3 + 5 = 8'."""
        left = " ".join(self.symbols[t] for t in self.inputs[example].tolist())
        return f"{left} {self.symbols[int(self.targets[example])]}"


def split_order(examples: int, data_seed: int) -> Tensor:
    """A seeded order of the table, int64 (N,): a run trains on its first entries and validates on the rest.

    The order does not depend on the fraction: a larger training set contains every smaller one of its seed.
    """
    return torch.from_numpy(np.random.Generator(np.random.PCG64(data_seed)).permutation(examples))
