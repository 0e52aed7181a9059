"""Records of the chapter on the toy with diagrams made up to order, for tests of its rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache

import numpy as np
from toy import THRESHOLD, toy_run

import grokkit as gk
from grokkit.analysis.phases import LETTERS
from grokkit.sources.b import DATA_SEED, LARGEST_DECAY, SETUPS, STEPS

RATES, DECAYS = np.logspace(-5, -2, 21), {s: np.linspace(0, most, 21) for s, most in LARGEST_DECAY.items()}
ROWS, COLUMNS = range(0, 21, 4), range(2, 21, 3)
"""Places of the coarse diagrams' cells among the source's 21 by 21."""
AS_TOLD = {
    "classification": ["CCCCGMM", "CCCCGMM", "CGGGGMM", "GGGGGMM", "MMGGGMX", "XXMMMXX"],
    "regression": ["GCCGMMM", "CCCCGMM", "CGCCGMM", "GGGGGMM", "GGGGGMX", "MGGMMXX"],
}
"""Coarse diagrams as the source tells them: weight decay downwards, learning rate to the right."""
LATENESS = {"C": (100, 950), "G": (1050, 50_000)}
LEARNED = (500, 90_000)
"""From where to where T_val - T_train of these cells lie, and T_train of those that memorise: without a gap."""


@cache
def a_cell(setup: str, row: int, column: int, data: int, init: int, **others) -> gk.Run:
    return toy_run(setup, float(RATES[column]), float(DECAYS[setup][row]), data, init, **others)


def a_record(run: gk.Run, t_train: float, t_val: float, budget: int = STEPS) -> gk.Record:
    """A run that was watched at every step; NaN in a time: never."""
    t_train, t_val = (t if t <= budget else np.nan for t in (t_train, t_val))
    arrives = np.isfinite([t_train, t_val]).all()
    end = int(max(t_train, t_val)) if arrives else budget
    steps = np.unique([s for s in (0, 1, 10, 100, 1000, 10_000, end) if s <= end]).astype(np.int64)
    curves = {}
    for name, time in (("train", t_train), ("val", t_val)):
        curves[f"{name}_passage"] = np.where(steps >= time, time, np.nan)
        curves[f"{name}_accuracy"] = np.where(steps >= time, 1.0, 0.1)
    curves = {name: values.astype(np.float32) for name, values in curves.items()}
    status, provenance = "reached" if arrives else "budget", {"seconds": 3.6}
    key, settings = identity(run)
    return gk.Record(key, json.loads(settings), steps, curves, end, status, watched=THRESHOLD, provenance=provenance)


@cache
def identity(run: gk.Run) -> tuple[str, str]:
    """Found once: a grid has 1,764 cells, and most tests make one."""
    return run.key, run.to_json()


def a_diagram(setup: str, letters: list[str], data: int, init: int, budget: int = STEPS) -> list[gk.Record]:
    places = [(row, column) for row in range(len(ROWS)) for column in range(len(COLUMNS))]
    times = dict(zip(places, times_of("".join(letters)), strict=True))
    return [
        a_record(a_cell(setup, ROWS[row], COLUMNS[column], data, init), *times[row, column], budget)
        for row, column in places
    ]


def times_of(letters: str) -> list[tuple[float, float]]:
    """T_train and T_val of each cell: those of a phase evenly spread in their logarithm, in the order of the cells."""
    spread = {letter: iter(np.geomspace(*ends, letters.count(letter))) for letter, ends in LATENESS.items()}
    spread["M"] = iter(np.geomspace(*LEARNED, letters.count("M")))
    never = {"M": lambda t: (round(t), np.nan), "X": lambda t: (np.nan, np.nan)}
    return [never.get(x, lambda late: (500, 500 + round(late)))(next(spread.get(x, iter([0.0])))) for x in letters]


def as_told(setup: str, data: int, init: int) -> list[str]:
    """The diagram of a pair of seeds: at large learning rates the data seed decides whether anything is memorised, and
    in one cell the model seed."""
    fails = np.random.default_rng(data).random((len(ROWS), 2)) < 0.5
    letters = np.array([list(line) for line in AS_TOLD[setup]])
    letters[:, -2:][fails & (letters[:, -2:] == "M")] = "X"
    letters[0, -1] = "XM"[init % 2]
    return ["".join(line) for line in letters]


def a_grid(
    told: Callable[[str, int, int], list[str]] = as_told,
    fresh: Iterable[int] = range(19, 31),
    own: Iterable[int] = range(31, 40),
    budget: int = STEPS,
) -> list[gk.Record]:
    """The chapter's diagrams: fresh data seeds, and the source's own with fresh model seeds."""
    pairs = [(seed, seed) for seed in fresh] + [(DATA_SEED, seed) for seed in own]
    return [
        record
        for setup in SETUPS
        for data, init in pairs
        for record in a_diagram(setup, told(setup, data, init), data, init, budget)
    ]


assert {letter for lines in AS_TOLD.values() for line in lines for letter in line} == set(LETTERS)
