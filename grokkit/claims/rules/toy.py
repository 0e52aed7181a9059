"""The rules on phase diagrams of the toy, and how diagrams are judged.

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

from grokkit.analysis.phases import PHASES
from grokkit.claims import gaps, maps
from grokkit.claims.diagrams import Beside, Diagrams, Having, Later, followed, watched_at_every_step
from grokkit.claims.own import data_seed_matters
from grokkit.claims.rule import Own, Question, rule
from grokkit.claims.rules.shown import all_phases, shown, ways_there_are, without_a_border
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
def has_no_gap(setup: str, between: str) -> Question:
    none, shows = (
        without_a_border(TANH[setup], gaps.gap_at, between),
        partial(gaps.borders_without_a_gap, between=between),
    )
    told = "have a border without a gap ({none} have no border)"
    return shown(f"{between}, {setup}", TANH[setup], shows, told, none=none)


B6 = rule(
    "share of diagrams with a border of comprehension and grokking and no gap, classification",
    *(has_no_gap(setup, between) for setup in b.SETUPS for between in gaps.BORDERS),
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
