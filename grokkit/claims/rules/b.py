"""The rules of source B: phase diagrams of a toy and of MNIST.

A diagram is one seed, and counts as one. The toy's have 7 learning rates and 6 weight decays of the source's 21 by 21,
MNIST's 6 and 5 of its 15 by 14. Each sample is judged at its looks, and again at the second where one exception at the
first kept a claim from passing. Of a claim that holds in no more than half of all diagrams 9 of 9 or else 11 of 12 pass
with a chance of 0.00415, within the level of one of twelve claims, and 8 of 8 or else 10 of 11 with 0.0078, within that
of one of six.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from grokkit.analysis.phases import PHASES
from grokkit.claims import maps
from grokkit.claims.asking import Mostly
from grokkit.claims.diagrams import (
    Beside,
    Cut,
    Diagrams,
    Having,
    Later,
    evaluated,
    followed,
    watched_at_every_step,
)
from grokkit.claims.maps import Diagram
from grokkit.claims.own import data_seed_matters
from grokkit.claims.rule import Own, Question, asks, rule
from grokkit.claims.samples import Reading, like
from grokkit.claims.values import Word
from grokkit.sources import b

FRESH = range(19, 31)
"""Seeds, the same number for data and initial weights. None of the source's: its data seeds are 41 to 43, its model
seeds 101 to 103. Its own pair of Figure 1, whose map was known before there was a rule, is in no sample."""
AT_ITS_DATA = (*range(31, 40), 44, 45, 46)
"""Model seeds at the source's data seed."""


def toy(setup: str, activation: str = "tanh", **seeds: object) -> Diagrams:
    """Diagrams of fresh data seeds, or of the seeds given."""
    decays, rates = b.TOY_DECAYS[setup][::4], b.TOY_RATES[2::3]
    over = {"optimizer.weight_decay": decays, "optimizer.learning_rate": rates}
    tied = ("task.vector_seed",) if setup == "regression" else ()
    cells = like(b.toy(setup, activation=activation), over, tied=tied, **({"seeds": FRESH, "batch": 0} | seeds))
    return Diagrams(cells, partial(watched_at_every_step, within=b.STEPS), looks=(9, 12))


TANH = {setup: toy(setup) for setup in b.SETUPS}
ITS_DATA = {setup: toy(setup, seeds=AT_ITS_DATA, data=b.DATA_SEED) for setup in b.SETUPS}


def shown(name: str, sample: object, shows: Callable, told: str, **seen: Word) -> Question:
    """Do more than half of all diagrams show something?"""
    return asks(name, Mostly(sample, shows), told="{0} of {1} diagrams " + told, seen=seen)


def all_phases(name: str, sample: object) -> Question:
    """At least one cell of every phase."""

    def each(read: Reading) -> str:
        found = [set(diagram["phase"]) for diagram in read(sample)]
        return ", ".join(f"{phase} in {sum(phase in held for held in found)}" for phase in PHASES)

    return shown(name, sample, maps.has_all_phases, "show all four ({each})", each=each)


# B1, B2: toy classification, and regression, show all four phases. With fresh data seeds, and with the source's own and
# other initial weights.
EFFECT = "share of diagrams with all four phases"
B1, B2 = (
    rule(
        EFFECT,
        all_phases("fresh data seeds", TANH[setup]),
        all_phases("the source's data seed", ITS_DATA[setup]),
    )
    for setup in b.SETUPS
)


# B3: grokking lies between comprehension and memorisation. What a way from one to the other is, says `ways`. A diagram
# without a way lacks what the claim speaks of, and counts against it.
def ways_there_are(sample: object) -> Word:
    """(2, 2): as `ways_of`, of all diagrams."""
    return lambda read: sum(maps.ways_of(maps.grid(diagram)) for diagram in read(sample))


def lies_between(setup: str) -> Question:
    told = (
        "have it between (ways that lead through it: {ways[1][0]} of {ways[1][1]} along weight decay, {ways[0][0]} of "
        "{ways[0][1]} along learning rate)"
    )
    return shown(setup, TANH[setup], maps.has_grokking_between, told, ways=ways_there_are(TANH[setup]))


