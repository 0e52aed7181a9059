"""B6: on the toy there is no gap between comprehension and grokking, nor between memorisation and confusion."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from grokkit.analysis.phases import LATE
from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.diagrams import shown_in
from grokkit.claims.rules.toy import BUDGET, LOOKS, SETUPS, cells, complete
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 12
EFFECT = "share of diagrams with a border of comprehension and grokking and no gap, classification"
JUMP = np.sqrt(10)
"""The factor that makes a gap on the source's grid: a tenth of the scale of our smooth diagrams, 1 to 100,000 steps."""
COARSER = 3
"""Our learning rates are each third one of the source's. Times go as powers of the rate, so that what is a factor of
JUMP between neighbours there is its third power here."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Both setups at fresh data seeds."""
    return table.loc[[label for setup in SETUPS for label in cells(table, setup).index]]


def rule(table: pd.DataFrame) -> Verdict:
    """Two tests a setup: are more than half of all diagrams without a gap between comprehension and grokking, in
    T_val - T_train, and without one between memorisation and confusion, in T_train?

    There is a gap if, with the times of a diagram in order, the last below the border and the first above it differ by
    a factor of `JUMP` to the third power or more, about 32. (With `JUMP` itself the source's own map has no gap, but
    most coarse grids cut out of it have one: that would be found of the grid and not of the claim.) Confusion stands at
    the budget. A diagram that lacks a phase has no border there, and cannot show that there is no gap: it counts
    against the claim.
    """
    kinds = {"comprehension and grokking": across_lateness, "memorisation and confusion": across_budget}
    return verdict([_without(table, setup, *kind) for setup in SETUPS for kind in kinds.items()], LEVEL, EFFECT)


def has_gap(values: Sequence[float], border: float, factor: float = JUMP**COARSER) -> bool | None:
    """Whether the values on both sides of the border keep far from each other; None if all lie on one side of it.

    values, border: in steps, of which less than one counts as one. A value at the border lies above it.
    """
    ordered = np.sort(np.maximum(np.asarray(values, dtype=float), 1.0))
    below = int((ordered < border).sum())
    if below in (0, len(ordered)):
        return None
    return bool(ordered[below] / ordered[below - 1] >= factor)


def across_lateness(diagram: pd.DataFrame) -> bool | None:
    """A gap in T_val - T_train at the 1,000 steps that make grokking."""
    arrived = diagram[diagram["phase"].isin(["comprehension", "grokking"])]
    return has_gap(arrived["val"] - arrived["train"], LATE)


def across_budget(diagram: pd.DataFrame) -> bool | None:
    """A gap in T_train at the budget, where confusion stands."""
    learned = diagram.loc[diagram["phase"] == "memorisation", "train"]
    confused = np.full((diagram["phase"] == "confusion").sum(), float(BUDGET))
    return has_gap([*learned[learned < BUDGET], *confused], BUDGET)


def _without(table: pd.DataFrame, setup: str, between: str, gap: Callable[[pd.DataFrame], bool | None]) -> Finding:
    found = [gap(diagram) for diagram in complete(table, setup).values()]
    told = f"have a border without a gap ({sum(each is None for each in found)} have no border)"
    return shown_in(f"{between}, {setup}", [each is False for each in found], told, LOOKS[0])
