"""The rules on more summands. Seeds below 20 are left out, as in those on other networks."""

from __future__ import annotations

from functools import partial

from grokkit.claims import measures
from grokkit.claims.asking import Falls, Less, Mostly, MostlyEach
from grokkit.claims.rule import Question, asks, rule
from grokkit.claims.rules.architectures import MLP_TEXT
from grokkit.claims.rules.late import ANSWERED, ARRIVAL, OPEN, since
from grokkit.claims.samples import Reading, Sample, like
from grokkit.claims.values import Median, Of, Peak, count, middle, number
from grokkit.sources import a

SUMMANDS = tuple(a.MODULI)
SMALL_FRACTION = 0.0364
"""Of the table of n = 5: as many training sums as 0.4 gives at n = 4 (5,862 and 5,856)."""


def adding(network: str, n: int, alpha: float = a.ALPHA, first_seed: int = 20) -> Sample:
    """A network's runs with n summands and the source's p for them."""
    return like(a.network(network, p=a.MODULI[n], summands=n, alpha=alpha), seeds=since(first_seed))


MLPS = tuple(adding(MLP_TEXT, n) for n in SUMMANDS)
FEW_SUMS = adding(MLP_TEXT, 5, SMALL_FRACTION)


# A16: in the MLP, grokking stays clear with more summands, and the delay shrinks as n grows. "Stays": none of the four
# n may lack it. They count together, because at each n alone five runs could not pass; 16 of 20 can. A run that does
# not arrive has the longest delay. The small training set decides nothing: it says whether a shorter delay at n = 5
# comes from the summands or from 11 times as many training sums.
def with_few_sums(read: Reading) -> str:
    few = read(FEW_SUMS)
    told = f"{middle(FEW_SUMS, measures.delay)(read):,.0f}" if len(few) else ""
    return f"; {told} at n = 5 with as few training sums as n = 4" if told else ""


A16 = rule(
    "T_val / T_train at n = 5",
    asks(
        "clear",
        MostlyEach(MLPS, measures.groks, might=OPEN),
        interval=Median(Of(measures.ratio, MLPS[-1])),
        told="{0} runs have T_val / T_train of 2 or more for n = 2, 3, 4, 5",
    ),
    asks(
        "delay",
        Falls(Of(measures.delay, MLPS, paired=True), minus=True, settled=tuple(Of(ANSWERED, runs) for runs in MLPS)),
        told="median delay {0:,.0f} steps for n = 2, 3, 4, 5{aside}; the interval: n = 2 minus n = 5",
        seen={"aside": with_few_sums},
    ),
    also=(FEW_SUMS,),
)

# A17: in the transformer with many summands, training and validation accuracy rise together. Many: the larger half of
# the source's n, for its words leave open whether three are many. Seeds begin at 22: as coded, five summands at seeds
# 20 and 21 had been watched for 20,000 steps, and were near chance, when the rule still counted n = 4 and 5 together.
A17 = rule(
    "share of runs that rise together",
    *(
        asks(
            f"{form}, n = {n}",
            Mostly(adding(form, n, first_seed=22), measures.rises_together, might=OPEN),
            told="{0} of {1} runs rise together",
        )
        for form in a.FORMS
        for n in (4, 5)
    ),
)

# A18: the transformer cannot fit n = 5, p = 11; its training accuracy floats near 95%. As coded, the network that the
# source ran. The other samples decide nothing: they say whether it is the width (the same sums at width 128) or the
# number of sums to be fitted (the same width with 5,862 of them).
FIVE = adding("as coded", 5)
CONTROLS = {
    "at width 128": adding("width 128", 5),
    "with as few training sums as n = 4": adding("as coded", 5, SMALL_FRACTION),
}


def controls(read: Reading) -> str:
    told = {words: count(runs, measures.unfitted)(read) for words, runs in CONTROLS.items() if len(read(runs))}
    return "".join(f"; {words} {number} never reach it" for words, number in told.items())


A18 = rule(
    "share of runs that float near 95%",
    asks(
        "as coded",
        Mostly(FIVE, measures.floats, might=partial(measures.may_float, within=a.STEPS)),
        told="of {1} runs {unfitted} never reach 99% of the training sums, {near} end between 90% and 98%, {levelled} "
        "have levelled off, {0} do all three{controls}",
        seen={
            "unfitted": number(FIVE, measures.unfitted),
            "near": number(FIVE, measures.near_95),
            "levelled": number(FIVE, measures.levelled),
            "controls": controls,
        },
    ),
    also=tuple(CONTROLS.values()),
)


# A19: steps to generalise grow with n in the transformer and peak at n = 3 in the MLP. The runs of different n share no
# data: they are independent samples. Grow: the median, too, rises from every n to the next; a run that does not arrive
# is the latest, and two medians that do not arrive are no rise. Peak: later than at each of the other three. The effect
# is at n = 4 and not at n = 5, which may never arrive if A18 holds; its ratio would then have no interval.
def grows(form: str) -> Question:
    times = Of(ARRIVAL, tuple(adding(form, n) for n in SUMMANDS), paired=True)
    rises = Falls(times, rising=True, always=True, first=2, last=0)
    seen = {"always": lambda read: "" if rises.medians_move(read) else ", not rising everywhere"}
    return asks(form, rises, told="median T_val {0:,.0f} steps for n = 2, 3, 4, 5{always}", seen=seen)


def peaks(at: int) -> Question:
    times = {n: Of(ARRIVAL, runs) for n, runs in zip(SUMMANDS, MLPS, strict=True)}
    others = [n for n in SUMMANDS if n != at]
    told = (
        "median T_val {0:,.0f}, {1:,.0f}, {2:,.0f}, {4:,.0f} steps for n = 2, 3, 4, 5; the interval: n = 3 over the "
        "latest of the others"
    )
    together = Of(measures.t_val, MLPS, paired=True)
    tests = (Less(times[n], times[at]) for n in others)
    return asks("MLP", *tests, interval=Peak(together, SUMMANDS.index(at)), told=told)


A19 = rule("T_val at n = 4 over T_val at n = 2", *map(grows, a.FORMS), peaks(at=3))