B3 = rule("share of diagrams in which grokking lies between", *map(lies_between, b.SETUPS))

# B4: no generalisation at large decoder lr (both toys) or at large decoder weight decay (classification). Hardly any:
# see `fails_at_the_end`.
B4 = rule(
    "share of diagrams without generalisation at the largest learning rate, classification",
    *(
        shown(f"{of}, {setup}", TANH[setup], partial(maps.fails_at_the_end, of=of), "hardly generalise at the largest")
        for of, setup in (
            ("learning rate", "classification"),
            ("learning rate", "regression"),
            ("weight decay", "classification"),
        )
    ),
)


# B6: on the toy there is no gap between comprehension and grokking, in T_val - T_train, nor between memorisation and
# confusion, in T_train. A diagram that lacks a phase has no border there, and cannot show that there is no gap.
def without_a_border(sample: object, gap: Callable[[Diagram, str], bool | None], between: str) -> Word:
    return lambda read: sum(gap(diagram, between) is None for diagram in read(sample))


def has_no_gap(setup: str, between: str) -> Question:
    none, shows = (
        without_a_border(TANH[setup], maps.gap_at, between),
        partial(maps.borders_without_a_gap, between=between),
    )
    told = "have a border without a gap ({none} have no border)"
    return shown(f"{between}, {setup}", TANH[setup], shows, told, none=none)


B6 = rule(
    "share of diagrams with a border of comprehension and grokking and no gap, classification",
    *(has_no_gap(setup, between) for setup in b.SETUPS for between in maps.BORDERS),
)

# B8: on the toy, at three times the iterations, memorisation is still there; only border cells turn into grokking. Of
# diagrams whose memorising cells were watched for as long. A diagram without memorisation cannot show that any is still
# there, and one in which none has turned has turned at borders only.
LATER = {setup: Later(TANH[setup], partial(watched_at_every_step, within=3 * b.STEPS)) for setup in b.SETUPS}


def stays(setup: str) -> Question:
    def middle(read: Reading) -> float:
        shares = [maps.share_that_stays(*pair) for pair in read(LATER[setup])]
        return np.nanmedian(shares) if np.isfinite(shares).any() else np.nan

    told = "keep most of it (median {middle:.0%} of the cells)"
    return shown(f"memorisation stays, {setup}", LATER[setup], maps.keeps_memorising, told, middle=middle)


def turns_at_borders(setup: str) -> Question:
    def cells(read: Reading) -> int:
        return sum(int(maps.turned(*pair).sum()) for pair in read(LATER[setup]))

    told = "turn at borders only ({cells} cells turn in all)"
    return shown(f"borders, {setup}", LATER[setup], maps.turns_at_borders_only, told, cells=cells)


B8 = rule(
    "share of diagrams in which most of memorisation is still there, classification",
    *map(stays, b.SETUPS),
    *map(turns_at_borders, b.SETUPS),
)

# B12: the data seed changes the diagram strongly, the model seed less. What is asked says `data_seed_matters`; the
# source's data seed stands for all.
B12 = rule(
    "share of cells that differ between two diagrams",
    *(Own(data_seed_matters, (setup, ITS_DATA[setup], TANH[setup])) for setup in b.SETUPS),
)

# B13: ReLU and LeakyReLU(0.1) shrink the area of generalisation against Tanh, turning large wd into confusion. Both
# diagrams of a pair have the same data and were drawn from the same random numbers.
KINDS = [(setup, activation) for setup in b.SETUPS for activation in ("relu", "leaky_relu(0.1)")]
BESIDE_TANH = {(setup, activation): Beside(toy(setup, activation), TANH[setup]) for setup, activation in KINDS}


def medians(pairs: Beside, counted: Callable[[np.ndarray], int]) -> Word:
    """'12 cells, 18': of the first maps and of the second."""

    def told(read: Reading) -> str:
        other, tanh = np.median([[counted(each) for each in pair] for pair in read(pairs)], axis=0)
        return f"{other:g} cells, {tanh:g}"

    return told


def shrinks(setup: str, activation: str) -> Question:
    pairs = BESIDE_TANH[setup, activation]
    told, seen = "generalise in fewer cells (medians {medians} under Tanh)", medians(pairs, maps.area)
    return shown(f"{activation}, {setup}", pairs, maps.has_a_smaller_area, told, medians=seen)


