"""Chapter 10: source C's LSTM, whose weight decay goes off or comes on while it trains."""

from __future__ import annotations

from functools import cached_property
from types import SimpleNamespace
from typing import Any, NamedTuple

from grokkit.claims.rules.switching import DECAYS, EXTENDED
from grokkit.config.request import Measure, Until
from grokkit.config.run import Moment, Run, Seeds
from grokkit.plans.plan import Plan
from grokkit.sources import c
from grokkit.train.experiment import Experiment

MOST, COMPARED = 8, 5
"""Seeds where a rule asks what most runs do, with one to spare, and where it compares two settings."""
PRINTED_SEEDS = 3
"""Of each setting at the source's own weight decay in the evidence: too few to decide."""
SEEN_ON = 20
"""Evaluations for which a run is watched after T_val, where norms matter."""
ANCHOR = Until(steps=EXTENDED["float64"])
"""Of runs without weight decay in float64."""
ON_AT, ON_DOUBLE_AT = f"on at {c.PRINTED_DECAY:g}", f"on at {2 * c.PRINTED_DECAY:g}"
LAPTOP = ("on", "off at T_train", "off at 1.25 T_val", "on at 2 T_train, double")


class Part(NamedTuple):
    """Runs that differ by their seeds alone, and what the page calls them: how weight decay goes, and when."""

    direction: str
    moment: str
    run: Run
    count: int
    until: Until


def called(way: str) -> tuple[str, str]:
    """Return what the page calls one of source C's SWITCHES: 'on, double' and '2 T_train'."""
    direction, _, when = way.partition(" at ")
    moment, _, double = when.partition(", ")
    return f"{direction}, {double}" if double else direction, moment or "start"


