"""Chapter 11: source B's phase diagrams of the toy, whole at its own seeds and coarse at fresh ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import product
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from grokkit.claims.rules.toy import AT_ITS_DATA, FRESH
from grokkit.config.request import Measure, Until
from grokkit.config.run import Run
from grokkit.plans.plan import Plan
from grokkit.sources import b
from grokkit.train import Experiment, train

Place = tuple[int, int]
"""Row and column of a diagram: places of the weight decay and of the learning rate among the source's 21."""
Pair = tuple[int, int]
"""Data seed and model seed."""


class Cell(NamedTuple):
    """Where a run stands, and in which diagram."""

    setup: str
    row: int
    column: int
    data: int
    init: int
    activation: str = "tanh"


WHOLE: list[Place] = [(i, j) for j, i in product(range(20, -1, -1), repeat=2)]
"""Long runs come first."""
COARSE = [(i, j) for i, j in WHOLE if i % 4 == 0 and j % 3 == 2]
CORNERS = [(i, j) for i, j in COARSE if i in (0, 20) and j in (2, 20)]
FIRST_LOOK = 9
"""Diagrams; the rules' seeds go on to 12 where 8 of 9 show a claim."""
FRESH_PAIRS = [(seed, seed) for seed in FRESH[:FIRST_LOOK]]
PAIRS_AT_ITS_DATA = [(b.DATA_SEED, seed) for seed in AT_ITS_DATA[:FIRST_LOOK]]
FOLLOWED = [(seed, seed) for seed in range(200, 212)]
"""Diagrams whose embeddings are followed to the end."""
OF_FIGURE_7 = list(product((41, 42, 43), (101, 102, 103)))
DOUBTED = {
    "classification": (
        (12, 13, 14, 15, 16, 16, 18, 19, 19, 20, 20),
        (19, 15, 14, 0, 2, 12, 4, 5, 6, 6, 9),
    ),
    "regression": (
        (6, 8, 9, 11, 13, 14, 14, 15, 15, 16, 17, 18, 19),
        (19, 20, 18, 15, 16, 15, 16, 14, 15, 13, 17, 16, 11),
    ),
}
"""Rows and columns of our cells in another phase than the source's."""
CLOSER = "regression", (8, 20)
"""One of them, at the largest learning rate."""
NUDGES = [{"init_scale": 1 + k * 1e-6} for k in range(1, 9)] + [{"precision": "float64"}]


