"""What all rules on phase diagrams share: at how many diagrams they look, and what they ask of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from grokkit.claims.findings import Finding
from grokkit.claims.majority import majority

Diagram = TypeVar("Diagram")


def at_look(diagrams: dict[int, Diagram], looks: Sequence[int]) -> dict[int, Diagram]:
    """The diagrams that are judged, of those there are by seed: as many as the last look that is reached.

    A store grows, and a test that is made after every diagram errs more often than it says. So the numbers at which a
    claim is judged are fixed, and what comes between two of them waits. Before the first look all are shown.
    """
    reached = [n for n in looks if n <= len(diagrams)]
    seeds = sorted(diagrams)[: reached[-1] if reached else None]
    return {seed: diagrams[seed] for seed in seeds}


def shown_in(name: str, holds: Sequence[bool], told: str, first_look: int) -> Finding:
    """The test that something holds in more than half of all diagrams, from those in which it was looked for."""
    counts = f"{sum(holds)} of {len(holds)} diagrams {told}"
    return majority(name, holds, counts, needs=first_look)
