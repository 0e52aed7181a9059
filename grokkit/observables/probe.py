"""One run at one moment, as an observable sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

Params = dict[str, Tensor]


@dataclass(frozen=True)
class Probe:
    """Weights and what they cost.

    params: the run's weights, in float64. loss_of(params): mean loss of weights, in nats, on the examples that
    train_loss is taken on, in evaluation mode. seed: for what an observable draws; the run's own for initial weights.
    """

    params: Params
    loss_of: Callable[[Params], Tensor]
    seed: int
