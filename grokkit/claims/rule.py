"""A rule is data: a few questions, and what the interval of the first of them is of. It is called with a table.

A question passes if all its tests do, so that the largest of their p-values is its own, and one test that finds the
opposite refutes it. What several questions make together says `grokkit.claims.findings`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from grokkit.claims.asking import Tested
from grokkit.claims.diagrams import Later
from grokkit.claims.findings import Finding, verdict
from grokkit.claims.identity import key_of
from grokkit.claims.samples import Reading, Sample
from grokkit.claims.verdict import RUNS_TO_DECIDE, Verdict

CHAPTER_LEVEL = 0.05
"""That a chapter spends on all its claims together, in equal parts."""

Part = TypeVar("Part")


@dataclass(frozen=True)
class Question:
    """One finding of a rule: all its tests must pass.

    told: half a sentence with places {0}, {1}, ... for what the tests tell, and names for what `seen` reads.
    interval: of the rule's effect, if not that of the first test.
    """

    name: str
    tests: tuple[Callable[[Reading], Tested], ...]
    interval: Any = None
    told: str = field(default="", compare=False)
    seen: Mapping[str, Callable[[Reading], Any]] = field(default_factory=dict, compare=False)

    def __call__(self, read: Reading) -> list[Finding]:
        found = [test(read) for test in self.tests]
        fewest = min(found, key=lambda each: each.n)
        n, unit = fewest.n, fewest.unit
        if not n and (len(found) > 1 or not found[0].least_p):  # a majority alone says how many runs it needs
            return [nothing(self.name, unit)]
        interval = found[0].interval if self.interval is None else read(self.interval)
        p_value, against = max(each.p_value for each in found), min(each.against for each in found)
        needs, least_p = max(each.needs for each in found), max(each.least_p for each in found)
        told = self._words(read, found, n)
        return [Finding(self.name, n, p_value, interval, told, against, needs, least_p, unit, fewest.looks)]

    def _words(self, read: Reading, found: list[Tested], n: int) -> str:
        if n < RUNS_TO_DECIDE:  # nobody is told of so few
            return ""
        passing = sum(each.p_value <= read.level for each in found)
        named = {name: each(read) for name, each in self.seen.items()}
        return self.told.format(*(x for each in found for x in each.told), passing=passing, **named)


def asks(name: str, *tests: Callable[[Reading], Tested], **others: Any) -> Question:
    """The question of that name."""
    return Question(name, tests, **others)


@dataclass(frozen=True)
class Own:
    """Questions of a kind of their own: an idea that makes findings of a reading and of what it is about."""

    idea: Callable[..., list[Finding]]
    about: tuple[Any, ...]

    def __call__(self, read: Reading) -> list[Finding]:
        return self.idea(read, *self.about)


@dataclass(frozen=True)
class Given:
    """What must be there before a rule can ask: so many runs of each of these samples."""

    name: str
    samples: tuple[Sample, ...]
    runs: int

    def __call__(self, read: Reading) -> bool:
        return min(len(read(sample)) for sample in self.samples) >= self.runs


@dataclass(frozen=True)
class Rule:
    """What decides a claim: questions, and what the interval of the first of them is of.

    also: samples that are told of and decide nothing. given: what must be there first. level: the claim's part of
    CHAPTER_LEVEL, known once all claims of its chapter are.
    """

    effect: str
    questions: tuple[Question | Own, ...]
    also: tuple[Sample, ...] = ()
    given: Given | None = None
    level: float = CHAPTER_LEVEL

    def __call__(self, table: pd.DataFrame) -> Verdict:
        """What the rule finds in a table of runs."""
        read = Reading(table, self.level)
        if self.given and not self.given(read):
            return verdict([nothing(self.given.name)], self.level, self.effect)
        return verdict([found for ask in self.questions for found in ask(read)], self.level, self.effect)

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows of a table, of runs trained or not, that the rule reads."""
        read = [sample.rows(table).index for sample in dict.fromkeys(samples_of(self))]
        return table[table.index.isin(np.concatenate(read))]

    @property
    def longer(self) -> int:
        """For how many steps some of its runs are watched once more; 0 where no question asks what becomes of them."""
        return max((each.longer for each in parts_of(self, Later)), default=0)

    @property
    def key(self) -> str:
        """16 hex digits: the identity of what the rule asks."""
        return key_of(self)


def rule(effect: str, *questions: Question | Own, **others: Any) -> Rule:
    """The rule of these questions."""
    return Rule(effect, questions, **others)


def nothing(name: str, unit: str = "run") -> Finding:
    """Of a question some of whose samples have no runs."""
    return Finding(name, 0, 1.0, None, "", unit=unit)


def samples_of(asked: Any) -> Iterator[Sample]:
    """All samples of what is asked, however deep."""
    return parts_of(asked, Sample)


def parts_of(asked: Any, kind: type[Part]) -> Iterator[Part]:
    """All parts of that kind in what is asked, however deep."""
    if isinstance(asked, kind):
        yield asked
    elif is_dataclass(asked):
        yield from (each for f in fields(asked) if f.compare for each in parts_of(getattr(asked, f.name), kind))
    elif isinstance(asked, (tuple, dict)):
        parts = asked.values() if isinstance(asked, dict) else asked
        yield from (each for part in parts for each in parts_of(part, kind))
