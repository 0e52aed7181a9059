"""What a question is made of: tests, of which each finds two one-sided p-values, of what a claim says and its opposite.

`Mostly`: do more than half of all runs show something? `Less`: do values of one sample tend to be smaller than those of
another? `Falls`: do values fall from level to level? All are exact (`grokkit.analysis.statistics`), and data.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from grokkit.analysis.statistics import majority_test, minority_test, rank_sum_test, share_interval, trend_test
from grokkit.claims.samples import Reading
from grokkit.claims.values import Change, Idea, Interval, Values, medians
from grokkit.claims.verdict import RUNS_TO_DECIDE


class Tested(NamedTuple):
    """What one test finds; `told`: what a sentence may say of it, in order. Else as in `Finding`."""

    n: int
    p_value: float
    against: float
    told: tuple[Any, ...]
    interval: Interval = None
    needs: int = RUNS_TO_DECIDE
    least_p: float = 0.0
    unit: str = "run"
    looks: tuple[int, ...] = ()


@dataclass(frozen=True)
class Mostly:
    """Do more than half of all runs show something? An exact binomial test. Told: how many do, and of how many.

    might: runs that do not show it, and might if they were watched for longer, never speak against it. A sample that
    has `needs` says from how many runs on it is judged.
    """

    sample: Any
    shows: Idea
    might: Idea | None = None

    def __call__(self, read: Reading) -> Tested:
        units = read(self.sample)
        shown = np.asarray(self.shows(units), dtype=bool)
        possible = shown | np.asarray(self.might(units), dtype=bool) if self.might else shown
        n, told = len(shown), (int(shown.sum()), len(shown))
        p_values = majority_test(shown), minority_test(possible)
        return Tested(n, *p_values, told, share_interval(shown), least_p=0.5**n, **self._counted(read))

    def _counted(self, read: Reading) -> dict[str, Any]:
        """What n counts, and at which numbers it is judged, as far as the sample says so."""
        needs = getattr(self.sample, "needs", None)
        told = {name: getattr(self.sample, name) for name in ("unit", "looks") if hasattr(self.sample, name)}
        return {"needs": needs(read) if needs else RUNS_TO_DECIDE} | told


@dataclass(frozen=True)
class Never:
    """Does no run show something? One that does refutes it. Told: how many do, and of how many."""

    sample: Any
    shows: Idea

    def __call__(self, read: Reading) -> Tested:
        shown = np.asarray(self.shows(read(self.sample)), dtype=bool)
        some = float(shown.any())
        return Tested(len(shown), some, 1.0 - some, (int(shown.sum()), len(shown)), share_interval(shown))


@dataclass(frozen=True)
class MostlyEach:
    """Do more than half of all runs of several samples together show something, and more than half of each? Told: how
    many of each do. For `might` see `Mostly`; here one sample that shows the opposite refutes it."""

    samples: tuple[Any, ...]
    shows: Idea
    might: Idea

    def __call__(self, read: Reading) -> Tested:
        groups = [read(sample) for sample in self.samples]
        shown = [np.asarray(self.shows(runs), dtype=bool) for runs in groups]
        possible = [each | np.asarray(self.might(runs), dtype=bool) for each, runs in zip(shown, groups, strict=True)]
        told = ", ".join(f"{each.sum()} of {len(each)}" for each in shown)
        n = min(map(len, shown))
        everywhere = n and all(each.mean() > 0.5 for each in shown)
        p_value = majority_test(np.concatenate(shown)) if everywhere else 1.0
        return Tested(n, p_value, min(map(minority_test, possible)), (told,))


@dataclass(frozen=True)
class Less:
    """Do values of `first` tend to be smaller than those of `second`? An exact rank-sum test; a seed with several
    values counts as the mean of its ranks. Told: the medians of both.

    factor, plus: what the first are multiplied by, and what is added to them. share: what the second are multiplied by.
    surely: each value is taken as what would speak against the claim, were it watched for longer. The opposite is
    tested as if all came out for the claim, and counts only where all of `settled` hold; refutes: or not at all.
    given: neither counts unless so many show it.
    """

    first: Values
    second: Values
    factor: float = 1.0
    plus: float = 0.0
    share: float = 1.0
    surely: bool = False
    settled: tuple[Values, ...] = ()
    refutes: bool = True
    given: Mostly | None = None

    def __call__(self, read: Reading) -> Tested:
        first, second = read(self.first), read(self.second)
        told, n = (medians(first), medians(second)), min(len(first), len(second))
        if not n or (self.given and not self._has_what_is_given(read)):
            return Tested(n, 1.0, 1.0, told, unit=_unit(first))
        if self.surely:
            first, second = self.first.high(read), self.second.low(read)
        p_value = _sooner(self.factor * first + self.plus, self.share * second)
        opposite = _sooner(self.share * self.second.high(read), self.factor * self.first.low(read) + self.plus)
        counts = self.refutes and _all_hold(read, self.settled)
        return Tested(n, p_value, opposite if counts else 1.0, told, unit=_unit(first))

    def _has_what_is_given(self, read: Reading) -> bool:
        shown, n = self.given(read).told
        return 2 * shown > n


@dataclass(frozen=True)
class Falls:
    """Do values fall from each column to the next? An exact trend test by seed. Told: the medians of the columns, and
    what the columns are.

    of: the values, or several of which the first with enough seeds is taken. rising: whether they should rise. always:
    the medians must do so from each column to the next, too. rounded: to multiples of this. settled: see `Less`; nor
    does the opposite count where longer watching could change an order within a row. first, last, minus: of the
    `Change` that is its effect.
    """

    of: Values | tuple[Values, ...]
    rising: bool = False
    always: bool = False
    rounded: float | None = None
    settled: tuple[Values, ...] = ()
    first: int = 0
    last: int = -1
    minus: bool = False

    def __call__(self, read: Reading) -> Tested:
        of = self.taken(read)
        values = read(of)
        told, n = (medians(values), getattr(of, "levels", "")), len(values)
        if not n:
            return Tested(0, 1.0, 1.0, told, unit=_unit(values))
        ranked = np.round(values / self.rounded) if self.rounded else values
        holds, opposite = (trend_test(ranked, rising) for rising in (self.rising, not self.rising))
        passes = not self.always or self.medians_move(read)
        low = of.low(read)
        known = order_known(values, np.where(low < values, low, np.inf)) and _all_hold(read, self.settled)
        interval = read(Change(of, self.first, self.last, self.minus))
        return Tested(n, holds if passes else 1.0, opposite if known else 1.0, told, interval, unit=_unit(values))

    def medians_move(self, read: Reading) -> bool:
        """Whether the medians fall, or rise if they should, from each column to the next."""
        numbers = medians(read(self.taken(read))).numbers
        return all(later > number for number, later in pairwise(numbers if self.rising else numbers[::-1]))

    def taken(self, read: Reading) -> Values:
        several = self.of if isinstance(self.of, tuple) else (self.of,)
        return next((of for of in several if len(read(of)) >= RUNS_TO_DECIDE), several[-1])


def order_known(times: np.ndarray, given_up: np.ndarray) -> bool:
    """Whether longer watching could change no order within a row of `times`: (n, k), infinite where censored.

    given_up: (n, k), infinite but for runs that may still arrive. One of them in a row is the latest of all if the
    others arrived before it was given up.
    """
    may_arrive = np.isfinite(given_up)
    others = np.where(may_arrive, -np.inf, times).max(axis=1)
    last = (may_arrive.sum(axis=1) == 1) & (others <= given_up.min(axis=1))
    return bool((~may_arrive.any(axis=1) | last).all())


def _unit(values: np.ndarray) -> str:
    """What n counts of (n, k) values: a seed counts once it has a run in each of the k columns."""
    return "complete seed" if values.shape[1] > 1 else "comparable run"


def _sooner(first: np.ndarray, second: np.ndarray) -> float:
    """Of (n, k) and (m, k) values: a row counts as the mean of its ranks, for its runs share a seed."""
    ranks = stats.rankdata(np.vstack([first, second]), axis=0).mean(axis=1)
    return rank_sum_test(ranks[: len(first)], ranks[len(first) :])


def _all_hold(read: Reading, settled: tuple[Values, ...]) -> bool:
    return all(read(each).all() for each in settled)
