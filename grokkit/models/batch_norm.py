"""Batch normalisation (Ioffe & Szegedy 2015, Algorithms 1 and 2), written for one run.

The same numbers as `nn.BatchNorm1d`; leaves out its count of batches, which a fixed momentum does not read.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class BatchNorm(nn.Module):
    """(B, F) -> (B, F): each feature centred and scaled by the batch in training, by running averages in evaluation.

    momentum: share of the newest batch in the running averages, per step. eps: added to the variance.
    """

    def __init__(self, width: int, momentum: float = 0.1, eps: float = 1e-5) -> None:
        super().__init__()
        self.momentum, self.eps = momentum, eps
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))
        self.register_buffer("running_mean", torch.zeros(width))
        self.register_buffer("running_var", torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        x = x.to(self.weight.dtype)  # under bfloat16 products alone are rounded, not averages
        mean, var = self._of_batch(x) if self.training else (self.running_mean, self.running_var)  # F each
        return (x - mean) * (var + self.eps).rsqrt() * self.weight + self.bias

    def _of_batch(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and biased variance; the running variance gets the unbiased one, as in PyTorch."""
        mean = x.mean(0)
        var = (x - mean).square().mean(0)
        self._note(self.running_mean, mean)
        self._note(self.running_var, var * (len(x) / (len(x) - 1)))
        return mean, var

    def _note(self, running: Tensor, newest: Tensor) -> None:
        running.mul_(1 - self.momentum).add_(self.momentum * newest.detach())
