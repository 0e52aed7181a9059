"""Chapter 4: source C's RNN and LSTM, by the fraction they are shown, their initial weights and the way of training."""

from __future__ import annotations

from functools import cached_property
from types import SimpleNamespace
from typing import Any, NamedTuple

from grokkit.claims.rules.recurrent import FIRST_SEED, LOOKS
from grokkit.config.request import Measure, Until
from grokkit.config.run import Run
from grokkit.plans.plan import Plan
from grokkit.sources import c
from grokkit.train.experiment import Experiment

FRACTIONS = c.FRACTIONS[::-1]
USUAL = 1.0
"""The size of PyTorch's own initial weights."""
LOOK, COMPARED = LOOKS[0], 5
"""Seeds of a setting where a rule asks what most runs do, and where it compares two settings."""
APART = LOOKS[-1]
"""Seeds from one setting's first to the next one's: room for a second look."""
PILOTS = {3e-4: 0, 1e-3: 2, 3e-3: 4}
"""The learning rates that were tried for the RNN, and the first seed of each."""
PRINTED = {USUAL: 10, c.SCALE: 20}
"""Of the runs at the source's weight decay: size of the initial weights, and seed."""
PRINTED_BUDGET = 300_000
TINY_MODULI = 7, 11


class Setting(NamedTuple):
    """What varies beside the network."""

    way: str
    fraction: float
    scale: float = c.SCALE
    p: int = c.P


WITHOUT = Setting("Adam", c.HALF)
"""Neither weight decay nor dropout."""


def each(way: str, fractions: tuple[float, ...], seeds: int, **others: Any) -> dict[Setting, int]:
    """Return a way's settings, one a fraction, and the number of seeds that each has."""
    return {Setting(way, fraction, **others): seeds for fraction in fractions}


