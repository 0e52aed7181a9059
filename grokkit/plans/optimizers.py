"""Chapter 5: nine ways to train source A's transformer; what decides most at least cost comes first."""

from __future__ import annotations

from functools import cached_property
from types import SimpleNamespace
from typing import Any

from grokkit.claims.rules.optimizers import FIRST_SEEDS, UP_TO_HALF
from grokkit.config.request import Until
from grokkit.config.run import Batch, Run
from grokkit.plans.plan import Plan
from grokkit.sources import a
from grokkit.train.experiment import Experiment

SMALL, HALF, LARGE = 0.3, 0.5, 0.8
"""Fractions at which all methods are compared."""
SOURCE_FRACTIONS = tuple(percent / 100 for percent in range(20, 81, 5))
"""Those of the source's code."""
RATES = {"SGD": (1.0, 0.1, 0.01), "heavy ball": (0.03, 0.01, 0.003), "RMSProp": (0.01, 0.003, 0.001)}
"""Learning rates to choose from, at the large fraction and at TUNING_SEEDS."""
TUNING_SEEDS = (30, 31)
FRESH = 50
"""By so much the seeds of what is compared with the grid begin later: no run of the grid has them."""
TINY = {"layers": 1, "heads": 1, "head_width": 8, "feed_forward": 8}

FROM_HALF_DOWN = UP_TO_HALF[::-1]
DECISIVE = (
    (("SGD", "Adam"), (LARGE,)),  # A13
    (("AdamW 1", "Adam", "Adam, batch 128"), FROM_HALF_DOWN),  # A15
    (("Adam, dropout 0.1",), FROM_HALF_DOWN),  # A12
    (("AdamW 1", "Adam, batch 128", "Adam, dropout 0.1"), (LARGE,)),  # A11
    (("RMSProp", "heavy ball", "Nesterov"), (LARGE, SMALL)),  # A14
)
"""Which methods, at which fractions: they only bring forward what decides."""


class Optimizers(Plan):
    """Every method at every fraction, with seeds of its own; and, aside, learning rates and the full batch.

    budget: steps that a run is watched for; the source has 100,000. extras: True adds what is aside, which no rule
    reads. sgd_rate, heavy_ball_rate, rmsprop_rate: learning rates that the tuning chose, per step; 0 is none yet.
    """

    budget: int = 10_000
    extras: bool = False
    sgd_rate: float = 0.0
    heavy_ball_rate: float = 0.0
    rmsprop_rate: float = 0.0

    @cached_property
    def chosen(self) -> SimpleNamespace:
        """What the profile decides; first: what is brought forward; more: of AdamW 1, with which most are compared."""
        two, three = (LARGE, HALF), (HALF, SMALL, LARGE)
        watched, to_the_end = Until(steps=self.budget), Until(steps=a.STEPS, accuracy=None)
        return self.choose(
            #           smoke             laptop               evidence   source
            p=         (7,                a.P,                 a.P,       a.P),
            fractions= (two,              two,                 three,     SOURCE_FRACTIONS),
            first=     ((),               (),                  DECISIVE,  ()),
            seeds=     (1,                1,                   5,         1),
            more=      (0,                0,                   1,         0),
            until=     (Until(steps=40),  Until(steps=3_000),  watched,   to_the_end),
        )  # fmt: skip

    @property
    def rates(self) -> dict[str, float]:
        """The learning rates that the tuning chose."""
        return {"SGD": self.sgd_rate, "heavy ball": self.heavy_ball_rate, "RMSProp": self.rmsprop_rate}

    def run(self, method: str, alpha: float, seed: int, **others: Any) -> Run:
        """Return a run of a method, or of the same with another rate or batch."""
        tiny = {"model": a.method(method).model.model_copy(update=TINY)} if self.profile == "smoke" else {}
        return a.method(method, p=self.chosen.p, alpha=alpha, seed=seed, **tiny, **others)

    def seeds(self, method: str) -> range:
        """The seeds of a method at each of its fractions."""
        first = FIRST_SEEDS[method]
        return range(first, first + self.chosen.seeds + (self.chosen.more if method == "AdamW 1" else 0))

    @property
    def grid(self) -> dict[Run, str]:
        """What rules read: run -> method."""
        order = [*self.chosen.first, (tuple(a.METHODS), self.chosen.fractions)]
        settings = dict.fromkeys((method, alpha) for names, at in order for alpha in at for method in names)
        return {self.run(*each, seed): each[0] for each in settings for seed in self.seeds(each[0])}

    @property
    def tuning(self) -> dict[Run, str]:
        """Every rate that is tried."""
        tried = [(method, rate) for method, rates in RATES.items() for rate in rates]
        return {self.run(method, LARGE, seed, rate=rate): method for method, rate in tried for seed in TUNING_SEEDS}

    @property
    def tuned(self) -> dict[Run, str]:
        """The chosen rates, with fresh seeds."""
        rates = {method: rate for method, rate in self.rates.items() if rate}
        settings = [
            (method, alpha, seed) for method in rates for alpha in (LARGE, SMALL) for seed in self._fresh(method)
        ]
        return {self.run(*each, rate=rates[each[0]]): each[0] for each in settings}

    @property
    def full_batch(self) -> dict[Run, str]:
        """Adam on everything at once, with fresh seeds."""
        return {self.run("Adam", HALF, seed, batch=Batch(size=None)): "full" for seed in self._fresh("Adam")}

    @property
    def experiments(self) -> list[Experiment]:
        """The grid, and what is aside."""
        aside = (self.tuning, self.tuned, self.full_batch) if self.extras else ()
        return [Experiment(list(runs), self.chosen.until) for runs in (self.grid, *aside) if runs]

    def _fresh(self, method: str) -> range:
        first = FIRST_SEEDS[method] + FRESH
        return range(first, first + self.chosen.seeds)
