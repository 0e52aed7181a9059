"""Source D, lecture slides on results of others: its one law that is tested is tested on source A's transformer."""

from __future__ import annotations

from typing import Any

from grokkit.config.run import Run
from grokkit.optimizers import AdamW
from grokkit.sources import a

SILENT = 1e30
"""AdamW's epsilon where only weight decay acts: the step along the gradient is divided by it, and rounds to nothing."""
DECAYS = (0.5, 1.0, 2.0)


def silenced(decay: float = 1.0, **others: Any) -> Run:
    """Return a run of source A's transformer as coded that only decays."""
    return a.transformer(**{"optimizer": AdamW(learning_rate=1e-3, weight_decay=decay, eps=SILENT)} | others)
