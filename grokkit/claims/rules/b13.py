"""B13: ReLU and LeakyReLU(0.1) shrink the area of generalisation against Tanh, turning large wd into confusion."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.diagrams import shown_in
from grokkit.claims.rules.toy import LOOKS, SETUPS, cells, diagrams, generalises
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 12
EFFECT = "share of pairs of seeds with less generalisation under ReLU than under Tanh, classification"
OTHERS = ("relu", "leaky_relu(0.1)")
LARGE = 3
"""The weight decays from this row on count as large: the upper half of six."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Both setups at fresh data seeds, with all three activations."""
    kinds = [(setup, activation) for setup in SETUPS for activation in ("tanh", *OTHERS)]
    return table.loc[
        [label for setup, activation in kinds for label in cells(table, setup, activation=activation).index]
    ]


def rule(table: pd.DataFrame) -> Verdict:
    """Two tests for each setup and activation: in more than half of all pairs of seeds, do fewer cells generalise than
    under Tanh, and are more cells of large weight decay in confusion?

    Both diagrams of a pair have the same data and were drawn from the same random numbers. Large: in the upper half of
    the weight decays.
    """
    kinds = [(setup, activation) for setup in SETUPS for activation in OTHERS]
    pairs = {kind: _beside_tanh(table, *kind) for kind in kinds}
    return verdict([test(*kind, pairs[kind]) for test in (_shrinks, _confuses) for kind in kinds], LEVEL, EFFECT)


def area(diagram: np.ndarray) -> int:
    """Cells that generalise."""
    return int(generalises(diagram).sum())


def confused_at_large_decay(diagram: np.ndarray) -> int:
    """Cells of large weight decay that end in confusion."""
    return int((diagram[LARGE:] == "confusion").sum())


def _beside_tanh(table: pd.DataFrame, setup: str, activation: str) -> list[tuple[np.ndarray, np.ndarray]]:
    theirs, tanh = diagrams(table, setup, activation=activation), diagrams(table, setup)
    return [(theirs[seed], tanh[seed]) for seed in theirs if seed in tanh]


def _shrinks(setup: str, activation: str, pairs: list[tuple[np.ndarray, np.ndarray]]) -> Finding:
    areas = [(area(other), area(tanh)) for other, tanh in pairs]
    told = f"generalise in fewer cells (medians {_medians(areas)} under Tanh)"
    return shown_in(f"{activation}, {setup}", [other < tanh for other, tanh in areas], told, LOOKS[0])


def _confuses(setup: str, activation: str, pairs: list[tuple[np.ndarray, np.ndarray]]) -> Finding:
    counts = [(confused_at_large_decay(other), confused_at_large_decay(tanh)) for other, tanh in pairs]
    told = f"have more confusion at large weight decay (medians {_medians(counts)} under Tanh)"
    holds = [other > tanh for other, tanh in counts]
    return shown_in(f"confusion, {activation}, {setup}", holds, told, LOOKS[0])


def _medians(counts: list[tuple[int, int]]) -> str:
    other, tanh = np.median(counts, axis=0) if counts else (np.nan, np.nan)
    return f"{other:g} cells, {tanh:g}"
