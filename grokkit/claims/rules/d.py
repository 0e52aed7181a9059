"""The rules of source D, lecture slides."""

from __future__ import annotations

from functools import partial

from grokkit.claims import measures
from grokkit.claims.asking import Mostly
from grokkit.claims.rule import Question, asks, rule
from grokkit.claims.samples import ANY, Sample, Together, like
from grokkit.claims.values import Median, Of, middle
from grokkit.sources import a, d


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
