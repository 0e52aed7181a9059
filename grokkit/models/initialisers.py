"""Initial weights that a run names in place of its model's own: source A's, for all its parameters that are matrices.

As in source A's code the position embedding is one of them; vectors (biases, norms) stay what the model made them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from torch import nn

INITIALISERS: dict[str, Callable[..., Any]] = {
    "xavier_uniform": nn.init.xavier_uniform_,
    "orthogonal": nn.init.orthogonal_,
    "kaiming_uniform": partial(nn.init.kaiming_uniform_, a=math.sqrt(5)),  # PyTorch's own for Linear maps
}


def redraw(model: nn.Module, name: str) -> None:
    """Draw every matrix of the model anew; "model" leaves it as it is."""
    if name == "model":
        return
    for parameter in model.parameters():
        if parameter.dim() > 1:
            INITIALISERS[name](parameter)
