"""Chapter 13: networks trained at a norm of the weights that is held, and free ones from large initial weights."""

from __future__ import annotations

from functools import cached_property
from itertools import product
from types import SimpleNamespace
from typing import Any

from grokkit.config.request import Measure, Until
from grokkit.config.run import Run
from grokkit.models import Transformer
from grokkit.plans.plan import Plan
from grokkit.sources import d
from grokkit.tasks import MNIST
from grokkit.train.experiment import Experiment

FIRST_SEED = 1000
STAND_IN = MNIST(digits="8x8", per_class=100)
TINY = Transformer.nanda().model_copy(update={"width": 8, "heads": 1, "head_width": 8, "feed_forward": 8})
OF_IMAGES = (100, 400)
"""Training images of the landscapes on either side of the critical size."""
LONGEST = {"fixed": 5_000, "free": 20_000}
"""Steps for which sums are watched."""


class WeightNorm(Plan):
    """Landscapes, and free runs beside them.

    budget: steps of a free run from large weights; the source's.
    """

    budget: int = d.STEPS

    @cached_property
    def chosen(self) -> SimpleNamespace:
        """What the profile decides; norms, few: of a landscape, and of those on few images."""
        short = min(self.budget, 20_000)
        return self.choose(
            #        smoke              laptop         evidence        source
            seeds=   (1,                1,             9,              1),
            norms=   (d.NORMS[3::4],    d.NORMS[::2],  d.NORMS,        d.NORMS),
            few=     (d.FEW_NORMS[::4], d.FEW_NORMS,   d.FEW_NORMS,    d.FEW_NORMS),
            students=(60,               3_000,         10_000,         10_000),
            images=  (20,               1_000,         5_000,          10_000),
            longer=  (20,               1_000,         10_000,         10_000),
            budget=  (40,               short,         self.budget,    d.STEPS),
            digits=  (STAND_IN,         MNIST(),       MNIST(),        MNIST()),
            p=       (7,                29,            53,             113),
            alpha=   (0.5,              0.5,           0.5,            0.3),
        )  # fmt: skip

    @property
    def seeds(self) -> range:
        """Those of the runs."""
        return range(FIRST_SEED, FIRST_SEED + self.chosen.seeds)

    def student(self, scale: float = 1.0, seed: int = FIRST_SEED, **others: Any) -> Run:
        """Return a run of a student."""
        return d.teacher_student(scale, seed=seed, **others)

    def mnist(self, scale: float = 1.0, seed: int = FIRST_SEED, **others: Any) -> Run:
        """Return a run on images."""
        return d.mnist(scale, seed=seed, digits=self.chosen.digits, **others)

    def large_mnist(self, scale: float, seed: int = FIRST_SEED) -> Run:
        """Return a run on images that may grok."""
        return d.large_mnist(scale, seed=seed, digits=self.chosen.digits, **self._fewer(500, 100))

    def sums(self, scale: float = 1.0, seed: int = FIRST_SEED, **others: Any) -> Run:
        """Return a run of Nanda's transformer."""
        tiny = {"model": TINY} if self.profile == "smoke" else {}
        size = {"p": self.chosen.p, "train_fraction": self.chosen.alpha}
        return d.sums(scale, seed=seed, **size | tiny | others)

    @cached_property
    def groups(self) -> dict[str, list[Run]]:
        """The runs by the names that the page has for them."""
        each, norms = self.seeds, self.chosen.norms
        of_large = d.LARGE["teacher-student"], d.LARGE["MNIST"]
        return {
            "teacher-student, held": [self.student(x, seed, held=True) for seed, x in product(each, norms)],
            "teacher-student, scale 2": [self.student(of_large[0], seed, decay=0.05) for seed in each],
            "teacher-student, scale 1": [self.student(1.0, seed, decay=0.05) for seed in each],
            "teacher-student, standard": [self.student(1.0, seed) for seed in each],
            "sums, fixed": [self.sums(d.FIXED, seed, held=True, decay=0.0) for seed in each],
            "sums, free": [self.sums(1.0, seed) for seed in each],
            "MNIST, standard": [self.mnist(1.0, seed) for seed in each],
            "MNIST, held": [self.mnist(x, seed, held=True) for seed, x in product(each, norms)],
            **{f"MNIST, {n} images": self._of_images(n) for n in OF_IMAGES},
            "MNIST, scale 8": [self.large_mnist(of_large[1], seed) for seed in each],
        }

    @property
    def experiments(self) -> list[Experiment]:
        """In the order of their price: students, sums, images."""
        return [Experiment(runs, self.until(name), self.measure(name)) for name, runs in self.groups.items()]

    def until(self, name: str) -> Until:
        """Return how long the runs of a group are watched: to the end where their loss there is what counts."""
        if name.endswith("held"):
            return Until(steps=self.chosen.images if "MNIST" in name else self.chosen.students, accuracy=None)
        if name.startswith("sums"):
            return Until(steps=min(self.chosen.budget, LONGEST[name.split()[-1]]), accuracy=d.SUMS_ACCURACY)
        if name.startswith("teacher"):
            return Until(steps=self.chosen.budget)
        steps = self.chosen.budget if "scale" in name else self.chosen.longer
        return Until(steps=steps, accuracy=d.MNIST_ACCURACY, extra=1)

    @staticmethod
    def accuracy(name: str) -> float:
        """Return what a group's accuracies must come to."""
        kinds = {"teacher": d.TEACHER_ACCURACY, "sums": d.SUMS_ACCURACY, "MNIST": d.MNIST_ACCURACY}
        return next(accuracy for kind, accuracy in kinds.items() if name.startswith(kind))

    def measure(self, name: str) -> Measure:
        """Return when a group is measured: finely at first, for what a student learns takes some hundred steps."""
        return Measure(every=500 if "MNIST" in name else 100, per_decade=25)

    def _of_images(self, count: int) -> list[Run]:
        """The landscapes on so many images, which in the smoke profile are a tenth as many."""
        size = self._fewer(count // 10, count // 20) or {"images": count}
        return [self.mnist(x, seed, held=True, **size) for seed, x in product(self.seeds, self.chosen.few)]

    def _fewer(self, images: int, size: int) -> dict[str, int]:
        """So many of the stand-in's images, in batches of that size, in the smoke profile."""
        return {"images": images, "size": size} if self.profile == "smoke" else {}
