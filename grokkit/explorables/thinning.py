"""Learning curves in few characters: thinned to what a picture can show, and written as differences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from grokkit.errors import BadInput

LAST_BITS = 1e-12
"""Relative: so far above a step a step of the axis may lie, and is still that one. Powers differ between machines."""


def axis_of(table: pd.DataFrame, points: int) -> np.ndarray:
    """One for all runs, so that medians are smooth."""
    return np.geomspace(1, max(table["observed_to"].max(), 1), points)


def thinned_curves(row: Mapping[str, Any], axis: np.ndarray, whose: str) -> dict[str, list[int]]:
    """Steps, and accuracies in thousandths. whose: named where they cannot be drawn."""
    steps = np.asarray(row["steps"], dtype=np.int64)
    accuracies = {name: np.asarray(row[f"{name}_accuracy"], dtype=float) for name in ("train", "val")}
    for name, accuracy in accuracies.items():
        if accuracy.shape != steps.shape or not ((accuracy >= 0) & (accuracy <= 1)).all():
            raise BadInput(f"{name}_accuracy of {whose}: needs one value from 0 to 1 for each step.")
    kept = drawn_at(steps, axis)
    if not len(kept):
        raise BadInput(f"steps of {whose}: no evaluation after step 0, so there is nothing to draw.")
    thousandths = {name: np.rint(1000 * accuracy[kept]).astype(int) for name, accuracy in accuracies.items()}
    return {name: differences(x) for name, x in ({"steps": steps[kept]} | thousandths).items()}


def drawn_at(steps: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Which evaluations to draw: the first at or after each step of the axis, and the last."""
    drawn = np.flatnonzero(steps > 0)
    if not len(drawn):
        return drawn
    first = np.searchsorted(steps[drawn], axis * (1 - LAST_BITS))
    return drawn[np.unique(np.minimum(first, len(drawn) - 1))]


def differences(x: np.ndarray) -> list[int]:
    """The first value and the differences: most of those are small."""
    return np.diff(x, prepend=0).tolist()
