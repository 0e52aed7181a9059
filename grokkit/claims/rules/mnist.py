"""The rules on phase diagrams of MNIST, of which one seed counts as one (see those on the toy).

The source's own seed is 0; six cells of seed 20 were trained, and seen, before these rules were fixed.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from grokkit.claims import gaps, maps
from grokkit.claims.diagrams import Cut, Diagrams, evaluated
from grokkit.claims.rule import Question, rule
from grokkit.claims.rules.shown import all_phases, shown, ways_there_are, without_a_border
from grokkit.claims.samples import like
from grokkit.sources import b

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
    none, shows = without_a_border(WIDER, gaps.clear_gap_at, between), partial(gaps.has_a_clear_gap, between=between)
    return shown(between, WIDER, shows, "have a gap there ({none} have no border)", none=none)


B7 = rule("share of diagrams with a gap between comprehension and grokking", *map(has_a_gap, gaps.BORDERS))

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
