"""Landscapes as samples: what came of training at each of several norms of the weights, one landscape a seed.

The runs of a landscape share their data and, but for a factor, their initial weights: the landscape counts as one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from grokkit.claims.arrivals import arrivals
from grokkit.claims.identity import of_a_diagram
from grokkit.claims.samples import Reading, Sample

Landscape = pd.DataFrame
"""The runs of one seed, in the order of their norms."""

HIGHER = 2.0
"""A loss that is so many times another one is higher than it."""
LOW = 0.1
"""A training loss of at most so much of that at the smallest norm is low."""


@dataclass(frozen=True)
class Landscapes:
    """The seeds of a sample over one setting that have a run at each of its values, in the order of the seeds."""

    runs: Sample
    unit: ClassVar[str] = "landscape"

    def read(self, read: Reading) -> list[Landscape]:
        runs, norms = read(self.runs), list(self.runs.cells())
        placed = runs.assign(place=self.runs.places(runs)).sort_values(["seeds.init", "place"])
        each = placed.groupby("seeds.init", sort=True) if len(placed) else ()
        return [landscape for _, landscape in each if len(landscape) == len(norms)]


def at_the_end(landscape: Landscape, curve: str) -> np.ndarray:
    """The last value of a curve at each norm; infinite where a run diverged."""
    last = np.array([values[-1] for values in landscape[curve]], dtype=float)
    return np.where(np.isfinite(last), last, np.inf)


@of_a_diagram(1)
def best_norm(landscape: Landscape) -> float:
    """The multiple of the initial norm at which the validation loss is least; of several, the smallest."""
    return float(landscape["init_scale"].iloc[at_the_end(landscape, "val_loss").argmin()])


@of_a_diagram(1)
def is_u_shaped(landscape: Landscape) -> bool:
    """The least validation loss lies inside, and that at both ends is higher."""
    loss = at_the_end(landscape, "val_loss")
    inside = 0 < loss.argmin() < len(loss) - 1
    return bool(inside and min(loss[0], loss[-1]) >= HIGHER * loss.min())


@of_a_diagram(1)
def is_l_shaped(landscape: Landscape) -> bool:
    """From the norm of the least validation loss on, training loss is low: an L has no second arm."""
    loss, best = at_the_end(landscape, "train_loss"), at_the_end(landscape, "val_loss").argmin()
    return bool(best > 0 and (loss[best:] <= LOW * loss[0]).all())


@of_a_diagram(1)
def is_best_from(landscape: Landscape, norm: float) -> bool:
    """Whether the validation loss is least at that multiple of the initial norm, or at a larger one."""
    return best_norm(landscape) >= norm


@of_a_diagram(1)
def generalises_somewhere(landscape: Landscape, accuracy: float) -> bool:
    """Whether validation accuracy comes to that at some norm, at some evaluation."""
    return bool((arrivals(landscape, accuracy) < np.inf).any())


@of_a_diagram(1)
def generalises_nowhere(landscape: Landscape, accuracy: float) -> bool:
    return not generalises_somewhere(landscape, accuracy=accuracy)