class Toy(Plan):
    """Diagrams of two setups, each at pairs of a data seed and a model seed.

    data_seed, model_seed: of the whole diagrams; the source's, of its Figure 1. budget: steps; the source's.
    """

    data_seed: int = b.DATA_SEED
    model_seed: int = b.MODEL_SEED
    budget: int = b.STEPS

    @property
    def own(self) -> Pair:
        """The seeds of the whole diagrams."""
        return self.data_seed, self.model_seed

    @cached_property
    def chosen(self) -> SimpleNamespace:
        """What the profile decides."""
        own, laptop = [self.own], min(self.budget, 10_000)
        judged = [(own, WHOLE, "tanh"), (PAIRS_AT_ITS_DATA, COARSE, "tanh")]
        judged += [(FRESH_PAIRS, COARSE, activation) for activation in ("tanh", "relu", "leaky_relu(0.1)")]
        return self.choose(
            #          smoke                     laptop                   evidence     source
            diagrams= ([(own, CORNERS, "tanh")], [(own, COARSE, "tanh")], judged,      [(OF_FIGURE_7, WHOLE, "tanh")]),
            budget=   (40,                       laptop,                  self.budget, self.budget),
            followed= ((),                       (),                      FOLLOWED,    ()),
        )  # fmt: skip

    @property
    def until(self) -> Until:
        """How long a cell is watched: until both accuracies have been reached, at whichever step."""
        return Until(steps=self.chosen.budget, accuracy=b.TOY_ACCURACY, every_step=True)

    @property
    def measure(self) -> Measure:
        """When it is measured: curves are for the eye only."""
        return Measure(every=100_000, full_per_decade=1)

    def run(self, cell: Cell) -> Run:
        """Return the run of a cell."""
        decay, rate = b.TOY_DECAYS[cell.setup][cell.row], b.TOY_RATES[cell.column]
        seeds = {"data": cell.data, "init": cell.init}
        return b.toy(cell.setup, decay=decay, rate=rate, activation=cell.activation, **seeds)

    def nearest(self, setup: str, weight_decay: float, learning_rate: float) -> Run:
        """Return the run of the whole diagram whose cell is nearest to these settings."""
        row = int(np.argmin(np.abs(np.subtract(b.TOY_DECAYS[setup], weight_decay))))
        column = int(np.argmin(np.abs(np.subtract(b.TOY_RATES, learning_rate))))
        return self.run(Cell(setup, row, column, *self.own))

    @property
    def experiments(self) -> list[Experiment]:
        """Diagrams, then what is followed to the end, watched longer, or nudged."""
        asked = [self._grid(setup, *diagram) for diagram in self.chosen.diagrams for setup in b.SETUPS]
        asked += self._to_the_end()
        if self.profile == "evidence":
            asked += [self._longer(), Experiment(list(self._nudged().values()), self.until, self.measure)]
        return asked

    @cached_property
    def cells(self) -> dict[str, Cell]:
        """Key of a run -> its cell."""
        cells = [cell for diagram in self.chosen.diagrams for setup in b.SETUPS for cell in _cells(setup, *diagram)]
        cells += _cells("regression", self.chosen.followed, COARSE)
        found = {self.run(cell).key: cell for cell in cells}
        return found | {run.key: cell for (cell, _), run in self._nudged().items()}

    def _grid(self, setup: str, pairs: Sequence[Pair], places: Sequence[Place], activation: str) -> Experiment:
        runs = [self.run(cell) for cell in _cells(setup, pairs, places, activation)]
        return Experiment(runs, self.until, self.measure)

    def _to_the_end(self) -> list[Experiment]:
        runs = [self.run(cell) for cell in _cells("regression", self.chosen.followed, COARSE)]
        weights = {"observables": ("embedding",), "observe_at": (2000,)}
        finely = Measure(every=2000, per_decade=40, full_per_decade=1, **weights)
        return [Experiment(runs, Until(steps=self.chosen.budget, accuracy=None), finely)] if runs else []

    def _longer(self) -> Experiment:
        """What is in doubt, and of the fresh diagrams what is known to memorise, watched three times as long."""
        doubted = [self.run(Cell(setup, *place, *self.own)) for setup in b.SETUPS for place in doubted_of(setup)]
        fresh = [self.run(cell) for setup in b.SETUPS for cell in _cells(setup, FRESH_PAIRS, COARSE)]
        three_times = self.until.model_copy(update={"steps": 3 * self.budget})
        return Experiment(doubted + self._lasting(fresh), three_times, self.measure)

    def _lasting(self, runs: list[Run]) -> list[Run]:
        """Those that are known to memorise: B8 asks what becomes of them, and of no others."""
        asked = {"until": self.until, "measure": self.measure, "store": self.store or None, "missing": "report"}
        ended = [record for record in train(runs, **asked) if record.status == "budget"]
        learned = {record.key for record in ended if np.isfinite(record.curves["train_passage"][-1])}
        return [run for run in runs if run.key in learned]

    def _nudged(self) -> dict[tuple[Cell, int], Run]:
        """Runs from weights a millionth apart: nine of one doubted cell, four of the others, one of each coarse one."""
        if self.profile != "evidence":
            return {}
        places = [(setup, place) for setup in b.SETUPS for place in dict.fromkeys([*doubted_of(setup), *COARSE])]
        found = {}
        for setup, place in places:
            cell = Cell(setup, *place, *self.own)
            for k, nudge in enumerate(NUDGES[: _nudges_of(setup, place)]):
                found[cell, k] = self.run(cell).model_copy(update=nudge)
        return found


def doubted_of(setup: str) -> list[Place]:
    """Return where our cell is in another phase than the source's."""
    rows, columns = DOUBTED[setup]
    return list(zip(rows, columns, strict=True))


def _nudges_of(setup: str, place: Place) -> int:
    if (setup, place) == CLOSER:
        return len(NUDGES)
    return 4 if place in doubted_of(setup) else 1


def _cells(setup: str, pairs: Sequence[Pair], places: Sequence[Place], activation: str = "tanh") -> Iterator[Cell]:
    for pair, place in product(pairs, places):
        yield Cell(setup, *place, *pair, activation)
