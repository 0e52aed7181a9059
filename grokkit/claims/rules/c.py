"""The rules of source C: recurrent networks, and weight decay that is switched.

Runs are independent: no two runs of a network share a seed, whatever their settings. So two settings are compared
without pairs, and a trend takes the runs of each setting in the order of their seeds: under the null any order of them
is as likely as any other. Of smaller seeds than the FIRST are runs that had been seen when these rules were fixed, and
those that choose a learning rate.
"""

from __future__ import annotations

from functools import partial

from grokkit.claims import measures, switches
from grokkit.claims.asking import Falls, Less, Mostly, Never
from grokkit.claims.rule import Question, asks, rule
from grokkit.claims.samples import ANY, Sample, like
from grokkit.claims.values import Median, Of, Ratio, Share, Word, count, middle, number
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
    told = "at 30, 50 and 70% median delays of {2:,.3g} steps and ratios of {0:,.3g}"
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

# Chapter 10: the LSTM at half of the sums, whose weight decay is switched. Moments are a tenth of the source's epochs,
# or each run's own T_train and T_val.

ON, OFF = like(c.switched("on")), like(c.switched("off"))
ANSWERED = partial(measures.answered, within=c.STEPS)
T_VAL = {"on": Of(measures.t_val, ON), "off": Of(measures.t_val, OFF)}


def seen_after(way: str, steps: int) -> Sample:
    """The runs of a way that were seen for so long after their switch."""
    return like(c.switched(way), where=partial(switches.watched_after, steps=steps))


def arrivals(runs: Sample) -> dict[str, Word]:
    return {"arrive": count(runs, measures.arrives)}


# C4: without weight decay the LSTM overfits and never groks, in extended training either. One run that arrives, or that
# does not memorise, refutes it. "Not within these steps" would be true of any short budget, so a run that has not
# arrived counts only if it was watched for the source's 6,000 epochs, and those with weight decay must arrive sooner.
# In float64, the anchor, 200,000 steps: the softmax rounds a loss away so much later that a stall could not come from
# it, and they are several times what weight decay needs.
def never_arrives(precision: str, steps: int) -> Question:
    off = like(c.switched("off", precision=precision), where=partial(measures.watched, within=steps))
    return asks(
        f"{precision}, {steps:,} steps",
        Never(off, switches.arrives_or_never_learns),
        Less(T_VAL["on"], Of(measures.t_val, off), refutes=False),
        interval=Share(off, measures.arrives),
        told="{memorise} of {1} runs memorise and {arrived} arrive; with weight decay {arrive} arrive",
        seen={"memorise": number(off, measures.memorises), "arrived": number(off, measures.arrives)} | arrivals(ON),
    )


EXTENDED = {"float32": c.STEPS, "float64": 200_000}
C4 = rule("share of runs without weight decay that arrive", *(never_arrives(*each) for each in EXTENDED.items()))


# C5: when weight decay is removed early, validation accuracy stays low and the weight norm keeps rising. Early: at a
# tenth of the source's epoch 200, and when the training sums are known. That runs with weight decay throughout arrive
# sooner says that it is the removal, and that there was time.
def stays_low(way: str) -> Question:
    runs = seen_after(way, 20_000)
    told = (
        "of {1} runs {low} stay below 50% and the norm of {rising} keeps rising; with weight decay throughout {arrive} "
        "arrive"
    )
    seen = {"low": number(runs, switches.stays_low), "rising": number(runs, switches.keeps_rising)} | arrivals(ON)
    both = Mostly(runs, switches.stays_low_while_the_norm_rises)
    sooner = Less(T_VAL["on"], Of(measures.t_val, runs), settled=(Of(ANSWERED, ON),))
    return asks(way, both, sooner, told=told, seen=seen)


C5 = rule(
    "share of runs that stay low while their norm rises", stays_low("off at epoch 20"), stays_low("off at T_train")
)


# C6: when weight decay is removed late, after grokking, nothing is lost. What counts as lost says `keeps`.
def loses_nothing(way: str) -> Question:
    runs = seen_after(way, 20_000)
    told = "{0} of {1} runs keep 95% in 90% of the evaluations after the switch; median accuracy at the end {end:.1%}"
    return asks(way, Mostly(runs, switches.keeps), told=told, seen={"end": middle(runs, measures.last_accuracy)})


C6 = rule("share of runs that keep what they know", loses_nothing("off at T_val"), loses_nothing("off at 1.25 T_val"))

# C7: weight decay that is brought in only late still gives grokking, and holds the weight norm. A run groks as in C1,
# and after the switch; its norm is held if it never stands above the one at the switch again. That runs without weight
# decay arrive later says that it is the switch.
SWITCHED_ON = seen_after("on at 2 T_train", 1)
C7 = rule(
    "share of runs that grok after the switch with their norm held",
    asks(
        "on at 2 T_train",
        Mostly(SWITCHED_ON, switches.groks_held, partial(switches.might_grok_held, within=c.STEPS)),
        Less(Of(measures.t_val, SWITCHED_ON), T_VAL["off"], settled=(Of(ANSWERED, SWITCHED_ON),)),
        told="of {1} runs {grok} grok after the switch and {held} never exceed the norm at it; without weight decay "
        "{arrive} arrive",
        seen={
            "grok": number(SWITCHED_ON, switches.groks_after),
            "held": number(SWITCHED_ON, switches.holds_the_norm),
            **arrivals(OFF),
        },
    ),
)

# C8: brought back at double the value, weight decay makes grokking come earlier and the norm fall markedly more. Of the
# norm at the switch at most three quarters as much is left 10,000 steps later; at 0.1 decay alone leaves exp(-1) of it.
SAME, DOUBLE = seen_after("on at 2 T_train", 10_000), seen_after("on at 2 T_train, double", 10_000)
WAITS, LEFT = (
    [Of(measure, runs) for runs in (DOUBLE, SAME)]
    for measure in (switches.wait, partial(switches.norm_left, after=10_000))
)
C8 = rule(
    "steps from the switch to T_val, at double the value over at the same",
    asks(
        "on at 2 T_train, double",
        Less(*WAITS, settled=(Of(ANSWERED, SAME), Of(ANSWERED, DOUBLE))),
        Less(*LEFT, share=0.75),
        interval=Ratio(*WAITS),
        told="median wait from the switch to T_val {0:,.0f} steps against {1:,.0f}; of the norm {2:.0%} is left after "
        "10,000 steps, against {3:.0%}",
    ),
)

# C12: the more weight decay, the earlier the grokking. How many of the runs grok is told and not tested.
DECAYS = (0.05, 0.1, 0.2, 0.4)
BY_DECAY = tuple(like(c.recurrent("LSTM", decay=decay)) for decay in DECAYS)
C12 = rule(
    "T_val at the smallest weight decay over that at the largest",
    asks(
        f"weight decay {', '.join(map(str, DECAYS))}",
        Falls(Of(measures.t_val, BY_DECAY)),
        interval=Ratio(Of(measures.t_val, BY_DECAY[0]), Of(measures.t_val, BY_DECAY[-1])),
        told="median T_val {0:,.0f} steps; with T_val / T_train >= 2: {late}",
        seen={"late": lambda read: ", ".join(count(runs, measures.groks)(read) for runs in BY_DECAY)},
    ),
)
