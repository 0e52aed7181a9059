"""Numbers read off samples of runs, with what longer watching could make of them, and the intervals of their effects.

Every object here is data: `read(reading)` gives its numbers, a row a seed, or its interval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from grokkit.analysis.statistics import median_interval, ratio_interval, share_interval
from grokkit.claims.samples import Reading, Sample

Interval = tuple[float, float] | None
Idea = Callable[[pd.DataFrame], Any]


@dataclass(frozen=True)
class Bounded:
    """A measure of runs as they were seen, and the least and the most that longer watching could make of it.

    An idea that is no `Bounded` one is final: nothing more can come of it.
    """

    seen: Idea
    low: Idea | None = None
    high: Idea | None = None


@dataclass(frozen=True)
class Of:
    """A measure of the runs of a sample: (n, k), a row a seed, a column each value of what the sample is over.

    Of several samples: a column each. paired: a row is a seed that has a run in all of them; else it is the first run
    of every one, the second of every one, and so on, for then no two runs share a seed.
    """

    measure: Idea | Bounded
    samples: Any
    paired: bool = False

    def read(self, read: Reading) -> np.ndarray:
        return self._matrix(read, _bound(self.measure, "seen"))

    def low(self, read: Reading) -> np.ndarray:
        return self._matrix(read, _bound(self.measure, "low"))

    def high(self, read: Reading) -> np.ndarray:
        return self._matrix(read, _bound(self.measure, "high"))

    @property
    def levels(self) -> str:
        """What the sample is over, for a sentence: '0.3, 0.5, 0.7'."""
        return ", ".join(map(str, next((values for _, values in getattr(self.samples, "over", ())), ())))

    def _matrix(self, read: Reading, measure: Idea) -> np.ndarray:
        if not isinstance(self.samples, tuple):
            runs = read(self.samples)
            values = np.asarray(measure(runs), dtype=float)
            return self.samples.by_seed(runs, values) if isinstance(self.samples, Sample) else values[:, None]
        each = [read(sample) for sample in self.samples]
        columns = [pd.Series(np.asarray(measure(runs), dtype=float), runs["seeds.init"]) for runs in each]
        if self.paired:
            return pd.concat(columns, axis=1, join="inner").sort_index().to_numpy()
        n = min(map(len, columns))
        return np.stack([column.to_numpy()[:n] for column in columns], axis=1)


def _bound(measure: Idea | Bounded, name: str) -> Idea:
    if not isinstance(measure, Bounded):
        return measure
    return getattr(measure, name) or measure.seen


@dataclass(frozen=True)
class Mean:
    """The mean of each row of other values, (n, 1)."""

    of: Of

    def read(self, read: Reading) -> np.ndarray:
        return read(self.of).mean(axis=1, keepdims=True)

    def low(self, read: Reading) -> np.ndarray:
        return self.of.low(read).mean(axis=1, keepdims=True)

    def high(self, read: Reading) -> np.ndarray:
        return self.of.high(read).mean(axis=1, keepdims=True)


@dataclass(frozen=True)
class Middle:
    """Half way between two values, first with first, second with second."""

    first: Any
    second: Any

    def read(self, read: Reading) -> np.ndarray:
        return _middle(read(self.first), read(self.second))

    def low(self, read: Reading) -> np.ndarray:
        return _middle(self.first.low(read), self.second.low(read))

    def high(self, read: Reading) -> np.ndarray:
        return _middle(self.first.high(read), self.second.high(read))


def _middle(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    n = min(len(first), len(second))
    return (first[:n] + second[:n]) / 2


@dataclass(frozen=True)
class Lead:
    """By how much values are above the largest of the others, first with first, second with second, as seen."""

    ours: Any
    others: tuple[Any, ...]

    def read(self, read: Reading) -> np.ndarray:
        ours, *others = (read(each) for each in (self.ours, *self.others))
        n = min(map(len, (ours, *others)))
        return ours[:n] - np.max([other[:n] for other in others], axis=0)

    low = high = read


@dataclass(frozen=True)
class Gain:
    """The factor from ours to theirs, at least as seen, first with first, second with second; 1 where ours is not less.

    Both are times that longer watching could shorten.
    """

    theirs: Of
    ours: Of

    def read(self, read: Reading) -> np.ndarray:
        return _gain(self.theirs.low(read), read(self.ours))

    low = read

    def high(self, read: Reading) -> np.ndarray:
        return _gain(read(self.theirs), self.ours.low(read))


def _gain(theirs: np.ndarray, ours: np.ndarray) -> np.ndarray:
    n = min(len(theirs), len(ours))
    return np.maximum(1.0, theirs[:n] / ours[:n])


Values = Of | Mean | Middle | Lead | Gain
"""Whatever has `read`, `low` and `high`."""


@dataclass(frozen=True)
class Median:
    """Of one value a seed."""

    of: Values

    def read(self, read: Reading) -> Interval:
        return median_interval(read(self.of)[:, 0])


@dataclass(frozen=True)
class Share:
    """Of the runs of which something holds."""

    sample: Sample
    shows: Idea

    def read(self, read: Reading) -> Interval:
        return share_interval(np.asarray(self.shows(read(self.sample)), dtype=bool))


def _open_interval(values: np.ndarray) -> Interval:
    """Of a median of comparisons; one of two times that never came counts as infinite."""
    return median_interval(np.where(np.isnan(values), np.inf, values))


@dataclass(frozen=True)
class Change:
    """The median over seeds of one column over another, or minus it; without an end where that is infinite."""

    of: Values
    first: int = 0
    last: int = -1
    minus: bool = False

    def read(self, read: Reading) -> Interval:
        values = read(self.of)
        first, last = values[:, self.first], values[:, self.last]
        with np.errstate(invalid="ignore", divide="ignore"):
            change = first - last if self.minus else first / last
        return _open_interval(change)


@dataclass(frozen=True)
class Peak:
    """The median over seeds of one column over the largest of the others."""

    of: Values
    column: int

    def read(self, read: Reading) -> Interval:
        values = read(self.of)
        others = np.delete(values, self.column, axis=1)
        with np.errstate(invalid="ignore"):
            ratios = values[:, self.column] / others.max(axis=1, initial=-np.inf)
        return _open_interval(ratios)


@dataclass(frozen=True)
class Difference:
    """The median of first minus second, run by run in the order of their seeds."""

    first: Values
    second: Values

    def read(self, read: Reading) -> Interval:
        first, second = read(self.first)[:, 0], read(self.second)[:, 0]
        n = min(len(first), len(second))
        return median_interval(first[:n] - second[:n])


@dataclass(frozen=True)
class Ratio:
    """The factor between two samples that share no seeds; of several columns, between their geometric means.

    finite: there is none unless all of these values are.
    """

    first: Values
    second: Values
    finite: tuple[Values, ...] = ()

    def read(self, read: Reading) -> Interval:
        if not all(np.isfinite(read(each)).all() for each in self.finite):
            return None
        return ratio_interval(typical(read(self.first)), typical(read(self.second)))


def typical(values: np.ndarray) -> np.ndarray:
    """(n,): the geometric mean of each row; infinite if one of its values is."""
    return values[:, 0] if values.shape[1] == 1 else np.exp(np.log(values).mean(axis=1))


class Listed:
    """Numbers for a sentence: f'{Listed([3700, inf]):,.0f}' is '3,700, never'."""

    def __init__(self, numbers: Sequence[float], infinite: str = "never") -> None:
        self.numbers, self.infinite = list(numbers), infinite

    def __format__(self, how: str) -> str:
        return ", ".join(self.infinite if np.isinf(x) else format(x, how) for x in self.numbers)


def medians(values: np.ndarray) -> Listed:
    """Of each column."""
    return Listed(np.median(values, axis=0)) if len(values) else Listed([])


Word = Callable[[Reading], Any]
"""What a sentence says of a reading."""


def count(sample: Any, shows: Idea) -> Word:
    """How many runs of a sample show something: '3 of 8'."""
    return lambda read: f"{np.sum(shows(read(sample)))} of {len(read(sample))}"


def number(sample: Any, shows: Idea) -> Word:
    """How many do."""
    return lambda read: int(np.sum(shows(read(sample))))


def middle(sample: Any, measure: Idea, infinite: str = "never") -> Word:
    """The median of a measure."""
    return lambda read: Listed([np.median(np.asarray(measure(read(sample)), dtype=float))], infinite)


def longest(*samples: Sample) -> Word:
    """The most steps that a run of these samples was watched for."""
    return lambda read: max(read(sample)["observed_to"].max() for sample in samples if len(read(sample)))
