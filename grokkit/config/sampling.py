"""Stateless batches: which training examples a step sees is a function of (batch seed, step) alone.

Nothing is carried from step to step, so a run can be resumed, moved or placed beside others at any step.
Positions count within the run's own order of the table (`grokkit.tasks.split_order`).
"""

from __future__ import annotations

import numpy as np

from grokkit.config.run import Batch

_SPLIT = np.uint64(0x9E3779B97F4A7C15)


def mixed(*words: np.ndarray | int) -> np.ndarray:
    """A 64-bit hash of integers, broadcast against each other (the finaliser of SplitMix64 after each word)."""
    h = np.zeros(1, dtype=np.uint64)
    for word in words:
        h = (h ^ np.asarray(word, dtype=np.uint64)) + _SPLIT
        h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        h = h ^ (h >> np.uint64(31))
    return h


def batch_positions(batch: Batch, seed: int, n: int, start: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The batches of steps start .. start + count - 1 of a run with n training examples.

    Returns positions, int64 (count, B), and weights, float32 of the same shape: 0 where an epoch's last batch
    is shorter than B.
    """
    width = batch.size or n
    all_count = np.ones((count, width), dtype=np.float32)
    if batch.size is None:
        return np.tile(np.arange(n), (count, 1)), all_count
    steps = np.arange(start, start + count)
    if batch.sampling == "replacement":
        draws = mixed(seed, steps[:, None], np.arange(width)[None]) % np.uint64(n)
        return draws.astype(np.int64), all_count
    return _permuted(steps, batch, seed, n, width)


def _permuted(steps: np.ndarray, batch: Batch, seed: int, n: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    epochs, within = np.divmod(steps, batch.steps_in_epoch(n))
    place = within[:, None] * width + np.arange(width)[None]
    orders = np.stack([epoch_order(seed, epoch, n) for epoch in range(epochs[0], epochs[-1] + 1)])
    return orders[(epochs - epochs[0])[:, None], np.minimum(place, n - 1)], (place < n).astype(np.float32)


def epoch_order(seed: int, epoch: int, n: int) -> np.ndarray:
    """The order in which an epoch visits n positions: a permutation, int64 (n,)."""
    return np.argsort(mixed(seed, epoch, np.arange(n)), kind="stable")
