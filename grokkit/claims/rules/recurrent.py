"""The rules on recurrent networks.

Runs are independent: no two runs of a network share a seed, whatever their settings. So two settings are compared
without pairs, and a trend takes the runs of each setting in the order of their seeds: under the null any order of them
is as likely as any other. Of smaller seeds than the FIRST are runs that had been seen when these rules were fixed, and
those that choose a learning rate.
"""

from __future__ import annotations

from functools import partial

from grokkit.claims import measures
from grokkit.claims.asking import Falls, Less, Mostly, Never
from grokkit.claims.rule import Question, asks, rule
from grokkit.claims.samples import ANY, Sample, like
from grokkit.claims.values import Median, Of, Ratio, count, number
from grokkit.sources import c

FIRST_SEED = 156
WATCHED = {"RNN": 200_000, "LSTM": 150_000}
"""Steps after which a run with weight decay that has not arrived speaks against a claim. As decay is ten times as
strong, the source's 6,000 epochs correspond to 600, which are 109,200 steps at most."""
NEVER = 200_000
"""Steps for which a run without weight decay must be watched before it counts as one that never arrives."""


LOOKS = (9, 12)
"""The numbers of runs of a setting at which it is asked what most of them do: all of the first, or all but one of the
second, pass more rarely than the level allows, both together."""


def cell(network: str, way: str, fraction: float, scale: float = c.SCALE, **others: object) -> Sample:
    """The runs of a network, trained in one of the ways on one fraction from weights of one scale."""
    run = c.recurrent(network, way, fraction=fraction, scale=scale)
    return like(run, seeds=range(FIRST_SEED, ANY.stop), **others)


def answered(network: str, *samples: Sample) -> tuple[Of, ...]:
    return tuple(Of(partial(measures.answered, within=WATCHED[network]), sample) for sample in samples)


def mostly(network: str, way: str, fraction: float, shows: object, what: str) -> Question:
    """Do more than half of all runs of a setting show something, which they would not show before they arrive?"""
    might = partial(measures.unanswered, within=WATCHED[network])
    runs = Mostly(cell(network, way, fraction, looks=LOOKS), shows, might)
    return asks(f"{network} at {fraction:.0%}", runs, told="{0} of {1} runs " + what)


# C1, C2: the LSTM and the RNN grok at 30, 50 and 70% of the data: they arrive, and late as in A1.
EFFECT = "share of runs that grok at 30%"
C1, C2 = (
    rule(EFFECT, *(mostly(network, "AdamW", fraction, measures.groks, "grok") for fraction in c.FRACTIONS))
    for network in ("LSTM", "RNN")
)


# C3: a smaller training fraction makes grokking more pronounced. That is a longer wait, in steps and measured by the
# time that learning took: either alone could come from slower learning or from faster memorising.
def fades(network: str) -> Question:
    cells = tuple(cell(network, "AdamW", fraction) for fraction in c.FRACTIONS)
    settled = (Of(partial(measures.answered, within=WATCHED[network]), cells),)
    ratio, delay = (
        Falls(Of(partial(measures.waiting, measure=name), cells), settled=settled) for name in ("ratio", "delay")
    )
    told = "at 30, 50 and 70% median delays of {2:,.0f} steps and ratios of {0:,.3g}"
    return asks(network, ratio, delay, told=told)


C3 = rule("T_val / T_train at 30% over that at 70%", *map(fades, c.NETWORKS))


# C9: quick generalisation with little delay from the default initial weights, grokking from weights times 5. "Quickly"
# and "little" have no meaning alone, so both compare with the weights times 5: a smaller T_val, and less than half of
# the delay, because twice as late is what we call late. That these runs grok is asked by C1 and C2.
def is_quick(network: str) -> Question:
    small, large = (cell(network, "AdamW", max(c.FRACTIONS), scale) for scale in (1.0, c.SCALE))
    settled, delay = answered(network, small, large), partial(measures.waiting, measure="delay")
    return asks(
        network,
        Less(Of(measures.t_val, small), Of(measures.t_val, large), settled=settled),
        Less(Of(delay, small), Of(delay, large), share=1 / measures.LATE, settled=settled),
        interval=Ratio(Of(measures.t_val, large), Of(measures.t_val, small)),
        told="median T_val {0:,.0f} steps against {1:,.0f}, median delay {2:,.0f} against {3:,.0f}",
    )


C9 = rule("T_val from weights times 5 over T_val from the default weights", *map(is_quick, c.NETWORKS))


# C10: Adam without regularisation, or with dropout only, gives no generalisation, or a much weaker one: a best
# validation accuracy of less than half of that under AdamW. Where AdamW itself does not bring more than half of the
# runs to 99% there is nothing to be weaker than, and the setting decides nothing.
def is_weaker(network: str, way: str) -> Question:
    ours = cell(network, way, c.HALF, where=partial(measures.answered, within=NEVER))
    theirs = cell(network, "AdamW", c.HALF)
    weaker = Less(
        Of(measures.best, ours), Of(measures.best, theirs), share=0.5,
        settled=answered(network, theirs), given=Mostly(theirs, measures.arrives),
    )  # fmt: skip
    told = "median best accuracy {0:.0%}, under AdamW {1:.0%}"
    return asks(f"{network}, {way}", weaker, interval=Median(Of(measures.best, ours)), told=told)


C10 = rule(
    "best validation accuracy without weight decay",
    *(is_weaker(network, way) for network in c.NETWORKS for way in ("Adam", "Adam, dropout")),
)

# C11: AdamW with dropout generalises. Late or not does not matter: the source does not say that it groks.
C11 = rule(
    "share of the RNN's runs that arrive at 30%",
    *(
        mostly(network, "AdamW, dropout", fraction, measures.arrives, "arrive")
        for network in c.NETWORKS
        for fraction in c.FRACTIONS
    ),
)


# C14: RNN and LSTM do not grok without explicit regularisation. The source denies it altogether, so one run that groks
# refutes it. But "not within these steps" alone would be true of any short budget: those with weight decay must arrive
# sooner.
def does_not_grok(network: str) -> Question:
    without = cell(network, "Adam", c.HALF, where=partial(measures.answered, within=NEVER))
    decayed = cell(network, "AdamW", c.HALF)
    told = "{0} of {1} runs grok and {arrive} arrive; with weight decay {others} arrive"
    sooner = Less(Of(measures.t_val, decayed), Of(measures.t_val, without), refutes=False)
    seen = {"arrive": number(without, measures.arrives), "others": count(decayed, measures.arrives)}
    return asks(network, Never(without, measures.groks), sooner, told=told, seen=seen)


C14 = rule("share of runs without regularisation that grok", *map(does_not_grok, c.NETWORKS))
