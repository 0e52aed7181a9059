"""Dropout (Srivastava et al. 2014) without a generator: what is dropped follows from where and when it stands.

A value's fate is a function of (the run's batch seed, step, site, flat index) alone, so a run is the same alone, in a
stack and resumed. Seed and step are hashed to two words outside the step; those and the index are mixed inside it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from grokkit.config.sampling import mixed

_STREAM = 0x64726F70  # sets these draws apart from those of the batches, which hash the same seed
_WORD = 2**32 - 1
_FACTORS = 0xED5AD4BB - 2**32, 0xAC4C1B51 - 2**32, 0x31848BAB
"""Modulo 2^32 the published ones; so small that no product leaves 64 bits, which would crash the compiler."""


def noise_words(seed: int, start: int, count: int) -> np.ndarray:
    """Two words of 32 bits for each of the steps start .. start + count - 1, counted from 0: int64 (count, 2)."""
    hashes = mixed(seed, np.arange(start, start + count), _STREAM)
    return np.stack([hashes & np.uint64(_WORD), hashes >> np.uint64(32)], axis=1).astype(np.int64)


class Noise:
    """The noise of one forward pass of one run: `words`, int64 (2,). Its sites are counted as the model asks."""

    def __init__(self, words: Tensor) -> None:
        self.words, self.site = words, 0

    def keeps(self, x: Tensor, rate: float) -> Tensor:
        """Which values of `x` stay at the next site, bool of its shape; each is dropped with probability `rate`."""
        self.site += 1
        one, other = ((word + self.site * 0x9E3779B9) & _WORD for word in self.words)
        index = torch.arange(x.numel(), device=x.device).view(x.shape)
        return mixed_inside(index ^ one, other) >= round(rate * 2**32)


def mixed_inside(x: Tensor, key: Tensor) -> Tensor:
    """A hash of 32-bit words, int64 of any shape: Wellons' triple32 (hash-prospector, 2018), keyed after a round.

    With two rounds the values 2^k places apart were visibly correlated (r = 0.02).
    """
    x = ((x ^ (x >> 17)) * _FACTORS[0]) & _WORD
    x = x ^ key
    x = ((x ^ (x >> 11)) * _FACTORS[1]) & _WORD
    x = ((x ^ (x >> 15)) * _FACTORS[2]) & _WORD
    return x ^ (x >> 14)


def dropper(noise: Noise | None, rate: float) -> Callable[[Tensor], Tensor]:
    """What a model calls at each of its sites: drops values and divides the rest by 1 - rate; nothing without noise."""
    if noise is None or rate == 0:
        return unchanged
    return lambda x: torch.where(noise.keeps(x, rate), x / (1 - rate), torch.zeros_like(x))


def unchanged(x: Tensor) -> Tensor:
    """What stands at the sites of a model that drops nothing."""
    return x
