"""Chapter 7: norms of source A's transformer, watched on after it has arrived, and under weight decay alone."""

from __future__ import annotations

from functools import cached_property
from types import SimpleNamespace

from grokkit.config.request import Measure, Until
from grokkit.config.run import Run
from grokkit.models import Transformer
from grokkit.plans.plan import Plan
from grokkit.plans.summands import Summands
from grokkit.sources import a, d
from grokkit.train.experiment import Experiment

TINY = {
    "as coded": Transformer(width=None, layers=1, heads=1, head_width=8, feed_forward=8),
    "width 128": Transformer(width=8, layers=1, heads=1, head_width=8, feed_forward=8),
}
TINY_BATCH = 8


class Norms(Plan):
    """Each form of the transformer, the same as coded where only weight decay acts, and two summands by the MLP.

    first_seed: seeds 10 to 17 were looked at before there was a rule. budget: steps that a run is watched for, whenever
    it arrives.
    """

    first_seed: int = 40
    budget: int = 6_000

    @cached_property
    def chosen(self) -> SimpleNamespace:
        """What the profile decides; every: steps between evaluations, half as many as elsewhere."""
        short = min(self.budget, 4_000)
        return self.choose(
            #              smoke  laptop  evidence     source
            p=            (7,     a.P,    a.P,         a.P),
            seeds=        (1,     1,      10,          1),
            silent_seeds= (1,     1,      3,           3),
            steps=        (40,    short,  self.budget, a.STEPS),
            silent_steps= (40,    3_000,  3_000,       3_000),
            every=        (10,    50,     50,          50),
        )  # fmt: skip

    def run(self, form: str, seed: int = 0) -> Run:
        """Return a run of a form of the transformer."""
        return a.transformer(form, seed=seed, **self._size(form))

    def silenced(self, decay: float, seed: int = 0) -> Run:
        """Return a run of the transformer as coded that only decays."""
        return d.silenced(decay, seed=seed, **self._size("as coded"))

    @cached_property
    def groups(self) -> dict[str, list[Run]]:
        """The runs by the names that the page has for them."""
        seeds, silent = self._seeds(self.chosen.seeds), self._seeds(self.chosen.silent_seeds)
        found = {form: [self.run(form, seed) for seed in seeds] for form in a.FORMS}
        found["silenced"] = [self.silenced(decay, seed) for decay in d.DECAYS for seed in silent]
        return found | ({"MLP": self._lent.runs("MLP", 2)} if self.profile == "evidence" else {})

    @property
    def experiments(self) -> list[Experiment]:
        """The forms, what only decays, and the MLP, which no rule reads, as the chapter on summands asks for it."""
        whole, silent = (Until(steps=n, accuracy=None) for n in (self.chosen.steps, self.chosen.silent_steps))
        measure = Measure(every=self.chosen.every, layers=True)
        asked = [Experiment(self.groups[form], whole, measure) for form in a.FORMS]
        asked.append(Experiment(self.groups["silenced"], silent, measure))
        lent = [Experiment(self.groups["MLP"], self._lent.chosen.until)] if "MLP" in self.groups else []
        return asked + lent

    @property
    def _lent(self) -> Summands:
        return Summands(profile=self.profile)

    def _seeds(self, count: int) -> range:
        return range(self.first_seed, self.first_seed + count)

    def _size(self, form: str) -> dict[str, object]:
        tiny = {"model": TINY[form], "size": TINY_BATCH} if self.profile == "smoke" else {}
        return {"p": self.chosen.p} | tiny
