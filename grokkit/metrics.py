"""Every quantity a run logs: what it is, its unit, and the functions that compute it for one run.

Those that are logged on request are computed by `grokkit.observables`.
"""

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
    "train_loss": Metric("nats", f"Mean loss of the training set, {_SAMPLE}."),
    "train_accuracy": Metric("fraction of examples", f"Share of the training set answered correctly, {_SAMPLE}."),
    "val_loss": Metric("nats", f"Mean loss of the complement of the training set, {_SAMPLE}."),
    "val_accuracy": Metric("fraction of examples", f"Share of the complement answered correctly, {_SAMPLE}."),
    "train_loss_full": Metric("nats", f"Mean loss of the training set, {_WHOLE}."),
    "train_accuracy_full": Metric("fraction of examples", f"Share of the training set answered correctly, {_WHOLE}."),
    "val_loss_full": Metric("nats", f"Mean loss of the complement, {_WHOLE}."),
    "val_accuracy_full": Metric("fraction of examples", f"Share of the complement answered correctly, {_WHOLE}."),
    "batch_loss": Metric("nats", f"Mean loss {_BATCH}; NaN at step 0."),
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

LAYER_METRICS: dict[str, Metric] = {
    f"{name}/<layer>": Metric(METRICS[name].unit, f"The part of {name} that one layer has.")
    for name in ("gradient_l2", "gradient_linf", "parameter_l2", "parameter_linf")
}
"""Logged besides where `Measure(layers=True)` asks for them; `layer_of` says what the layers of a model are."""


_WEIGHTS = "where the run ends, and at the steps named in `observe_at`; NaN elsewhere"

OBSERVED: dict[str, dict[str, Metric]] = {
    "embedding": {
        "embedding_order": Metric(
            "1",
            "Kendall's rank correlation, without its sign, of the numbers with the places of their embeddings along "
            f"the direction in which these differ most: 1 in order or in reverse, {_WEIGHTS}.",
        ),
        "embedding_rms": Metric("units of a parameter", f"Root mean square of the embedding, {_WEIGHTS}."),
    },
    "sharpness": {
        "hessian_top": Metric(
            "nats per squared unit of a parameter",
            f"Largest eigenvalue of the Hessian of train_loss (20 steps of Lanczos' method), {_WEIGHTS}.",
        ),
        "rise_adversarial": Metric(
            "nats", f"What train_loss gains at the distance 0.05 along its gradient, {_WEIGHTS}."
        ),
        "rise_random": Metric(
            "nats",
            f"What train_loss gains at a tenth of the weights' norm in a random direction, mean of eight, {_WEIGHTS}.",
        ),
    },
}
"""What is measured on request: name of the observable -> its curves."""


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


def norms(of: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """l2 and l-infinity norms, scalars, of all tensors and of each layer: '<of>_l2', '<of>_l2/blocks.0', ...

    The squares of the layers' l2 norms add up to that of the whole; its l-infinity norm is the largest of theirs.
    """
    squares = {name: (t * t).sum() for name, t in tensors.items()}
    largest = {name: t.abs().amax() for name, t in tensors.items()}
    groups = {"": list(tensors)}
    for name in tensors:
        groups.setdefault(f"/{layer_of(name)}", []).append(name)
    found = {}
    for layer, names in groups.items():
        found[f"{of}_l2{layer}"] = torch.stack([squares[name] for name in names]).sum().sqrt()
        found[f"{of}_linf{layer}"] = torch.stack([largest[name] for name in names]).amax()
    return found


def layer_of(parameter: str) -> str:
    """The layer that a parameter belongs to, from its name in the model.

    An entry of a list of modules ('blocks.1.query.weight': 'blocks.1'), else a module or parameter of the model itself
    ('output.bias': 'output', 'embedding': 'embedding'). An MLP has 'layers.0', ..., an LSTM 'ahead' and 'output'.
    """
    first, *rest = parameter.split(".")
    return f"{first}.{rest[0]}" if rest and rest[0].isdigit() else first


def is_of_a_layer(metric: str) -> bool:
    """Whether a logged quantity belongs to one layer: whether its name is one of the LAYER_METRICS'."""
    return "/" in metric
