"""Chapter 8: source A's transformer as coded, by AdamW and by sharpness-aware methods, from four kinds of weights."""

from __future__ import annotations

from functools import cached_property
from types import SimpleNamespace
from typing import Any

from grokkit.claims.own import OBSERVED
from grokkit.claims.rules.sharpness import first_seed
from grokkit.claims.tuning import TUNING_RUNS
from grokkit.config.request import Measure, Until
from grokkit.config.run import Run
from grokkit.models import Transformer
from grokkit.plans.plan import Plan
from grokkit.sources import a
from grokkit.train.experiment import Experiment

RADII = {
    "AdaSAM": (0.02, 0.1, 0.5),
    "AdaSAM with decay": (0.02, 0.1, 0.5),
    "SAM": (0.02, 0.1, 0.5),
    "ASAM": (0.1, 0.5, 2.5),
}
"""To choose from."""
MIDDLE = {method: tried[1] for method, tried in RADII.items()}
"""What stands untuned."""
ONE, TWO = a.INITIALISERS[:1], ("model", "orthogonal")
UNDER = {
    "AdamW": a.INITIALISERS,
    "AdaSAM": a.INITIALISERS,
    "AdaSAM with decay": a.INITIALISERS,
    "SAM": TWO,
    "ASAM": TWO,
    "published": ONE,
}
"""Method -> the initialisers it is tried with; those of five methods with two of them are A24's networks."""
TINY = Transformer(width=None, layers=1, heads=1, feed_forward=8)


class Sharpness(Plan):
    """A tuning that tries radii; then every method that has one, or needs none, at the chosen radius.

    budget: steps; the source's code has 100,000. rho_printed, rho_decay, rho_sam, rho_asam: radii that the tuning
    chose; 0 is none yet: of AdaSAM as printed, of AdaSAM with weight decay, of SAM and of ASAM. asides: also what no
    rule reads: the class that the source published.
    """

    budget: int = 6_000
    rho_printed: float = 0.0
    rho_decay: float = 0.0
    rho_sam: float = 0.0
    rho_asam: float = 0.0
    asides: bool = False

    @cached_property
    def chosen(self) -> SimpleNamespace:
        """What the profile decides."""
        tuned = dict(zip(RADII, (self.rho_printed, self.rho_decay, self.rho_sam, self.rho_asam), strict=True))
        own, judged = dict.fromkeys(UNDER, ONE), UNDER | {"published": ONE if self.asides else ()}
        tiny, some, at = {"p": 7, "size": 16, "model": TINY}, own | {"AdamW": TWO}, OBSERVED
        short, to_the_end = Until(steps=min(self.budget, 3_000)), Until(steps=a.STEPS, accuracy=None)
        return self.choose(
            #             smoke            laptop    evidence                   source
            network=     (tiny,            {},       {},                        {}),
            tuning_runs= (0,               0,        TUNING_RUNS,               0),
            radii=       (MIDDLE,          MIDDLE,   tuned,                     MIDDLE),
            under=       (some,            own,      judged,                    UNDER),
            seeds=       (1,               1,        6,                         6),
            until=       (Until(steps=20), short,    Until(steps=self.budget),  to_the_end),
            observed_at= (10,              at,       at,                        at),
        )  # fmt: skip

    def run(
        self, method: str, initialiser: str = "model", seed: int = 0, *, tuning: bool = False, **others: Any
    ) -> Run:
        """Return a run of a method; its seeds are counted from the first of its own with the initialiser."""
        seed = first_seed(method, initialiser, tuning) + seed
        return a.sharpness_aware(method, initialiser, seed=seed, **self.chosen.network | others)

    @cached_property
    def tuning(self) -> dict[Run, str]:
        """The runs that choose, and the method of each: every radius, and AdamW from all kinds of weights."""
        asked = [(method, "model", rho) for method, tried in RADII.items() for rho in tried]
        asked += [("AdamW", initialiser, None) for initialiser in a.INITIALISERS]
        found = {}
        for method, initialiser, rho in asked:
            for seed in range(self.chosen.tuning_runs):
                found[self.run(method, initialiser, seed, tuning=True, rho=rho)] = method
        return found

    @cached_property
    def judged(self) -> dict[Run, str]:
        """The runs of the methods that have their radius or need none, and the method of each."""
        asked = [(method, i) for method in UNDER if method not in self.unchosen for i in self.chosen.under[method]]
        found = {}
        for method, initialiser in asked:
            for seed in range(self.chosen.seeds):
                found[self.run(method, initialiser, seed, rho=self.chosen.radii.get(method))] = method
        return found

    @property
    def unchosen(self) -> list[str]:
        """The methods that wait for their radius."""
        return [method for method, radius in self.chosen.radii.items() if not radius]

    @property
    def waiting(self) -> int:
        """How many runs will be asked for once these have it."""
        return self.chosen.seeds * sum(len(self.chosen.under[method]) for method in self.unchosen)

    @property
    def experiments(self) -> list[Experiment]:
        """The tuning; what may settle A21 alone; then method by method."""
        measure = Measure(observables=("sharpness",), observe_at=(self.chosen.observed_at,))
        until, tuning = self.chosen.until, list(self.tuning)
        asked = [Experiment(runs, until, measure) for runs in self._in_order if runs]
        return [Experiment(tuning, until), *asked] if tuning else asked

    @property
    def _in_order(self) -> list[list[Run]]:
        first = [run for run, method in self.judged.items() if method in ("AdamW", "AdaSAM")]
        first = [run for run in first if run.initialiser == "model"]
        later = {run: method for run, method in self.judged.items() if run not in first}
        return [first, *([run for run in later if later[run] == method] for method in UNDER)]