def confuses(setup: str, activation: str) -> Question:
    pairs = BESIDE_TANH[setup, activation]
    told = "have more confusion at large weight decay (medians {medians} under Tanh)"
    seen = medians(pairs, maps.confused_at_large_decay)
    name = f"confusion, {activation}, {setup}"
    return shown(name, pairs, maps.is_more_confused_at_large_decay, told, medians=seen)


B13 = rule(
    "share of pairs of seeds with less generalisation under ReLU than under Tanh, classification",
    *(ask(*kind) for ask in (shrinks, confuses) for kind in KINDS),
)


# B14: with ReLU there is no comprehension at all in regression. At all: not in a single cell of a diagram.
def comprehending(read: Reading) -> int:
    return sum(int((diagram["phase"] == "comprehension").sum()) for diagram in read(RELU))


RELU = toy("regression", "relu")
NONE = "have none ({cells} cells in all the others)"
B14 = rule(
    "share of diagrams without comprehension",
    shown("regression", RELU, maps.lacks_comprehension, NONE, cells=comprehending),
)

# B15: after 2,000 iterations the embeddings are ordered in every phase but memorisation; grokking and confusion look
# alike then. The runs are followed to the end, with pairs of seeds of their own. The diagrams are judged all at once,
# for some of them lack a phase: of those that have what a test speaks of all of 8 pass, or 10 of 11, or 11 of 12.
FOLLOWED = Diagrams(toy("regression", seeds=range(200, 212)).cells, followed, looks=(12,))


def having(*phases: str, in_all: int = 1) -> Having:
    return Having(FOLLOWED, phases, least=8, in_all=in_all)


def orders(phase: str) -> Question:
    if phase == "memorisation":
        shows, told = maps.is_in_disorder, "have less than half of its cells in order"
    else:
        shows, told = maps.is_in_order, "have most of its cells in order"
    return shown(phase, having(phase), partial(shows, phase=phase), told)


BOTH = ("grokking", "confusion")
B15 = rule(
    "share of diagrams in which most cells of comprehension are in order",
    *map(orders, PHASES),
    shown(
        "grokking and confusion",
        having(*BOTH),
        partial(maps.are_alike, phases=BOTH),
        "have about the same share of cells in order in both",
    ),
)

# B16: the embedding's magnitude tells the phases apart: confusion grows fastest, from 2,000 steps to the end; grokking
# ends larger than comprehension. A phase is as its median cell.
B16 = rule(
    "share of diagrams in which embeddings grow fastest in confusion",
    shown(
        "confusion grows fastest",
        having("confusion", in_all=2),
        partial(maps.grows_most, phase="confusion"),
        "gain most in confusion",
    ),
    shown(
        "grokking against comprehension",
        having("grokking", "comprehension"),
        partial(maps.ends_larger, phase="grokking", than="comprehension"),
        "end larger in grokking",
    ),
)


# B17: comprehension mainly at smaller weight decay, grokking at larger. A diagram that lacks one of the two cannot show
# it.
def ordered_by_decay(setup: str) -> Question:
    def middle(read: Reading) -> np.ndarray:
        means = np.array([maps.mean_decays(maps.grid(diagram)) for diagram in read(TANH[setup])])
        return np.nanmedian(means, axis=0) if np.isfinite(means).any(axis=0).all() else np.array([np.nan, np.nan])

    told = "are in that order (medians of the means: {middle[0]:.0%} and {middle[1]:.0%} of the largest)"
    return shown(setup, TANH[setup], maps.comprehends_at_smaller_decay, told, middle=middle)


B17 = rule("share of diagrams with comprehension at smaller weight decay", *map(ordered_by_decay, b.SETUPS))

# Chapter 12: MNIST. The source's own seed is 0; six cells of seed 20 were trained, and seen, before these rules were
# fixed.

MNIST_SEEDS, MNIST_LOOKS = range(21, 40), (8, 11)
LONGER = 150_000
"""Steps: the source's, of its smooth diagrams."""


