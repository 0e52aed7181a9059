"""Every quantity a run logs: what it is, its unit, and the functions that compute it for one run."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class Metric(NamedTuple):
    """A logged quantity."""

    unit: str
    definition: str


_SAMPLE = "on a fixed sample of it (the whole set where that is not larger), at every evaluation"
_WHOLE = "on all of it, at the log-spaced full evaluations; NaN in between"
_BATCH = "on the batch of the last step, before that step's update"

METRICS: dict[str, Metric] = {
    "train_loss": Metric("nats", f"Mean cross-entropy of the training set, {_SAMPLE}."),
    "train_accuracy": Metric("fraction of examples", f"Share of the training set answered correctly, {_SAMPLE}."),
    "val_loss": Metric("nats", f"Mean cross-entropy of the complement of the training set, {_SAMPLE}."),
    "val_accuracy": Metric("fraction of examples", f"Share of the complement answered correctly, {_SAMPLE}."),
    "train_loss_full": Metric("nats", f"Mean cross-entropy of the training set, {_WHOLE}."),
    "train_accuracy_full": Metric("fraction of examples", f"Share of the training set answered correctly, {_WHOLE}."),
    "val_loss_full": Metric("nats", f"Mean cross-entropy of the complement, {_WHOLE}."),
    "val_accuracy_full": Metric("fraction of examples", f"Share of the complement answered correctly, {_WHOLE}."),
    "batch_loss": Metric("nats", f"Mean cross-entropy {_BATCH}; NaN at step 0."),
    "batch_accuracy": Metric(
        "fraction of examples", f"Share answered correctly {_BATCH} (source A's training accuracy)."
    ),
    "gradient_l2": Metric(
        "nats per unit of a parameter", f"Euclidean norm of the gradient over all parameters, {_BATCH}."
    ),
    "gradient_linf": Metric("nats per unit of a parameter", f"Largest absolute entry of that gradient, {_BATCH}."),
    "parameter_l2": Metric("1", "Euclidean norm of all parameters together."),
    "parameter_linf": Metric("1", "Largest absolute entry of all parameters."),
    "train_passage": Metric(
        "steps",
        "First step at which training accuracy, before that step's update, was at least the watched one; NaN until "
        "then. Only in runs that are watched at every step.",
    ),
    "val_passage": Metric("steps", "The same for validation accuracy, after that step's update."),
}
PASSAGES = ("train_passage", "val_passage")
"""Logged only where every step is watched."""


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Per-example cross-entropy in nats: (B, C), (B,) -> (B,); in float32 at least, whatever the logits are."""
    logits = logits if logits.dtype == torch.float64 else logits.float()
    return F.cross_entropy(logits, targets, reduction="none")


def is_correct(logits: Tensor, targets: Tensor) -> Tensor:
    """Whether the largest logit is the target's: (B, C), (B,) -> (B,) bool."""
    return logits.argmax(-1) == targets


def weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    """Mean over the examples that count: (B,), (B,) of zeros and ones -> scalar."""
    return (values * weights.to(values.dtype)).sum() / weights.sum().to(values.dtype)


def l2_norm(tensors: dict[str, Tensor]) -> Tensor:
    """Euclidean norm of several tensors taken as one vector."""
    return torch.stack([(t * t).sum() for t in tensors.values()]).sum().sqrt()


def linf_norm(tensors: dict[str, Tensor]) -> Tensor:
    """Largest absolute entry of several tensors."""
    return torch.stack([t.abs().amax() for t in tensors.values()]).amax()
