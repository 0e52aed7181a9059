"""Regression onto a fixed vector for each answer (Liu et al. 2022, 2023), and when an output counts as that answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class ToVectors:
    """What is asked of outputs (B, A) where answer c is written as row c of `vectors` (C, A)."""

    vectors: Tensor

    def to(self, device: torch.device) -> ToVectors:
        return replace(self, vectors=self.vectors.to(device))

    def _in(self, outputs: Tensor) -> Tensor:
        return self.vectors.to(outputs.dtype)


class SquaredError(ToVectors):
    """Mean over the A numbers of an example of the squared difference: (B, A), (B,) -> (B,); in float32 at least."""

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        outputs = outputs if outputs.dtype == torch.float64 else outputs.float()
        return (outputs - self._in(outputs)[targets]).square().mean(-1)


class IsNearest(ToVectors):
    """Whether no other vector is nearer, in Euclidean distance, than the target's: (B, A), (B,) -> (B,) bool."""

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        difference = outputs[:, None, :] - self._in(outputs)  # B C A
        return difference.square().sum(-1).argmin(-1) == targets


@dataclass(frozen=True, eq=False)
class IsWithin(ToVectors):
    """Whether the squared error, a mean over the A numbers of an example, is below a tolerance: -> (B,) bool."""

    tolerance: float

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return SquaredError(self.vectors)(outputs, targets) < self.tolerance


def gaussian_vectors(answers: int, width: int, seed: int) -> Tensor:
    """Independent N(0, 1), float32 (C, A): what PyTorch draws first after `torch.manual_seed(seed)`."""
    return torch.randn(answers, width, generator=torch.Generator().manual_seed(seed))
