"""The rules on AdamW and sharpness-aware methods.

Of 100 seeds the second half only chooses: the radius of a method, or the initialisers that are compared.
"""

from __future__ import annotations

import numpy as np

from grokkit.claims import measures
from grokkit.claims.asking import Less
from grokkit.claims.own import flatness_orders
from grokkit.claims.rule import Given, Own, Question, asks, rule
from grokkit.claims.samples import Sample, like
from grokkit.claims.tuning import TUNING_RUNS, AtChosenRadius, Under
from grokkit.claims.values import Bounded, Gain, Of, Ratio, Word
from grokkit.sources import a

WITHIN_SEEN = Bounded(measures.t_val, low=measures.given_up)
ADASAM = {"AdaSAM": "as printed", "AdaSAM with decay": "with weight decay"}
TUNED = (*ADASAM, "SAM", "ASAM")


def first_seed(method: str, initialiser: str, tuning: bool = False) -> int:
    """Of a method with an initialiser."""
    place = 1000 * (1 + list(a.SHARPNESS_AWARE).index(method)) + 100 * a.INITIALISERS.index(initialiser)
    return place + (50 if tuning else 0)


def every_radius(method: str, initialiser: str, tuning: bool = False) -> Sample:
    first = first_seed(method, initialiser, tuning)
    free = ("optimizer.rho",) if method in TUNED else ()
    return like(a.sharpness_aware(method, initialiser), free=free, seeds=range(first, first + 50))


def judged(method: str, initialiser: str) -> Sample | AtChosenRadius:
    """Of a tuned method the runs at its chosen radius."""
    runs = every_radius(method, initialiser)
    return AtChosenRadius(runs, every_radius(method, "model", tuning=True)) if method in TUNED else runs


# A21: AdaSAM generalises much faster than AdamW under every initialisation. Much: in half the steps, for a step of
# AdaSAM takes two gradients, so that much faster is faster at equal gradients, too.
def is_much_faster(form: str) -> Question:
    ours, theirs = ([Of(WITHIN_SEEN, judged(m, i)) for i in a.INITIALISERS] for m in (form, "AdamW"))
    tests = [Less(*pair, share=0.5) for pair in zip(ours, theirs, strict=True)]
    told = (
        "median T_val {0:,.0f}, {2:,.0f}, {4:,.0f}, {6:,.0f} steps, of AdamW {1:,.0f}, {3:,.0f}, {5:,.0f}, {7:,.0f}, "
        f"for {', '.join(a.INITIALISERS)}; {{passing}} of 4 pass by themselves, and {{smaller}} medians are smaller at "
        "equal steps"
    )
    seen = {"smaller": lambda read: sum(np.median(read(t.first)) < np.median(read(t.second)) for t in tests)}
    return asks(ADASAM[form], *tests, interval=Ratio(theirs[0], ours[0], (theirs[0], ours[0])), told=told, seen=seen)


A21 = rule(
    "T_val of AdamW over that of AdaSAM as printed, steps, PyTorch's own initial weights", *map(is_much_faster, ADASAM)
)


# A22: initialisation changes the speed of grokking strongly, and AdaSAM gains most where it is poor. Poorest and best:
# the initialisers with the latest and the earliest median T_val of AdamW on seeds that only tune. Strongly: by a factor
# of 1.5. Gain: T_val of AdamW over that of AdaSAM, run by run, where a ratio below 1 is no gain and counts as 1.
CHOOSING = tuple(every_radius("AdamW", initialiser, tuning=True) for initialiser in a.INITIALISERS)


def at_ends(method: str) -> tuple[Of, Of]:
    """T_val of a method under the poorest and under the best initialiser."""
    samples = tuple(judged(method, initialiser) for initialiser in a.INITIALISERS)
    return tuple(Of(WITHIN_SEEN, Under(samples, CHOOSING, soonest)) for soonest in (False, True))


def end(soonest: bool) -> Word:
    return lambda read: a.INITIALISERS[Under(CHOOSING, CHOOSING, soonest).place(read)]


ENDS = {"poorest": end(False), "best": end(True)}


def gains(form: str) -> Question:
    hard, easy = (Gain(*pair) for pair in zip(at_ends("AdamW"), at_ends(form), strict=True))
    told = "median gain {1:.2f} under {poorest} and {0:.2f} under {best}"
    return asks(f"gain {ADASAM[form]}", Less(easy, hard, surely=True), told=told, seen=ENDS)


POOREST, QUICKEST = at_ends("AdamW")
A22 = rule(
    "T_val of AdamW under the poorest initialiser over that under the best",
    asks(
        "speed",
        Less(QUICKEST, POOREST, factor=1.5),
        interval=Ratio(POOREST, QUICKEST, (QUICKEST,)),
        told="median T_val {1:,.0f}, {0:,.0f} steps under {poorest} and {best}",
        seen=ENDS,
    ),
    *map(gains, ADASAM),
    given=Given("initialisers on the tuning seeds", CHOOSING, TUNING_RUNS),
)

# A24: flatter minima generalise better; minima of small l2 norm may not. A kind of network is a method and an
# initialiser; those count whose training accuracy is 99% at step 1000. What is asked of them says `flatness_orders`.
A24 = rule(
    "share of seeds in which flatness orders the networks better than a small norm does",
    Own(flatness_orders, (tuple(judged(m, i) for m in ("AdamW", *TUNED) for i in ("model", "orthogonal")),)),
)
