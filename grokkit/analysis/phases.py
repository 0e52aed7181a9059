"""The four phases of learning (Liu et al. 2022; source B, Table 1), as a function of T_train, T_val and a budget."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.errors import BadInput

PHASES = ("comprehension", "grokking", "memorisation", "confusion")
LETTERS = {"C": "comprehension", "G": "grokking", "M": "memorisation", "X": "confusion"}
"""What published maps are written in."""
LATE = 1000
"""Steps from T_train to T_val from which on arriving is grokking: source B's and the original paper's."""


def phase(t_train: np.ndarray | float, t_val: np.ndarray | float, budget: float, late: float = LATE) -> np.ndarray:
    """The phase of runs that were watched for `budget` steps; T in steps, NaN where a run never got there.

    Comprehension: both arrive, with T_val - T_train < late. Grokking: both arrive, later than that. Memorisation: only
    training arrives. Confusion: training does not, whatever validation does.
    """
    t_train, t_val = (np.asarray(t, dtype=float) for t in (t_train, t_val))
    with np.errstate(invalid="ignore"):
        trained, validated, soon = t_train <= budget, t_val <= budget, t_val - t_train < late
    found = [trained & validated & soon, trained & validated & ~soon, trained & ~validated, ~trained]
    return np.select(found, PHASES, default="")


def smooth(t_train: np.ndarray | float, t_val: np.ndarray | float, budget: float) -> np.ndarray:
    """What source B's smooth diagrams show, in steps: T_val - T_train where both arrive, T_train where only training
    does, and the budget where neither does."""
    t_train, t_val = (np.asarray(t, dtype=float) for t in (t_train, t_val))
    kinds = phase(t_train, t_val, budget)
    generalises = np.isin(kinds, PHASES[:2])
    return np.where(generalises, t_val - t_train, np.where(kinds == "memorisation", t_train, float(budget)))


def agreement(ours: pd.Series, theirs: pd.Series) -> tuple[float, pd.DataFrame]:
    """The share of cells with the same phase, and how often each of our phases (rows) meets each of theirs (columns).

    ours, theirs: the phases of the same cells, by the same index in any order; cells that one of them lacks are left
    out.
    """
    both = pd.DataFrame({"ours": ours, "theirs": theirs}).dropna()
    if both.empty:
        raise BadInput("agreement: the two maps have no cell in common.")
    counts = pd.crosstab(both["ours"], both["theirs"]).reindex(index=PHASES, columns=PHASES, fill_value=0)
    return float((both["ours"] == both["theirs"]).mean()), counts
