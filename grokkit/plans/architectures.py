"""Chapter 3: source A's transformer, MLP and LSTM on the same sums, the two others in the forms of text and code."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from grokkit.claims.rules.architectures import EARLIER, FRESH, HIGH, LOW
from grokkit.config.request import Until
from grokkit.config.run import Run
from grokkit.models import LSTM, MLP, Transformer
from grokkit.plans.plan import Plan
from grokkit.sources import a
from grokkit.train.experiment import Experiment

Asked = tuple[str, Sequence[float], Sequence[int]]
"""A network, its fractions and its seeds."""
NETWORKS = ("transformer", *a.MLPS, *a.LSTMS)
CENTRE, LOWEST = (a.ALPHA,), LOW["MLP (code)"][::-1]
"""Fractions: that of A6 and A8, and those of A7, the dearer one last."""
PILOTS: tuple[Asked, ...] = (("LSTM (text)", CENTRE, (10,)), ("LSTM (code)", CENTRE, (10,)))
ASKED: tuple[Asked, ...] = (
    ("MLP (text)", CENTRE, EARLIER[:8]),  # A6
    ("MLP (code)", CENTRE, EARLIER[:8]),
    ("transformer", LOWEST, FRESH[10:15]),  # A7
    ("MLP (code)", LOWEST, FRESH[:6]),
    ("MLP (text)", LOW["MLP (text)"], FRESH[:6]),
    ("transformer", HIGH, FRESH[10:15]),  # A10
    ("MLP (code)", HIGH, FRESH[:6]),
    ("MLP (text)", HIGH, FRESH[:6]),
    ("LSTM (text)", CENTRE, EARLIER[:8]),  # A8
    ("LSTM (text)", HIGH[1:], EARLIER[:6]),  # A9, and the rest of A10
    ("LSTM (code)", CENTRE, EARLIER[:3]),  # told with A8; decides nothing
    ("transformer", HIGH, EARLIER[10:15]),  # seen before A7 and A10 were
    ("MLP (text)", (0.3,), EARLIER[:6]),  # what they are; no rule reads them
    ("MLP (text)", (0.25,), EARLIER[:1]),
)
"""In the order in which they are trained. No seed of another network is one of the transformer's."""
TINY = {
    "transformer": Transformer(layers=1, heads=1, width=None, feed_forward=8, head_width=8),
    "MLP (text)": MLP(hidden=(8, 8)),
    "MLP (code)": MLP(hidden=(8, 8), batch_norm=True),
    "LSTM (text)": LSTM(hidden=8, embedding=None),
    "LSTM (code)": LSTM(hidden=8, embedding=None, bidirectional=True),
}


def once(of_lstm: Sequence[float]) -> list[Asked]:
    """Each network at two fractions, the LSTM at these: one seed each, that some rule or table has."""
    fractions = {name: of_lstm if name in a.LSTMS else HIGH[:2] for name in NETWORKS}
    return [(name, fractions[name], EARLIER[10:11] if name == "transformer" else EARLIER[:1]) for name in NETWORKS]


class Architectures(Plan):
    """Five networks: what rules read, what was seen before there were rules, and, aside, pilots and anchors.

    budget: steps that a run is watched for. anchors: seeds of the LSTM without weight decay in double precision.
    asides: also a pilot of each LSTM, which no rule reads, since nobody knew whether an LSTM arrives at all.
    """

    budget: int = 20_000
    anchors: int = 0
    asides: bool = False

    @cached_property
    def chosen(self) -> SimpleNamespace:
        """What the profile decides."""
        every = (*PILOTS, *ASKED) if self.asides else ASKED
        watched, to_the_end = Until(steps=self.budget), Until(steps=a.STEPS, accuracy=None)
        return self.choose(
            #       smoke             laptop               evidence  source
            p=     (11,               a.P,                 a.P,      a.P),
            asked= (once(HIGH[:2]),   once((0.6,)),        every,    ASKED),
            until= (Until(steps=40),  Until(steps=6_000),  watched,  to_the_end),
        )  # fmt: skip

    def run(self, network: str, alpha: float = a.ALPHA, seed: int = 0, **others: Any) -> Run:
        """Return a run of a network."""
        tiny = {"model": TINY[network]} if self.profile == "smoke" else {}
        return a.network(network, p=self.chosen.p, alpha=alpha, seed=seed, **tiny, **others)

    @cached_property
    def grid(self) -> list[list[Run]]:
        """The runs of each line of what is asked."""
        return [self._runs(*line) for line in self.chosen.asked]

    @property
    def network_of(self) -> dict[str, str]:
        """Key of a run of the grid -> its network."""
        lines = zip(self.chosen.asked, self.grid, strict=True)
        return {run.key: network for (network, _, _), runs in lines for run in runs}

    @property
    def doubled(self) -> list[Run]:
        """The anchors."""
        seeds = range(EARLIER.start, EARLIER.start + self.anchors)
        return [self.run("LSTM (code)", seed=seed, precision="float64") for seed in seeds]

    @property
    def experiments(self) -> list[Experiment]:
        """The grid line by line, and the anchors."""
        return [Experiment(runs, self.chosen.until) for runs in (*self.grid, self.doubled) if runs]

    def _runs(self, network: str, fractions: Sequence[float], seeds: Sequence[int]) -> list[Run]:
        return [self.run(network, alpha, seed) for alpha in fractions for seed in seeds]