def mnist(decays: tuple[float, ...], rates: tuple[float, ...], within: int = b.STEPS) -> Diagrams:
    over = {"optimizer.weight_decay": decays, "optimizer.learning_rate": rates}
    return Diagrams(like(b.mnist(), over, seeds=MNIST_SEEDS), partial(evaluated, within=within), MNIST_LOOKS)


WIDER = mnist(b.MNIST_DECAYS, b.MNIST_RATES)
FIRST_GRID = Cut(WIDER, b.WIDEST_OF_FIGURE_2)


# B5: MNIST shows all four phases, with grokking between memorisation and comprehension, as B3 says. Within the source's
# first grid.
B5 = rule(
    "share of diagrams with all four phases",
    all_phases("four phases", FIRST_GRID),
    shown(
        "grokking between",
        FIRST_GRID,
        maps.has_grokking_between,
        "have it between (ways that lead through it: {ways[0]} of {ways[1]})",
        ways=lambda read: ways_there_are(FIRST_GRID)(read).sum(axis=0),
    ),
)


# B7: on MNIST there is a clear gap between the phases. A diagram that lacks a phase has no gap at its border.
def has_a_gap(between: str) -> Question:
    none, shows = without_a_border(WIDER, maps.clear_gap_at, between), partial(maps.has_a_clear_gap, between=between)
    return shown(between, WIDER, shows, "have a gap there ({none} have no border)", none=none)


B7 = rule("share of diagrams with a gap between comprehension and grokking", *map(has_a_gap, maps.BORDERS))

# B9: at 1.5 times the iterations, MNIST's memorisation at the upper left turns out to be later grokking. Of one cell.
UPPER_LEFT = mnist(b.MNIST_DECAYS[:1], b.MNIST_RATES[:1], within=LONGER)
B9 = rule(
    "share of diagrams with memorisation at the upper left",
    shown("memorisation", UPPER_LEFT, maps.is_memorisation, "have it there at 100,000 steps"),
    shown(
        "later",
        UPPER_LEFT,
        partial(maps.arrives_within, steps=LONGER),
        "generalise there by 150,000 steps (median T_val of these {middle:,.0f})",
        middle=lambda read: pd.Series([cell["val"].iloc[0] for cell in read(UPPER_LEFT)]).median(),
    ),
)

# B10: on MNIST's wider grid, a corner of "memorisation" at large lr is an unstable minimum that training leaves. Of one
# cell: by definition it is memorisation, and it has lost again what it had fitted.
CORNER = mnist(b.CORNER[:1], b.CORNER[1:])
B10 = rule(
    "share of diagrams with memorisation in the corner",
    shown("memorisation", CORNER, maps.is_memorisation, "have it in the corner"),
    shown(
        "left again",
        CORNER,
        maps.is_left_again,
        "lose it again (median training accuracy at the end {end:.0%})",
        end=lambda read: np.median([maps.end(cell, "train") for cell in read(CORNER)]),
    ),
)

# B11: the training set is fitted fast only in a small area, near the border of confusion. A diagram without such cells,
# or without confusion, has nothing near its border.
B11 = rule(
    "share of diagrams in which few cells fit fast",
    shown(
        "a small area",
        WIDER,
        maps.fits_fast_in_few_cells,
        "fit so fast in few cells ({share:.0%} of the grid in the median)",
        share=lambda read: np.median([(diagram["train"] <= maps.FAST).mean() for diagram in read(WIDER)]),
    ),
    shown("near confusion", WIDER, maps.fits_fast_near_confusion, "have it there"),
)

# B18: for MNIST on the original grid, the area of confusion is much smaller than in the paper that was reproduced. That
# one shows its area in an image without numbers; a tenth of the cells stands in for "much smaller". Which cells confuse
# is nearly arithmetic: those at which learning rate times weight decay exceeds 2, in every diagram the same.
B18 = rule(
    "share of diagrams with little confusion",
    shown(
        "confusion",
        FIRST_GRID,
        maps.is_hardly_confused,
        "have confusion in at most 10% of the first grid ({share:.0%} in the median; the other paper gives no number)",
        share=lambda read: np.median([(diagram["phase"] == "confusion").mean() for diagram in read(FIRST_GRID)]),
    ),
)
