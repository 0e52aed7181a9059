"""Chapter 9: source A's MLP with every activation that it tried, at its learning rate; on request at others, too."""

from __future__ import annotations

from functools import cached_property
from types import SimpleNamespace
from typing import Any

from grokkit.claims.rules.activations import FIRST_SEEDS, JUDGED, OURS
from grokkit.claims.tuning import TUNING_RUNS
from grokkit.config.request import Until
from grokkit.config.run import Run
from grokkit.plans.plan import Plan
from grokkit.sources import a
from grokkit.train.experiment import Experiment

RATES = (a.MLP_RATE, 1e-3, 2e-3, 4e-3)
"""The source's learning rate, and those to choose from, upwards: weights decay at learning rate times weight decay, so
that a lower rate waits longer."""
CHOSEN_RATES: dict[str, float] = {}
"""Activation -> the rate that the tuning chose; empty until it has run."""
TUNED = a.ACTIVATIONS[:3]
"""Those that are also tried at other rates, and with batch normalisation."""
LAPTOP = (*TUNED, "relu^3")


class Activations(Plan):
    """Every activation of the source at its own rate, which decides; then what no rule reads, if asked for.

    budget: steps that a run is watched for; the source's code has 100,000. asides: also other rates, batch
    normalisation and two more activations.
    """

    budget: int = 20_000
    asides: bool = False

    @cached_property
    def chosen(self) -> SimpleNamespace:
        """What the profile decides."""
        few = ("relu^2", "relu")
        ours, tuned = (OURS, TUNED) if self.asides else ((), ())
        tiny, short, until = {"p": 7, "size": 8, "hidden": (8, 8)}, Until(steps=20), Until(steps=self.budget)
        return self.choose(
            #            smoke           laptop    evidence        source
            network=    (tiny,           {},       {},             {}),
            names=      (few,            LAPTOP,   a.ACTIVATIONS,  a.ACTIVATIONS),
            ours=       ((),             (),       ours,           ()),
            tuned=      (few,            TUNED,    tuned,          TUNED),
            normalised= (("relu^2",),    (),       tuned,          ()),
            rates=      (RATES[:2],      (),       RATES,          ()),
            seeds=      (1,              1,        5,              1),
            tuning=     (1,              0,        TUNING_RUNS,    0),
            until=      (short,          until,    until,          Until(steps=a.STEPS, accuracy=None)),
        )  # fmt: skip

    def run(self, activation: str, seed: int = 0, **others: Any) -> Run:
        """Return a run of an activation; its seeds are counted from the first of its own."""
        seed = FIRST_SEEDS[activation] + seed
        return a.mlp(activation=activation, seed=seed, **self.chosen.network | others)

    @cached_property
    def parts(self) -> dict[str, list[Run]]:
        """The runs by what they are for, in the order in which they are trained."""
        return {
            "reported": self._reported(self.chosen.names),
            "tuning": self._tuning,
            "tuned": [run for name, rate in self._better.items() for run in self._reported((name,), rate=rate)],
            "ours": self._reported(self.chosen.ours),
            "normalised": self._reported(self.chosen.normalised, form="MLP (code)"),
        }

    def _reported(self, names: tuple[str, ...], **others: Any) -> list[Run]:
        return [self.run(name, seed, **others) for name in names for seed in range(self.chosen.seeds)]

    @property
    def _tuning(self) -> list[Run]:
        seeds = range(JUDGED, JUDGED + self.chosen.tuning)
        asked = [(name, rate) for name in self.chosen.tuned for rate in self.chosen.rates]
        return [self.run(name, seed, rate=rate) for name, rate in asked for seed in seeds]

    @property
    def _better(self) -> dict[str, float]:
        """Activation -> its best rate, where that is another than the source's."""
        chosen = {name: CHOSEN_RATES.get(name, a.MLP_RATE) for name in self.chosen.tuned}
        return {name: rate for name, rate in chosen.items() if rate != a.MLP_RATE}

    @property
    def experiments(self) -> list[Experiment]:
        """Part by part, what decides first."""
        return [Experiment(runs, self.chosen.until) for runs in self.parts.values() if runs]
