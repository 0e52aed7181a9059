"""Chapter 13: networks trained at a norm of the weights that is held, and free ones from large initial weights."""

from __future__ import annotations

from functools import cached_property
from itertools import product
from types import SimpleNamespace
from typing import Any, NamedTuple

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
WITHIN = {"fixed": 5_000, "free": 20_000}
"""Steps for which sums are watched."""
FINELY = Measure(per_decade=25)
"""What a student learns takes some hundred steps."""
FINELY_AT_FIRST = Measure(every=500, per_decade=25)
"""Of networks whose validation sets are large."""


class Group(NamedTuple):
    """Runs under one name of the page, with what is asked of them.

    accuracy: at which the page and the rules take T_train and T_val.
    """

    runs: list[Run]
    accuracy: float
    until: Until
    measure: Measure

    @property
    def experiment(self) -> Experiment:
        """The same, to be trained."""
        return Experiment(self.runs, self.until, self.measure)


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
    def groups(self) -> dict[str, Group]:
        """By the names that the page has for them, in the order of their price: students, sums, images."""
        return self._of_students | self._of_sums | self._of_images

    @property
    def experiments(self) -> list[Experiment]:
        """Group by group."""
        return [group.experiment for group in self.groups.values()]

    @property
    def _of_students(self) -> dict[str, Group]:
        """Held ones are watched to the end, where their loss counts; free ones until both accuracies are at 99%."""
        held = [d.teacher_student(x, seed=seed, held=True) for seed, x in product(self.seeds, self.chosen.norms)]
        settings = {"scale 2": (d.LARGE["teacher-student"], 0.05), "scale 1": (1.0, 0.05), "standard": (1.0, 0.0)}
        asked = {"held": (held, Until(steps=self.chosen.students, accuracy=None))}
        for name, (scale, decay) in settings.items():
            runs = [d.teacher_student(scale, seed=seed, decay=decay) for seed in self.seeds]
            asked[name] = runs, Until(steps=self.chosen.budget)
        return {
            f"teacher-student, {name}": Group(runs, d.TEACHER_ACCURACY, until, FINELY)
            for name, (runs, until) in asked.items()
        }

    @property
    def _of_sums(self) -> dict[str, Group]:
        """At a fixed norm, and free."""
        fixed = [self.sums(d.FIXED, seed, held=True, decay=0.0) for seed in self.seeds]
        asked = {"fixed": fixed, "free": [self.sums(1.0, seed) for seed in self.seeds]}
        steps = {name: min(self.chosen.budget, most) for name, most in WITHIN.items()}
        return {
            f"sums, {name}": Group(runs, d.SUMS_ACCURACY, Until(steps=steps[name], accuracy=d.SUMS_ACCURACY), FINELY)
            for name, runs in asked.items()
        }

    @property
    def _of_images(self) -> dict[str, Group]:
        """Held ones of 200 images are watched to the end, where their loss counts; all others until they arrive."""
        held = [self.mnist(x, seed, held=True) for seed, x in product(self.seeds, self.chosen.norms)]
        asked = {
            "standard": ([self.mnist(1.0, seed) for seed in self.seeds], _until_arrived(self.chosen.longer)),
            "held": (held, Until(steps=self.chosen.images, accuracy=None)),
        }
        for count in OF_IMAGES:
            asked[f"{count} images"] = self._landscapes_on(count), _until_arrived(self.chosen.longer)
        large = [self.large_mnist(d.LARGE["MNIST"], seed) for seed in self.seeds]
        asked["scale 8"] = large, _until_arrived(self.chosen.budget)
        return {
            f"MNIST, {name}": Group(runs, d.MNIST_ACCURACY, until, FINELY_AT_FIRST)
            for name, (runs, until) in asked.items()
        }

    def _landscapes_on(self, count: int) -> list[Run]:
        """The landscapes on so many images, which in the smoke profile are a tenth as many."""
        size = self._fewer(count // 10, count // 20) or {"images": count}
        return [self.mnist(x, seed, held=True, **size) for seed, x in product(self.seeds, self.chosen.few)]

    def _fewer(self, images: int, size: int) -> dict[str, int]:
        """So many of the stand-in's images, in batches of that size, in the smoke profile."""
        return {"images": images, "size": size} if self.profile == "smoke" else {}


def _until_arrived(steps: int) -> Until:
    return Until(steps=steps, accuracy=d.MNIST_ACCURACY, extra=1)
