"""B7: on MNIST there is a clear gap between the phases."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from grokkit.analysis.phases import LATE
from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.b6 import JUMP, has_gap
from grokkit.claims.rules.diagrams import shown_in
from grokkit.claims.rules.mnist import BUDGET, LOOKS, complete, grid_cells
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 6
EFFECT = "share of diagrams with a gap between comprehension and grokking"
ALIKE = 100.0
"""Steps below which times are not told apart: the source evaluates every 5 steps at best, and ours are rounded, too."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """All cells of all diagrams but the corner."""
    return table.loc[grid_cells(table).index]


def rule(table: pd.DataFrame) -> Verdict:
    """Two tests: do more than half of all diagrams have a gap between comprehension and grokking, in T_val - T_train,
    and one between memorisation and confusion, in T_train?

    A gap is a factor of the root of ten across the border, and besides wider than any other step
    between the times of the diagram in order: on a grid as coarse as this one wide steps are everywhere. A diagram
    that lacks a phase has no gap at its border.
    """
    borders = {"comprehension and grokking": lateness, "memorisation and confusion": learning}
    return verdict([_with_gap(table, *border) for border in borders.items()], LEVEL, EFFECT)


def stands_out(values: Sequence[float], border: float) -> bool | None:
    """Whether the gap across the border is one and the widest of all; None if all values lie on one side of it."""
    ordered = np.sort(np.maximum(np.asarray(values, dtype=float), ALIKE))
    gap = has_gap(ordered.tolist(), border, JUMP)
    if not gap:
        return gap
    steps = ordered[1:] / ordered[:-1]
    return bool(steps.argmax() == (ordered < border).sum() - 1)


def lateness(diagram: pd.DataFrame) -> tuple[np.ndarray, float]:
    """T_val - T_train of the cells that generalise, and the border of grokking."""
    arrived = diagram[diagram["phase"].isin(["comprehension", "grokking"])]
    return (arrived["val"] - arrived["train"]).to_numpy(), LATE


def learning(diagram: pd.DataFrame) -> tuple[np.ndarray, float]:
    """T_train of the cells that do not, and the budget, where confusion stands."""
    others = diagram[diagram["phase"].isin(["memorisation", "confusion"])]
    return np.where(others["phase"] == "confusion", float(BUDGET), others["train"]), BUDGET


def _with_gap(table: pd.DataFrame, between: str, times: Callable[[pd.DataFrame], tuple[np.ndarray, float]]) -> Finding:
    found = [stands_out(*times(diagram)) for diagram in complete(table).values()]
    told = f"have a gap there ({sum(each is None for each in found)} have no border)"
    return shown_in(between, [each is True for each in found], told, LOOKS[0])
