"""B5: MNIST shows all four phases, with grokking between memorisation and comprehension."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.analysis.phases import PHASES
from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.b3 import ways
from grokkit.claims.rules.diagrams import shown_in
from grokkit.claims.rules.mnist import LOOKS, complete, grid_cells, original
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 6
EFFECT = "share of diagrams with all four phases"


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """All cells of all diagrams but the corner."""
    return table.loc[grid_cells(table).index]


def rule(table: pd.DataFrame) -> Verdict:
    """Two tests, within the source's first grid: do more than half of all diagrams hold at least one cell of every
    phase; and do most ways from comprehension to memorisation lead through grokking in more than half of them?

    What a way is, B3 says. A diagram without a way has nothing between. That takes all of 8 diagrams, or 10
    of 11.
    """
    maps = [original(diagram) for diagram in complete(table).values()]
    return verdict([_all_phases(maps), _between(maps)], LEVEL, EFFECT)


def _all_phases(maps: list[np.ndarray]) -> Finding:
    found = [set(each.ravel()) for each in maps]
    each = ", ".join(f"{name} in {sum(name in held for held in found)}" for name in PHASES)
    return shown_in("four phases", [held >= set(PHASES) for held in found], f"show all four ({each})", LOOKS[0])


def _between(maps: list[np.ndarray]) -> Finding:
    counts = np.array([[ways(each), ways(each.T)] for each in maps]).reshape(-1, 2, 2).sum(1)
    through, ways_there_are = counts.T
    told = f"have it between (ways that lead through it: {through.sum()} of {ways_there_are.sum()})"
    return shown_in("grokking between", (2 * through > ways_there_are).tolist(), told, LOOKS[0])
