"""Chapter 1: one run that groks, and the same from more seeds."""

from __future__ import annotations

from functools import cached_property
from types import SimpleNamespace

from grokkit.config.request import Until
from grokkit.config.run import Run
from grokkit.models import Transformer
from grokkit.plans.plan import Plan
from grokkit.sources import a
from grokkit.train.experiment import Experiment

WIDE = a.FORMS["width 128"]
SMALL = Transformer(layers=1, width=16, feed_forward=32)


class Quickstart(Plan):
    """Source A's first figure at width 128, from fewer training sums, so that the wait is seen in minutes.

    train_fraction: of all sums; the source's is always 0.4. seed: of the run shown first: its split, weights and
    batches. live_store: folder of the first run's record, if it is another.
    """

    train: bool = True
    train_fraction: float = 0.3
    seed: int = 0
    live_store: str = ""

    @cached_property
    def chosen(self) -> SimpleNamespace:
        """What the profile decides."""
        short, given = Until(steps=20_000), self.train_fraction
        live = Until(steps=20_000, extra=1)  # somebody waits for it
        return self.choose(
            #          smoke             laptop  evidence  source
            p=        (37,               a.P,    a.P,      a.P),
            model=    (SMALL,            WIDE,   WIDE,     a.FORMS["as coded"]),
            fraction= (given,            given,  given,    a.ALPHA),
            seeds=    (1,                1,      5,        5),
            until=    (Until(steps=40),  live,   short,    Until(steps=a.STEPS)),
        )  # fmt: skip

    def run(self, seed: int, precision: str = "float32") -> Run:
        """Return the run of that seed."""
        chosen = self.chosen
        asked = {"p": chosen.p, "model": chosen.model, "alpha": chosen.fraction, "precision": precision}
        return a.transformer(seed=seed, **asked)

    @property
    def first(self) -> Experiment:
        """The run shown first."""
        return Experiment([self.run(self.seed)], self.chosen.until)

    @property
    def all_seeds(self) -> Experiment:
        """The same from several seeds, the first among them."""
        seeds = range(self.seed, self.seed + self.chosen.seeds)
        return Experiment([self.run(seed) for seed in seeds], self.chosen.until)

    @property
    def experiments(self) -> list[Experiment]:
        """The first run, then all."""
        return [self.first, self.all_seeds]
