"""What is asked of runs, and what a rule still needs of it: announced by the ledger, trained by the queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import pandas as pd

from grokkit.claims.rule import Rule
from grokkit.config.request import Measure, Until
from grokkit.config.run import Run
from grokkit.records.record import Record
from grokkit.records.store import Store
from grokkit.records.tables import settings_table
from grokkit.train import Experiment
from grokkit.train.sufficiency import answer

Name = tuple[str, Until, Measure]


class Asked(NamedTuple):
    """A run, its key (which takes a millisecond to find), and what is asked of it."""

    key: str
    run: Run
    until: Until
    measure: Measure

    @property
    def name(self) -> Name:
        """What tells it from all else that is asked."""
        return self.key, self.until, self.measure


@dataclass(frozen=True)
class Needs:
    """All that a chapter asks, in its order and each once, and what of it a store does not answer."""

    asked: list[Asked]
    lacking: list[Asked]

    @classmethod
    def of(cls, experiments: Iterable[Experiment], store: Store) -> Needs:
        """Compare what is asked with what `store` holds."""
        every = (Asked(run.key, run, e.until, e.measure) for e in experiments for run in e.runs)
        asked = list({each.name: each for each in every}.values())
        held = store.read_all()
        return cls(asked, [each for each in asked if is_lacking(each, held)])

    @cached_property
    def table(self) -> pd.DataFrame:
        """The settings of all runs, each once, in which a rule finds those that it will read."""
        return settings_table({each.key: each.run for each in self.asked}.values())

    def of_rule(self, rule: Rule) -> list[Asked]:
        """What a rule needs and the store lacks: runs it could not read at all, and what becomes of those it could."""
        read = list(rule.rows(self.table)["key"]) if self.asked else []
        unread = [self._unanswered[key] for key in read if key in self._unanswered]
        return [*unread, *watched_again(self.lacking, set(read), rule.longer)]

    @cached_property
    def _unanswered(self) -> dict[str, Asked]:
        """key -> how the plan asks for it first, of runs of which the store answers nothing that the plan asks.

        A rule reads a run as soon as anything is answered; most longer watches of the same are for the eye.
        """
        times = Counter(each.key for each in self.asked)
        times.subtract(each.key for each in self.lacking)
        return {each.key: each for each in reversed(self.lacking) if not times[each.key]}


def watched_again(lacking: Iterable[Asked], read: set[str], longer: int) -> list[Asked]:
    """What is lacking of the longer watch, so many steps, of runs that a rule reads; 0 steps: it asks for none."""
    return [each for each in lacking if longer and each.until.steps >= longer and each.key in read]


def is_lacking(each: Asked, held: dict[str, list[Record]]) -> bool:
    """Whether no record answers what is asked."""
    return answer(held.get(each.key, []), each.until, each.measure) is None
