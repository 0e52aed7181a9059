"""The rules on weight decay that is switched: the LSTM at half of the sums.

Moments are a tenth of the source's epochs, or each run's own T_train and T_val.
"""

from __future__ import annotations

from functools import partial

from grokkit.claims import measures, switches
from grokkit.claims.asking import Falls, Less, Mostly, Never
from grokkit.claims.rule import Question, asks, rule
from grokkit.claims.samples import Sample, like
from grokkit.claims.values import Of, Ratio, Share, Word, count, middle, number
from grokkit.sources import c

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
