"""The one table of activation functions: name -> elementwise function. All models resolve their names here.

Source A (section 3.3, Figure 9) replaces the MLP's ReLU by powers of it and, in its code, by a ReLU that is squared
where it exceeds 1. First and second derivatives are finite at the kinks, too, so that optimizers and observables may
differentiate twice.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor


def relu_to_one_and_a_half(x: Tensor) -> Tensor:
    """max(x, 0)^1.5. Its second derivative, 0.75 / sqrt(x), has no bound as x falls to zero; at zero it is 0."""
    positive = x > 0
    # without the inner choice the infinite second derivative at zero, times the outer choice's zero, would be NaN
    return torch.where(positive, torch.where(positive, x, 1.0).pow(1.5), 0.0)


def relu_squared(x: Tensor) -> Tensor:
    """max(x, 0)^2."""
    return F.relu(x).square()


def relu_cubed(x: Tensor) -> Tensor:
    """max(x, 0)^3."""
    positive = F.relu(x)
    return positive * positive * positive


def square_above_one(x: Tensor) -> Tensor:
    """x^2 where x > 1, else max(x, 0): source A's code. Continuous, with a second kink at 1."""
    return torch.where(x > 1, x * x, F.relu(x))


def leaky_relu_of_a_tenth(x: Tensor) -> Tensor:
    """x where x > 0, else x / 10: source B's Appendix B."""
    return F.leaky_relu(x, 0.1)


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "relu^1.5": relu_to_one_and_a_half,
    "relu^2": relu_squared,
    "relu^3": relu_cubed,
    "square_above_1": square_above_one,
    "leaky_relu": F.leaky_relu,
    "leaky_relu(0.1)": leaky_relu_of_a_tenth,
    "gelu": F.gelu,
    "tanh": torch.tanh,
    "quadratic": torch.square,
}
"""GELU by the error function; a leaky ReLU whose name has no slope has 0.01 below zero: PyTorch's defaults."""
