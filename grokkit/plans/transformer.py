"""Chapter 2: source A's transformer, as coded and at width 128: over moduli, over fractions, in a square of seeds."""

from __future__ import annotations

from functools import cached_property
from types import SimpleNamespace

from grokkit import models
from grokkit.analysis.variance import latin_square
from grokkit.claims.rules.transformer import ALPHAS, PRIMES
from grokkit.config.request import Until
from grokkit.config.run import Run
from grokkit.plans.plan import Plan
from grokkit.sources import a
from grokkit.train.experiment import Experiment

MORE_SEEDS = 3
"""At the centre: A1 and A2 are counted there, and eight runs of a form can pass, if all do."""
TINY = {
    "as coded": models.Transformer(width=None, layers=1, heads=1, feed_forward=8),
    "width 128": models.Transformer(width=8, layers=1, heads=1, feed_forward=8),
}


class Transformers(Plan):
    """All moduli at one fraction, all fractions at one modulus; where these meet, the *centre*, a square of seeds.

    first_seed: seeds 0 to 4 were seen before there was a rule. smallest_fraction: that of 0.2 costs more than all
    others together.
    """

    first_seed: int = 10
    smallest_fraction: float = 0.2

    @cached_property
    def chosen(self) -> SimpleNamespace:
        """What the profile decides; square: levels of a seed."""
        both, coded = tuple(a.FORMS), ("as coded",)
        kept = tuple(alpha for alpha in ALPHAS if alpha >= self.smallest_fraction)
        usual, to_the_end = Until(steps=a.STEPS), Until(steps=a.STEPS, accuracy=None)
        return self.choose(
            #           smoke             laptop           evidence        source
            forms=     (both,             both,            both,           coded),
            centre=    (11,               a.P,             a.P,            a.P),
            moduli=    ((7, 11),          (97, 197),       PRIMES,       PRIMES),
            fractions= ((0.4, 0.6),       (0.3, 0.4, 0.6), kept,           kept),
            seeds=     (1,                1,               5,              5),
            more=      (0,                0,               MORE_SEEDS,     MORE_SEEDS),
            square=    (3,                0,               5,              0),
            until=     (Until(steps=40),  usual,           usual,          to_the_end),
        )  # fmt: skip

    def run(self, form: str, p: int | None = None, alpha: float = a.ALPHA, **others: object) -> Run:
        """Return a run of a form; without more, at the centre."""
        tiny = {"model": TINY[form]} if self.profile == "smoke" else {}
        return a.transformer(form, p=p or self.chosen.centre, alpha=alpha, **tiny, **others)

    @property
    def settings(self) -> list[tuple[int, float, int]]:
        """Every (p, alpha) with its number of seeds: the centre, then the moduli, then the fractions."""
        its = self.chosen
        moduli = [(p, a.ALPHA, its.seeds) for p in its.moduli if p != its.centre]
        fractions = [(its.centre, alpha, its.seeds) for alpha in its.fractions if alpha != a.ALPHA]
        return [(its.centre, a.ALPHA, its.seeds + its.more), *moduli, *fractions]

    @property
    def grid(self) -> list[Run]:
        """Every setting in every form, at the same seeds."""
        places = [(form, p, alpha, count) for p, alpha, count in self.settings for form in self.chosen.forms]
        first = self.first_seed
        return [self.run(*place, seed=seed) for *place, count in places for seed in range(first, first + count)]

    @property
    def square(self) -> list[Run]:
        """The centre at width 128, with data, initial weights and batches that change one by one."""
        levels = range(self.first_seed, self.first_seed + self.chosen.square)
        triples = latin_square(levels) if levels else []
        return [self.run("width 128", seeds=each) for each in triples]

    @property
    def experiments(self) -> list[Experiment]:
        """The grid, and the square where there is one."""
        return [Experiment(runs, self.chosen.until) for runs in (self.grid, self.square) if runs]