class Recurrent(Plan):
    """Every setting that a rule reads, for both networks; before them what chose a rate, after them what is as printed.

    first_seed: smaller ones chose settings, or were seen before rules were fixed. budget: steps that an LSTM with
    weight decay is watched for. long_budget: an RNN, and whatever has no weight decay. check_modulus: fits the source's
    Table 7.1; no rule reads its runs. check_seeds: of each setting at that modulus. pilot_seeds: of each learning rate
    that was tried for the RNN; no rule reads them.
    """

    first_seed: int = 300
    budget: int = 150_000
    long_budget: int = 200_000
    check_modulus: int = 113
    check_seeds: int = 0
    pilot_seeds: int = 2

    @cached_property
    def chosen(self) -> SimpleNamespace:
        """What the profile decides."""
        first_two = dict.fromkeys(list(self._judged)[:2], 1)
        short, long, printed = self.budget, self.long_budget, PRINTED_BUDGET
        pilot, check = self.pilot_seeds, self.check_modulus
        tiny, (p, other_p), seen = {"width": 8, "size": 8}, TINY_MODULI, c.SEEN_EVERY
        return self.choose(
            #                smoke           laptop       evidence        source
            p=              (p,              c.P,         c.P,            c.P),
            check_modulus=  (other_p,        check,       check,          check),
            network=        (tiny,           {},          {},             {}),
            decay=          (c.DECAY,        c.DECAY,     c.DECAY,        c.PRINTED_DECAY),
            settings=       (self._tiny,     first_two,   self._judged,   self._judged | self._unscaled),
            pilots=         ({3e-3: 4},      PILOTS,      PILOTS,         PILOTS),
            pilot_seeds=    (1,              pilot,       pilot,          pilot),
            printed=        ({c.SCALE: 20},  {},          PRINTED,        {}),
            budget=         (30,             short,       short,          short),
            long_budget=    (30,             long,        long,           long),
            printed_budget= (30,             printed,     printed,        printed),
            every=          (10,             seen,        seen,           seen),
        )  # fmt: skip

    @property
    def _judged(self) -> dict[Setting, int]:
        """A setting's place decides its seeds."""
        return {
            **each("AdamW", FRACTIONS[:1], COMPARED, scale=USUAL),
            **each("AdamW", FRACTIONS, LOOK),
            **each("Adam", (c.HALF,), COMPARED),
            **each("Adam, dropout", (c.HALF,), COMPARED),
            **each("AdamW, dropout", FRACTIONS, LOOK),
            **each("AdamW", FRACTIONS, self.check_seeds, p=self.check_modulus),
        }

    @property
    def _unscaled(self) -> dict[Setting, int]:
        """Without weight decay nothing can be scaled, and what is judged has one fraction alone."""
        ends = FRACTIONS[::2]
        return each("Adam", ends, COMPARED) | each("Adam, dropout", ends, COMPARED)

    @property
    def _tiny(self) -> dict[Setting, int]:
        p, other_p = TINY_MODULI
        every = {Setting(way, fraction, p=p): 1 for way in c.WAYS for fraction in FRACTIONS[::2]}
        others = each("AdamW", FRACTIONS[:1], 1, scale=USUAL, p=p) | each("AdamW", FRACTIONS[:1], 1, p=other_p)
        return every | others

    def run(self, network: str, setting: Setting, **others: Any) -> Run:
        """Return a run of a network in a setting; the ways with weight decay have that of the profile."""
        with_decay = c.WAYS[setting.way][0] > 0
        usual = {"decay": self.chosen.decay if with_decay else None} | self.chosen.network
        return c.recurrent(network, **setting._asdict() | usual | others)

    def setting(self, way: str, fraction: float = c.HALF, scale: float = c.SCALE) -> Setting:
        """The setting at the modulus of the profile."""
        return Setting(way, fraction, scale, self.chosen.p)

    def seeds(self, setting: Setting) -> range:
        """The seeds of a setting; of WITHOUT those of the chapter on switching, which has the same LSTMs."""
        place = list(self.chosen.settings).index(setting)
        first = FIRST_SEED if setting == WITHOUT else self.first_seed + APART * place
        return range(first, first + self.chosen.settings[setting])

    @property
    def pilots(self) -> dict[Run, str]:
        """The runs that chose the RNN's learning rate, and what the page calls them."""
        found = {}
        for rate, first in self.chosen.pilots.items():
            for seed in range(first, first + self.chosen.pilot_seeds):
                found[self.run("RNN", self.setting("AdamW"), rate=rate, seed=seed)] = f"pilot at rate {rate:g}"
        return found

    @property
    def judged(self) -> dict[Run, str]:
        """The runs that rules read, and the check; and the way in which each is trained."""
        pairs = [(network, setting) for setting in self.chosen.settings for network in c.NETWORKS]
        asked = [(network, setting, seed) for network, setting in pairs for seed in self.seeds(setting)]
        return {self.run(network, setting, seed=seed): setting.way for network, setting, seed in asked}

    @property
    def printed(self) -> dict[Run, str]:
        """The runs at the source's own weight decay, and what the page calls them."""
        name, found = f"AdamW at {c.PRINTED_DECAY:g}", {}
        for scale, seed in self.chosen.printed.items():
            setting = self.setting("AdamW", FRACTIONS[0], scale)
            runs = [self.run(network, setting, decay=c.PRINTED_DECAY, seed=seed) for network in c.NETWORKS]
            found |= dict.fromkeys(runs, name)
        return found

    @cached_property
    def named(self) -> dict[str, str]:
        """A run's key -> what the page calls the way in which it is trained."""
        return {run.key: name for run, name in (self.pilots | self.judged | self.printed).items()}

    def epoch(self, run: Run) -> int:
        """Return the steps in which each training sum comes once."""
        return run.batch.steps_in_epoch(run.train_examples)

    def until(self, run: Run) -> Until:
        """Return how long a run is watched; in the source's profile there is no early end."""
        if self.profile == "source":
            return Until(steps=c.EPOCHS * self.epoch(run), accuracy=None)
        if run.optimizer.weight_decay == c.PRINTED_DECAY:
            return Until(steps=self.chosen.printed_budget)
        short = run.model.kind == "lstm" and run.optimizer.weight_decay > 0
        return Until(steps=self.chosen.budget if short else self.chosen.long_budget)

    @property
    def experiments(self) -> list[Experiment]:
        """What chose a rate, what rules read, what is as printed; of each what is watched alike, together."""
        measure = Measure(every=self.chosen.every)
        parts = [self._watched_alike(part) for part in (self.pilots, self.judged, self.printed)]
        return [Experiment(runs, until, measure) for part in parts for until, runs in part.items()]

    def _watched_alike(self, runs: dict[Run, str]) -> dict[Until, list[Run]]:
        found: dict[Until, list[Run]] = {}
        for run in runs:
            found.setdefault(self.until(run), []).append(run)
        return found
