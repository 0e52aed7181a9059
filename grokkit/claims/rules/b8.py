"""B8: on the toy, at three times the iterations, memorisation is still there; only border cells turn into grokking."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.ndimage import binary_dilation

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.diagrams import shown_in
from grokkit.claims.rules.toy import BUDGET, LOOKS, SETUPS, cells, complete, generalises, phases_of
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 12
EFFECT = "share of diagrams in which most of memorisation is still there, classification"
LONGER = 3 * BUDGET
MOST = 0.5
"""Of the cells that memorise after `BUDGET` steps, more than this share must still do so after `LONGER`."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Both setups at fresh data seeds."""
    return table.loc[[label for setup in SETUPS for label in cells(table, setup).index]]


def rule(table: pd.DataFrame) -> Verdict:
    """Two tests a setup, of diagrams whose memorising cells were watched for 300,000 steps: in more than half of them,
    is most of what memorised after 100,000 still memorising, and does every cell that has turned lie at a border?

    At a border: one of the four cells beside it generalised after 100,000 steps already. A diagram without
    memorisation cannot show that any is still there, and one in which none has turned has turned at borders only. What
    becomes of the other cells after 100,000 steps no test reads.
    """
    pairs = {setup: before_and_after(table, setup) for setup in SETUPS}
    tests = (_stays, _turns_at_borders)
    return verdict([test(setup, found) for test in tests for setup, found in pairs.items()], LEVEL, EFFECT)


def share_that_stays(before: np.ndarray, after: np.ndarray) -> float:
    """Of the cells that memorise before, those that do after; NaN if there are none."""
    memorised = before == "memorisation"
    return float((after[memorised] == "memorisation").mean()) if memorised.any() else float("nan")


def turned(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Where memorisation has come to generalise, bool (6, 7)."""
    return (before == "memorisation") & generalises(after)


def only_at_borders(before: np.ndarray, after: np.ndarray) -> bool:
    """Whether every cell that has turned lies beside one that generalised before."""
    return not (turned(before, after) & ~binary_dilation(generalises(before))).any()


def before_and_after(table: pd.DataFrame, setup: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Of each diagram whose memorising cells were watched for longer, the phases then and what became of them."""
    found = [_with_later_phase(diagram) for diagram in complete(table, setup).values()]
    seen = [diagram for diagram in found if (diagram["later"] != "").all()]
    return [(_map(diagram, "phase"), _map(diagram, "later")) for diagram in seen]


def _with_later_phase(diagram: pd.DataFrame) -> pd.DataFrame:
    """The cells with `later`, what became of them: "" of a memorising one that was not watched for so long."""
    memorised = diagram["phase"] == "memorisation"
    return diagram.assign(later=np.where(memorised, phases_of(diagram, budget=LONGER), diagram["phase"]))


def _map(diagram: pd.DataFrame, value: str) -> np.ndarray:
    return diagram.pivot(index="row", columns="column", values=value).to_numpy()


def _stays(setup: str, found: list[tuple[np.ndarray, np.ndarray]]) -> Finding:
    shares = [share_that_stays(*pair) for pair in found]
    middle = np.nanmedian(shares) if np.isfinite(shares).any() else np.nan
    told = f"keep most of it (median {middle:.0%} of the cells)"
    return shown_in(f"memorisation stays, {setup}", [share > MOST for share in shares], told, LOOKS[0])


def _turns_at_borders(setup: str, found: list[tuple[np.ndarray, np.ndarray]]) -> Finding:
    cells_turned = sum(int(turned(*pair).sum()) for pair in found)
    told = f"turn at borders only ({cells_turned} cells turn in all)"
    return shown_in(f"borders, {setup}", [only_at_borders(*pair) for pair in found], told, LOOKS[0])
