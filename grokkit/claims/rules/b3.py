"""B3: grokking lies between comprehension and memorisation."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.diagrams import shown_in
from grokkit.claims.rules.toy import LOOKS, SETUPS, cells, diagrams
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 12
EFFECT = "share of diagrams in which grokking lies between"
ENDS = {"comprehension", "memorisation"}


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Both setups at fresh data seeds."""
    return table.loc[[label for setup in SETUPS for label in cells(table, setup).index]]


def rule(table: pd.DataFrame) -> Verdict:
    """One test a setup: do more than half of all diagrams have grokking between?

    A diagram has if most ways from comprehension to memorisation lead through grokking. A way is a stretch of a row or
    a column that begins in one of the two and ends in the other, with nothing or grokking alone in between. A diagram
    without a way has not: it lacks what the claim speaks of.
    """
    return verdict([_between(table, setup) for setup in SETUPS], LEVEL, EFFECT)


def ways(lines: np.ndarray) -> tuple[int, int]:
    """How many ways along these lines lead through grokking, and how many there are."""
    through, all_of_them = 0, 0
    for line in lines:
        met = [name for name, _ in groupby(line)]
        direct = sum({a, b} == ENDS for a, b in zip(met, met[1:], strict=False))
        late = sum({a, c} == ENDS and b == "grokking" for a, b, c in zip(met, met[1:], met[2:], strict=False))
        through, all_of_them = through + late, all_of_them + late + direct
    return through, all_of_them


def _between(table: pd.DataFrame, setup: str) -> Finding:
    counts = np.array([[ways(each), ways(each.T)] for each in diagrams(table, setup).values()]).reshape(-1, 2, 2)
    through, ways_there_are = counts.sum(1).T
    (rate, rates), (decay, decays) = counts.sum(0)
    told = (
        f"have it between (ways that lead through it: {decay} of {decays} along weight decay, {rate} of {rates} along "
        "learning rate)"
    )
    return shown_in(setup, (2 * through > ways_there_are).tolist(), told, LOOKS[0])