class Switching(Plan):
    """Part by part, what decides most first; no two runs share a seed.

    first_seed: seeds 0 to 9 are never used for evidence. budget: steps for runs that lose weight decay late; others:
    less or more. long_budget: the source's 6,000 epochs. asides: also what no rule reads: more moments, the source's
    epochs.
    """

    first_seed: int = 100
    budget: int = 90_000
    long_budget: int = c.STEPS
    asides: bool = False

    @cached_property
    def chosen(self) -> SimpleNamespace:
        """What the profile decides; `most`: seeds of a part."""
        judged, short = self.judged, Until(steps=20, accuracy=None)
        few = {way: judged[way] for way in LAPTOP}
        all_short, between_short = (dict.fromkeys(ways, short) for ways in (judged, self.between))
        between, printed = (self.between, self.epochs) if self.asides else ({}, {})
        every_epoch = dict.fromkeys((*c.EARLY, *c.LATE), Until(steps=self.long_budget, accuracy=None))
        at_other, seen = {0.2: Until(steps=20, extra=SEEN_ON)}, c.SEEN_EVERY
        tiny = {"width": 8, "size": 8}
        return self.choose(
            #         smoke           laptop   evidence     source
            p=       (7,              c.P,     c.P,         c.P),
            network= (tiny,           {},      {},          {}),
            every=   (10,             seen,    seen,        seen),
            most=    (1,              1,       MOST,        COMPARED),
            ways=    (all_short,      few,     judged,      {}),
            decays=  (at_other,       {},      self.decays, {}),
            anchor=  (short,          None,    ANCHOR,      None),
            between= (between_short,  {},      between,     {}),
            printed= ({1: short},     {},      printed,     every_epoch),
        )  # fmt: skip

    @property
    def judged(self) -> dict[str, Until]:
        """Of source C's SWITCHES those that rules read, and how long each is watched."""
        on, late = (Until(steps=times * self.budget, extra=SEEN_ON) for times in (1, 2))
        early, after = (Until(steps=steps, accuracy=None) for steps in (2 * self.budget // 3, self.budget))
        return {
            "on": on,
            "off at T_train": early,
            "off at epoch 20": early,
            "off at T_val": after,
            "off at 1.25 T_val": after,
            "on at 2 T_train": late,
            "on at 2 T_train, double": late,
            "off": Until(steps=self.long_budget),
        }

    @property
    def between(self) -> dict[str, Until]:
        """Moments between those that rules read, and earlier ones."""
        off, on = self.judged["off at T_val"], self.judged["on at 2 T_train"]
        removed = ("off at 1.5 T_train", "off at 2 T_train", "off at 3 T_train")
        return dict.fromkeys(removed, off) | dict.fromkeys(("on at T_train", "on at T_train, double"), on)

    @property
    def decays(self) -> dict[float, Until]:
        """Other weight decays, throughout; those below the usual one take twice as long."""
        times = {decay: 2 if decay < c.DECAY else 1 for decay in DECAYS if decay != c.DECAY}
        return {decay: Until(steps=k * self.budget, extra=SEEN_ON) for decay, k in times.items()}

    @property
    def epochs(self) -> dict[int, Until]:
        """The last of the source's early and late epochs, at its own weight decay."""
        budgets = {c.EARLY[-1]: 300_000, c.LATE[-1]: self.long_budget}
        return {epoch: Until(steps=steps, accuracy=None) for epoch, steps in budgets.items()}

    def run(self, decay: float, to: float | None = None, at: Moment | None = None, **others: Any) -> Run:
        """Return a run whose weight decay is `to` from a moment on."""
        usual = {"p": self.chosen.p, "every": self.chosen.every} | self.chosen.network
        return c.switching(decay, to, at, **usual | others)

    @property
    def parts(self) -> list[Part]:
        """All that is asked, in the order of their seeds."""
        chosen = self.chosen
        found = [self._part(way, until) for way, until in chosen.ways.items()]
        found += [Part(f"on at {x:g}", "start", self.run(x), COMPARED, until) for x, until in chosen.decays.items()]
        if chosen.anchor:
            found.append(Part("off, float64", "start", self.run(0.0, precision="float64"), COMPARED, chosen.anchor))
        found += [self._part(way, until) for way, until in chosen.between.items()]
        return found + (self._scaled_back if self.profile == "source" else []) + self._as_printed

    def _part(self, way: str, until: Until) -> Part:
        count = COMPARED if way in ("off", *self.between) else MOST
        return Part(*called(way), self.run(*c.SWITCHES[way]), count, until)

    @property
    def _scaled_back(self) -> list[Part]:
        """Those without an epoch, at the source's own weight decay, watched for as long as it does."""
        whole, decay, at = (
            Until(steps=self.long_budget, accuracy=None),
            c.PRINTED_DECAY,
            c.SWITCHES["on at 2 T_train"][2],
        )
        runs = {
            (ON_AT, "start"): self.run(decay),
            ("off", "start"): self.run(0.0),
            (ON_AT, "2 T_train"): self.run(0.0, decay, at),
            (ON_DOUBLE_AT, "2 T_train"): self.run(0.0, 2 * decay, at),
        }
        return [Part(*name, run, COMPARED, whole) for name, run in runs.items()]

    @property
    def _as_printed(self) -> list[Part]:
        decay, found = c.PRINTED_DECAY, []
        for epoch, until in self.chosen.printed.items():
            run = self.run(decay, 0.0, Moment(epoch=epoch))
            found.append(Part(f"{decay:g} off", f"epoch {epoch}", run, PRINTED_SEEDS, until))
        return found

    @cached_property
    def runs(self) -> dict[Part, list[Run]]:
        """Each part's runs; their seeds go on from part to part."""
        found, first = {}, self.first_seed
        for part in self.parts:
            seeds = range(first, first + min(part.count, self.chosen.most))
            found[part] = [part.run.model_copy(update={"seeds": Seeds.all(seed)}) for seed in seeds]
            first = seeds.stop
        return found

    @cached_property
    def named(self) -> dict[str, tuple[str, str]]:
        """A run's key -> its direction and moment."""
        return {run.key: (part.direction, part.moment) for part, runs in self.runs.items() for run in runs}

    @property
    def experiments(self) -> list[Experiment]:
        """Part by part."""
        measure = Measure(every=self.chosen.every)
        return [Experiment(runs, part.until, measure) for part, runs in self.runs.items()]
