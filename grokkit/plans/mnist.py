"""Chapter 12: source B's phase diagram of MNIST on 30 of its cells, and one corner of it watched for less."""

from __future__ import annotations

from functools import cached_property
from itertools import product
from types import SimpleNamespace
from typing import NamedTuple

import pandas as pd

from grokkit.claims.published import published
from grokkit.config.request import Measure, Until
from grokkit.config.run import Run
from grokkit.plans.plan import Plan
from grokkit.sources import b
from grokkit.tasks import MNIST
from grokkit.train.experiment import Experiment

Cell = tuple[float, float]
"""Weight decay and learning rate."""

CELLS: list[Cell] = [(decay, rate) for rate, decay in product(b.MNIST_RATES, b.MNIST_DECAYS)]
"""Those with long runs come first."""
IN_SINGLE = [CELLS[i] for i in (2, 6, 7, 10, 11)]
FRESH = range(21, 29)
"""Six cells of seed 20 were seen before the rules were fixed."""
STAND_IN = MNIST(digits="8x8", per_class=170)
OF_TORCHVISION = MNIST(per_class=1100)
"""11,000 digits, of which the source's figures are made."""


class Part(NamedTuple):
    """Some cells, of diagrams whose seeds are these."""

    seeds: range
    cells: list[Cell]
    steps: int
    precision: str = "float64"


class Mnist(Plan):
    """A diagram for each seed.

    budget: steps; the source's, of its phases. longer: the source's, of its smooth diagrams. asides: whether to ask,
    too, for what no rule reads: five cells in single precision.
    """

    budget: int = b.STEPS
    longer: int = 150_000
    asides: bool = False

    @cached_property
    def chosen(self) -> SimpleNamespace:
        """What the profile decides."""
        smoke, laptop = 40, min(self.budget, 10_000)
        ends = [CELLS[0], CELLS[-1], b.CORNER]
        everything, corner, one = [*CELLS, b.CORNER], [b.CORNER], FRESH[:1]
        judged = [Part(FRESH, CELLS, self.longer), Part(FRESH, corner, self.budget)]
        aside = [Part(FRESH, IN_SINGLE, self.longer, "float32")] if self.asides else []
        of_source = [Part(range(1), _published_cells(), self.longer)]
        return self.choose(
            #        smoke                      laptop                           evidence           source
            digits= (STAND_IN,                  MNIST(),                         MNIST(),           OF_TORCHVISION),
            budget= (smoke,                     laptop,                          self.budget,       self.budget),
            longer= (smoke,                     laptop,                          self.longer,       self.longer),
            parts=  ([Part(one, ends, smoke)],  [Part(one, everything, laptop)], judged + aside,    of_source),
        )  # fmt: skip

    @property
    def measure(self) -> Measure:
        """When it is measured: on all training and validation images."""
        rest = self.chosen.digits.examples - b.MNIST_TRAINING
        return Measure(every=2000, per_decade=25, full_per_decade=1, sample=rest)

    def until(self, steps: int) -> Until:
        """Return how long runs are watched."""
        return Until(steps=steps, accuracy=b.MNIST_ACCURACY, extra=1)

    def run(self, cell: Cell, seed: int, precision: str = "float64") -> Run:
        """Return the run of a cell in the diagram of a seed."""
        decay, rate = cell
        return b.mnist(decay=decay, rate=rate, seed=seed, digits=self.chosen.digits, precision=precision)

    @property
    def experiments(self) -> list[Experiment]:
        """Seed by seed."""
        return [Experiment(self._runs(part), self.until(part.steps), self.measure) for part in self.chosen.parts]

    def _runs(self, part: Part) -> list[Run]:
        return [self.run(cell, seed, part.precision) for seed, cell in product(part.seeds, part.cells)]


def _published_cells() -> list[Cell]:
    """Those of the source's Figures 2 and 5."""
    both = pd.concat([published("b_fig2"), published("b_fig5")])
    return list(dict.fromkeys(zip(both["weight_decay"], both["learning_rate"], strict=True)))
