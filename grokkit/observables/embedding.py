"""Whether learned vectors of numbers stand in the order of the numbers, and how large they are.

Source B's Figures 11 and 12 draw the embeddings of its toy, of one dimension each, over the course of training.
"""

from __future__ import annotations

import torch
from torch import Tensor

from grokkit.observables.probe import Probe


def measure_embedding(probe: Probe) -> dict[str, Tensor]:
    """Both measures of the parameter `embedding`, (V, d), under their names in `grokkit.metrics`."""
    embedding = probe.params["embedding"]
    return {"embedding_order": order(embedding), "embedding_rms": embedding.square().mean().sqrt()}


def order(embedding: Tensor) -> Tensor:
    """Kendall's rank correlation of the numbers 0 to V - 1 with their vectors' places along the direction in which
    these differ most, without its sign: (V, d) -> scalar, 1 in order or in reverse order."""
    centred = embedding - embedding.mean(0)
    along = centred @ torch.linalg.svd(centred, full_matrices=False).Vh[0]
    first, second = torch.triu_indices(len(along), len(along), 1)
    return (along[second] - along[first]).sign().mean().abs()
