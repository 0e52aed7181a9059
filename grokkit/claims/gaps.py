"""Whether there is a gap at the border of two phases, where one number parts the times on both sides of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grokkit.analysis.phases import LATE
from grokkit.claims.identity import of_a_diagram
from grokkit.claims.maps import Diagram
from grokkit.sources import b

JUMP = np.sqrt(10)
"""The factor that makes a gap on the source's grid: a tenth of the scale of our smooth diagrams, 1 to 100,000 steps."""
COARSER = 3
"""The toy's learning rates are each third one of the source's. Times go as powers of the rate, so that what is a factor
of JUMP between neighbours there is its third power here. (With JUMP itself the source's own map has no gap, but most
coarse grids cut out of it have one: that would be found of the grid and not of the claim.)"""
ALIKE = 100.0
"""Steps below which MNIST's times are not told apart: the source evaluates every 5 steps at best, and ours are rounded,
too."""


def has_gap(values: Sequence[float], border: float, factor: float = JUMP**COARSER) -> bool | None:
    """Whether the values on both sides of the border keep far from each other; None if all lie on one side of it.

    values, border: in steps, of which less than one counts as one. A value at the border lies above it.
    """
    ordered = np.sort(np.maximum(np.asarray(values, dtype=float), 1.0))
    below = int((ordered < border).sum())
    if below in (0, len(ordered)):
        return None
    return bool(ordered[below] / ordered[below - 1] >= factor)


def stands_out(values: Sequence[float], border: float) -> bool | None:
    """Whether the gap across the border is one and the widest of all; None if all values lie on one side of it."""
    ordered = np.sort(np.maximum(np.asarray(values, dtype=float), ALIKE))
    gap = has_gap(ordered.tolist(), border, JUMP)
    if not gap:
        return gap
    steps = ordered[1:] / ordered[:-1]
    return bool(steps.argmax() == (ordered < border).sum() - 1)


def lateness(diagram: Diagram) -> tuple[np.ndarray, float]:
    """T_val - T_train of the cells that generalise, and the border of grokking."""
    arrived = diagram[diagram["phase"].isin(["comprehension", "grokking"])]
    return (arrived["val"] - arrived["train"]).to_numpy(dtype=float), LATE


def learning(diagram: Diagram) -> tuple[np.ndarray, float]:
    """T_train of the cells that do not, and the budget, where confusion stands."""
    others = diagram[diagram["phase"].isin(["memorisation", "confusion"])]
    return np.where(others["phase"] == "confusion", float(b.STEPS), others["train"]).astype(float), b.STEPS


BORDERS = {"comprehension and grokking": lateness, "memorisation and confusion": learning}
"""Where two phases meet that one number parts: the times on both sides of it, and the number."""


def gap_at(diagram: Diagram, between: str) -> bool | None:
    """Whether there is a gap at one of the BORDERS; None where there is no border. What memorises with the very last
    step lies on neither side."""
    last = (diagram["phase"] == "memorisation") & (diagram["train"] >= b.STEPS)
    return has_gap(*BORDERS[between](diagram[~last]))


def clear_gap_at(diagram: Diagram, between: str) -> bool | None:
    """The same, of a gap that is wider than any other step between the times of the diagram in order: on a coarse grid
    wide steps are everywhere."""
    return stands_out(*BORDERS[between](diagram))


@of_a_diagram(1)
def borders_without_a_gap(diagram: Diagram, between: str) -> bool:
    """A diagram that lacks a phase has no border there, and cannot show that there is no gap."""
    return gap_at(diagram, between) is False


@of_a_diagram(1)
def has_a_clear_gap(diagram: Diagram, between: str) -> bool:
    return clear_gap_at(diagram, between) is True
