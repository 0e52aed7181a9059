"""What the rules of source A's chapters share: when a run arrives late, and when it may still arrive."""

from __future__ import annotations

from functools import partial

from grokkit.claims import measures
from grokkit.claims.asking import Mostly
from grokkit.claims.rule import Question, asks
from grokkit.claims.samples import ANY, Sample
from grokkit.claims.values import Bounded, Median, Of, Word
from grokkit.sources import a

ARRIVAL = Bounded(measures.t_val, low=partial(measures.soonest, within=a.STEPS))
"""T_val. Runs that are watched for less than the source's steps may confirm that a network is late, and not refute it:
where it matters one that may still arrive is taken at the moment that speaks against what is tested."""
ANSWERED = partial(measures.answered, within=a.STEPS)
OPEN = partial(measures.unanswered, within=a.STEPS)


def since(seed: int) -> range:
    """All seeds from this one on."""
    return range(seed, ANY.stop)


def late(name: str, runs: Sample, told: str, might: partial | None = None, **seen: Word) -> Question:
    """Do more than half of the runs grok, with T_val / T_train >= 2? Twice: the waiting then takes as long again as the
    learning did. A censored run has no ratio: it did not arrive."""
    grok = Mostly(runs, measures.groks, might)
    return asks(name, grok, interval=Median(Of(measures.ratio, runs)), told=told, seen=seen)
