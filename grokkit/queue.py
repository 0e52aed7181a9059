"""The missing published runs, in the order in which they decide most claims for a core-hour.

What is to be trained is told apart from the training: `waiting` and `in_order` look at plans, records and prices only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from grokkit.chapters import chapters
from grokkit.claims import Claim, claims, rule_module
from grokkit.decisions import asked_by
from grokkit.engine import Shape
from grokkit.errors import BadInput, unknown
from grokkit.request import Measure, Until
from grokkit.run import Run
from grokkit.store import Store
from grokkit.tables import settings_table
from grokkit.train import Experiment, lacking_runs
from grokkit.train.experiment import joined
from grokkit.train.groups import CPU_SLOTS, Group, slots_for
from grokkit.train.sufficiency import answer

STACKED = 12 * CPU_SLOTS
"""Of runs that train in slots, so many are kept together: a stack that runs dry costs as much as a full one."""


class Asked(NamedTuple):
    """A run, and what is asked of it."""

    run: Run
    until: Until
    measure: Measure


Price = Callable[[Asked], float]
"""Processor seconds that a run is expected to take."""
Name = tuple[str, Until, Measure]
Costs = dict[Name, float]


@dataclass(frozen=True)
class Lot:
    """Missing runs with one purpose: a claim, or the rest of a chapter.

    name: the claim's id, or the chapter's name. decides: the claims that can be judged once this and all lots before it
    are trained. seconds: what `runs` cost, without those that an earlier lot trains.
    """

    name: str
    chapter: str
    runs: list[Asked]
    decides: tuple[str, ...] = ()
    seconds: float = 0.0


def waiting(store: Store) -> list[Lot]:
    """What is missing in `store`: a lot for each claim with missing runs, then one for each chapter with others."""
    registered: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims().values():
        if claim.registration:
            registered[claim.chapter].append(claim)
    lots = [lot for path in chapters() for lot in _lots_of(path.stem, registered[path.stem], store)]
    return sorted((lot for lot in lots if lot.runs), key=lambda lot: lot.name == lot.chapter)


def _lots_of(chapter: str, registered: list[Claim], store: Store) -> list[Lot]:
    asked = asked_by(chapter)
    lacking = [Asked(r, e.until, e.measure) for e in asked for r in lacking_runs(e.runs, e.until, e.measure, store)]
    if not lacking:
        return []
    table = settings_table({run.key: run for e in asked for run in e.runs}.values())
    first = _unanswered(asked, lacking)
    lots = []
    for claim in registered:
        read = rule_module(claim.id).rows(table)["key"]
        lots.append(Lot(claim.id, chapter, [first[key] for key in read if key in first]))
    others = _without(lacking, [each for lot in lots for each in lot.runs])
    return [*lots, Lot(chapter, chapter, others)]


def _unanswered(asked: list[Experiment], lacking: list[Asked]) -> dict[str, Asked]:
    """key -> how the plan asks for it first, of runs of which the store answers nothing that the plan asks.

    A rule reads a run as soon as anything is answered; a longer watch of the same is for the eye.
    """
    times = Counter(key for e in asked for key in {run.key for run in e.runs})
    times.subtract(each.run.key for each in lacking)
    return {each.run.key: each for each in reversed(lacking) if not times[each.run.key]}


def still_waiting(lots: list[Lot], store: Store) -> list[Lot]:
    """The same without what `store` has by now."""
    held = store.read_all()
    parts = [
        (lot, [e for e in lot.runs if answer(held.get(e.run.key, []), e.until, e.measure) is None]) for lot in lots
    ]
    return [replace(lot, runs=runs) for lot, runs in parts if runs]


def _without(runs: Iterable[Asked], others: Iterable[Asked]) -> list[Asked]:
    taken = set(map(_name, others))
    return list({_name(each): each for each in runs if _name(each) not in taken}.values())


def _name(each: Asked) -> Name:
    return each.run.key, each.until, each.measure


def in_order(lots: list[Lot], price: Price, names: list[str] | None = None) -> list[Lot]:
    """The lots in the order in which they are trained, each without the runs of those before it.

    Claims come by the number that one decides, with others that need no more runs, for a core-hour; then what no claim
    needs. names: takes these lots alone, in this order.
    """
    costs = {_name(each): price(each) for lot in lots for each in lot.runs}
    if names:
        return _greedy(_named(lots, names), costs, lambda placed: placed[0])
    of_claims = [lot for lot in lots if lot.name != lot.chapter]
    rests = [replace(lot, seconds=_cost(lot.runs, costs)) for lot in lots if lot.name == lot.chapter]
    return _greedy(of_claims, costs, lambda placed: max(placed, key=_worth)) + rests


def _named(lots: list[Lot], names: list[str]) -> list[Lot]:
    known = [*claims(), *(path.stem for path in chapters())]
    for name in names:
        if name not in known:
            raise unknown("Claim or chapter", name, known)
    return [lot for name in dict.fromkeys(names) for lot in lots if lot.name == name]


def _greedy(lots: list[Lot], costs: Costs, best: Callable[[list[Lot]], Lot]) -> list[Lot]:
    """Again and again the best of the lots that are left, as they stand after those before."""
    needs = {lot.name: set(map(_name, lot.runs)) for lot in lots}
    left, ordered, done = lots, [], set()
    while left:
        chosen = best([_placed(lot, left, needs, done, costs) for lot in left])
        ordered.append(chosen)
        done |= needs[chosen.name]
        left = [lot for lot in left if lot.name not in chosen.decides]
    return ordered


def _placed(lot: Lot, left: list[Lot], needs: dict[str, set[Name]], done: set[Name], costs: Costs) -> Lot:
    """The lot as it stands when `done` is done: what it still trains, and what that decides."""
    then = done | needs[lot.name]
    runs = [each for each in lot.runs if _name(each) not in done]
    decides = tuple(other.name for other in left if needs[other.name] <= then)
    return replace(lot, runs=runs, decides=decides, seconds=_cost(runs, costs))


def _worth(lot: Lot) -> float:
    return len(lot.decides) / max(lot.seconds, 1e-9)


def _cost(runs: list[Asked], costs: Costs) -> float:
    return sum(costs[_name(each)] for each in runs)


def sharded(lots: list[Lot], price: Price, shard: str) -> list[Lot]:
    """What one of several machines trains of every lot, '2/3' being the second of three: they need not talk."""
    try:
        mine, of = map(int, shard.split("/"))
    except ValueError:
        mine, of = 0, 0
    if not 1 <= mine <= of:
        raise BadInput(f"next --shard takes K/N, the K-th of N machines, as 2/3; '{shard}' came.")
    parts = [(lot, [each for each in lot.runs if int(each.run.key, 16) % of == mine - 1]) for lot in lots]
    return [replace(lot, runs=runs, seconds=sum(map(price, runs))) for lot, runs in parts if runs]


def experiments_of(lot: Lot) -> list[Experiment]:
    """The lot's runs seed by seed, so that a lot cut short leaves complete comparisons.

    Where runs train in slots, as many seeds are taken together as fill them.
    """
    seeds: dict[tuple[int, int], list[Asked]] = defaultdict(list)
    for each in lot.runs:
        seeds[each.run.seeds.init, each.run.seeds.data].append(each)
    blocks: list[list[Asked]] = []
    for seed in sorted(seeds):
        if not blocks or not _wants_more(blocks[-1]):
            blocks.append([])
        blocks[-1] += seeds[seed]
    return [e for block in blocks for e in joined(Experiment([run], *asked) for run, *asked in block)]


def _wants_more(block: list[Asked]) -> bool:
    """Whether some shape that trains in slots would fill few of them."""
    shapes = Counter(Shape.of(each.run) for each in block)
    return any(n < STACKED and slots_for(Group(shape, [None] * STACKED), "cpu", 1) > 2 for shape, n in shapes.items())
