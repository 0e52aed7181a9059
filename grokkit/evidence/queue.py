"""The missing published runs, in the order in which they decide most claims for a core-hour.

What is to be trained is told apart from the training: `waiting` and `in_order` look at plans, records and prices only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from grokkit.chapters.notebooks import chapters
from grokkit.claims import claims, rule_of
from grokkit.engine import Shape
from grokkit.errors import BadInput, unknown
from grokkit.evidence.decisions import asked_by
from grokkit.evidence.needs import Asked, Name, Needs, is_lacking
from grokkit.records.store import Store
from grokkit.train import Experiment
from grokkit.train.experiment import joined
from grokkit.train.groups import CPU_SLOTS, Group, slots_for

STACKED = 12 * CPU_SLOTS
"""Of runs that train in slots, so many are kept together: a stack that runs dry costs as much as a full one."""

Price = Callable[[Asked], float]
"""Processor seconds that a run is expected to take."""
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


def waiting(store: Store, names: list[str] | None = None) -> list[Lot]:
    """What is missing in `store`: a lot for each claim with missing runs, then one for each chapter with others.

    names: claims and chapters; takes their lots alone, in this order.
    """
    known: dict[str, str] = {path.stem: path.stem for path in chapters()}
    known |= {claim.id: claim.chapter for claim in claims().values() if claim.registration}
    for name in names or []:
        if name not in known:
            raise unknown("Claim or chapter", name, known)
    wanted = dict.fromkeys(names or sorted(known, key=lambda name: name == known[name]))
    of_chapter = {chapter: _lots_of(chapter, store) for chapter in {known[name] for name in wanted}}
    lots = [lot for name in wanted for lot in of_chapter[known[name]] if lot.name == name]
    return [lot for lot in lots if lot.runs]


def _lots_of(chapter: str, store: Store) -> list[Lot]:
    registered = [claim for claim in claims().values() if claim.registration and claim.chapter == chapter]
    needs = Needs.of(asked_by(chapter, store), store)
    if not needs.lacking:
        return []
    lots = [Lot(claim.id, chapter, needs.of_rule(rule_of(claim.id))) for claim in registered]
    others = _without(needs.lacking, [each for lot in lots for each in lot.runs])
    return [*lots, Lot(chapter, chapter, others)]


def still_waiting(lots: list[Lot], store: Store) -> list[Lot]:
    """The same without what `store` has by now."""
    held = store.read_all()
    left = [replace(lot, runs=[each for each in lot.runs if is_lacking(each, held)]) for lot in lots]
    return [lot for lot in left if lot.runs]


def _without(runs: Iterable[Asked], others: Iterable[Asked]) -> list[Asked]:
    taken = {each.name for each in others}
    return [each for each in runs if each.name not in taken]


def in_order(lots: list[Lot], price: Price, given: bool = False) -> list[Lot]:
    """The lots in the order in which they are trained, each without the runs of those before it.

    Claims come by the number that one decides, with others that need no more runs, for a core-hour; then what no claim
    needs. given: keeps the order of the lots.
    """
    costs = {each.name: price(each) for lot in lots for each in lot.runs}
    if given:
        return _greedy(lots, costs, lambda placed: placed[0])
    of_claims, rests = ([lot for lot in lots if (lot.name == lot.chapter) == rest] for rest in (False, True))
    first = _greedy(of_claims, costs, lambda placed: max(placed, key=_worth))
    return first + _greedy(rests, costs, lambda placed: placed[0])


def _greedy(lots: list[Lot], costs: Costs, best: Callable[[list[Lot]], Lot]) -> list[Lot]:
    """Again and again the best of the lots that are left, as they stand after those before."""
    needs = {lot.name: {each.name for each in lot.runs} for lot in lots}
    left, ordered, done = lots, [], set()
    while left:
        chosen = best([_placed(lot, left, needs, done, costs) for lot in left])
        ordered.append(chosen)
        done |= needs[chosen.name]
        left = [lot for lot in left if not needs[lot.name] <= done]
    return ordered


def _placed(lot: Lot, left: list[Lot], needs: dict[str, set[Name]], done: set[Name], costs: Costs) -> Lot:
    """The lot as it stands when `done` is done: what it still trains, and what that decides."""
    then = done | needs[lot.name]
    runs = [each for each in lot.runs if each.name not in done]
    decides = tuple(other.name for other in left if needs[other.name] <= then and other.name != other.chapter)
    return replace(lot, runs=runs, decides=decides, seconds=_cost(runs, costs))


def _worth(lot: Lot) -> float:
    return len(lot.decides) / max(lot.seconds, 1e-9)


def _cost(runs: list[Asked], costs: Costs) -> float:
    return sum(costs[each.name] for each in runs)


def sharded(lots: list[Lot], price: Price, shard: str) -> list[Lot]:
    """What one of several machines trains of every lot, '2/3' being the second of three: they need not talk."""
    try:
        mine, of = map(int, shard.split("/"))
    except ValueError:
        mine, of = 0, 0
    if not 1 <= mine <= of:
        raise BadInput(f"next --shard takes K/N, the K-th of N machines, as 2/3; '{shard}' came.")
    parts = [(lot, [each for each in lot.runs if int(each.key, 16) % of == mine - 1]) for lot in lots]
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
    return [e for block in blocks for e in joined(Experiment([each.run], each.until, each.measure) for each in block)]


def _wants_more(block: list[Asked]) -> bool:
    """Whether some shape that trains in slots would fill few of them."""
    shapes = Counter(Shape.of(each.run) for each in block)
    return any(n < STACKED and slots_for(Group(shape, [None] * STACKED), "cpu", 1) > 2 for shape, n in shapes.items())
