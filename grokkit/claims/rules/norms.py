"""The rules on norms of weights.

Seeds below 40 are left out: how norms and losses of the transformer move at seeds 10 to 17 was looked at before there
was a rule, to see what can be measured.
"""

from __future__ import annotations

from functools import partial

from grokkit.claims import measures
from grokkit.claims.asking import Mostly
from grokkit.claims.rule import Question, asks, rule
from grokkit.claims.rules.late import since
from grokkit.claims.samples import ANY, Sample, Together, like
from grokkit.claims.values import Median, Of, middle
from grokkit.sources import a, d


# A20: validation loss and the norms of the parameters fall together in trend, but do not align well. A run is looked at
# from T_train on, and as long after T_val as before it; runs that do not arrive have no delay and are not counted. Each
# of the two must hold in more than half of the runs. The gradient's norm, which is what the source's code logs, decides
# nothing.
def falls_apart(form: str, norm: str) -> Question:
    runs = like(a.transformer(form), seeds=since(40), where=measures.waits)
    trend, lag = (partial(measure, norm=norm) for measure in (measures.trend, measures.relative_lag))
    tests = (Mostly(runs, partial(shows, norm=norm)) for shows in (measures.in_trend, measures.apart))
    told = (
        "{0} of {1} runs in trend (median rank correlation {trend:.2f}), {2} not aligned (median lag {lag:+.0%} of the "
        "delay)"
    )
    name = f"{form}, {'l2' if norm == 'parameter_l2' else 'l-infinity'}"
    return asks(
        name, *tests, interval=Median(Of(lag, runs)), told=told,
        seen={"trend": middle(runs, trend), "lag": middle(runs, lag, infinite="without end")},
    )  # fmt: skip


A20 = rule(
    "lag of the l2 norm behind validation loss, as a share of the delay, as coded",
    *(falls_apart(form, norm) for form in a.FORMS for norm in ("parameter_l2", "parameter_linf")),
)


# D13: with weight decay alone the norm of the weights decays as exp(-gamma t). Decay alone is the claim's own words:
# runs in which the gradient does nothing. After memorising, from T_train to T_val, is where the lecture uses it: the
# training loss is small, and decay is thought to act nearly alone; runs that do not arrive have no such time, and are
# not counted. Seeds as in A20.
def follows(name: str, runs: Sample | Together, after_memorising: bool) -> Question:
    shows, departure = (
        partial(idea, after_memorising=after_memorising) for idea in (measures.follows_the_law, measures.departure)
    )
    told = "{0} of {1} runs, of {seeds} seeds, follow it; median departure {departure:.1%} of the decay"
    seen = {"seeds": lambda read: read(runs)["seeds.data"].nunique(), "departure": middle(runs, departure)}
    return asks(name, Mostly(runs, shows), interval=Median(Of(departure, runs)), told=told, seen=seen)


SEEDS = range(40, ANY.stop)
SILENCED = Together(tuple(like(d.silenced(decay), seeds=SEEDS) for decay in d.DECAYS))
WAITING = {form: like(a.transformer(form), seeds=SEEDS, where=measures.waits) for form in a.FORMS}
D13 = rule(
    "departure of the norm from exp(-lr wd t), as a share of the whole decay, weight decay alone",
    follows("decay alone", SILENCED, after_memorising=False),
    *(follows(f"after memorising, {form}", runs, after_memorising=True) for form, runs in WAITING.items()),
)
