"""Records of the chapter on MNIST with diagrams made up to order, for tests of its rules."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import numpy as np
from mnist import mnist_run

import grokkit as gk
from grokkit.sources import b

AS_TOLD = ["MGCCCC", "GGCCCC", "GGCCCX", "CCCCXX", "CCCXXX"]
"""A diagram as the source tells it: weight decay downwards, learning rate to the right."""
T_TRAIN = [
    [1000, 950, 500, 600, 700, 800],
    [1000, 900, 400, 300, 150, 60],
    [900, 880, 300, 80, 60, 0],
    [600, 500, 60, 50, 0, 0],
    [400, 450, 300, 0, 0, 0],
]
LATENESS = {"C": 110, "G": 20_000, "M": 108_000, "X": 0}
"""T_val - T_train in steps; the longer ones differ from cell to cell."""
CORNER = (4000, np.nan)
LONGER = 150_000
"""Steps: the source's, of its smooth diagrams."""


def a_cell(row: int, column: int, seed: int, **others) -> gk.Run:
    """row -1: the corner."""
    decay = b.CORNER[0] if row < 0 else b.MNIST_DECAYS[row]
    return mnist_run(b.MNIST_RATES[column], decay, seed, **others)


def a_record(
    run: gk.Run, t_train: float, t_val: float, budget: int = LONGER, diverges: bool = False, end: float = 0.7
) -> gk.Record:
    """A run that ends at its arrival, its divergence or its budget; NaN in a time: never. end: accuracy it has then."""
    t_train, t_val = (t if t <= budget else np.nan for t in (t_train, t_val))
    arrives = np.isfinite([t_train, t_val]).all()
    last = int(max(t_train, t_val)) + 50 if arrives else 400 if diverges else budget
    steps = np.unique([s for s in (0, 5, 500, t_train, t_val, last) if np.isfinite(s) and s <= last]).astype(np.int64)
    curves = {}
    for name, time in (("train", t_train), ("val", t_val)):
        curves[f"{name}_accuracy"] = np.where(steps >= time, 0.7, 0.1).astype(np.float32)
        curves[f"{name}_accuracy"][-1] = end if np.isfinite(time) else 0.1
    status = "diverged" if diverges else "reached" if arrives else "budget"
    return gk.Record(run.key, json.loads(run.to_json()), steps, curves, last, status, {"seconds": 3.6})


def a_diagram(
    seed: int,
    letters: Sequence[str] = AS_TOLD,
    t_train: Sequence[Sequence[float]] = T_TRAIN,
    corner: tuple[float, float] = CORNER,
    budget: int = LONGER,
    corner_end: float = 0.1,
    lateness: dict[str, float] = LATENESS,
) -> list[gk.Record]:
    """31 cells: what each is, and when it fits the training set (cells of confusion never do)."""
    slower = 1 + 0.002 * (seed % 5)
    records = [a_record(a_cell(-1, 5, seed), *corner, min(budget, b.STEPS), end=corner_end)]
    for row, line in enumerate(letters):
        for column, letter in enumerate(line):
            fits = slower * (t_train[row][column] or 700)
            late = lateness[letter] * (1 + 0.05 * column + 0.02 * row)
            times = (np.nan, np.nan) if letter == "X" else (round(fits), round(fits + late))
            records.append(a_record(a_cell(row, column, seed), *times, budget, diverges=letter == "X"))
    return records


def a_sample(seeds: Iterable[int] = range(21, 29), exceptions: int = 0, **odd) -> list[gk.Record]:
    """The chapter's diagrams; the first so many of them are made with other settings."""
    return [
        record for place, seed in enumerate(seeds) for record in a_diagram(seed, **odd if place < exceptions else {})
    ]
