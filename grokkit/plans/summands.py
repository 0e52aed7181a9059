"""Chapter 6: two to five summands, by source A's MLP and by its transformer as coded and at width 128."""

from __future__ import annotations

from functools import cached_property
from types import SimpleNamespace

from grokkit.claims.rules.summands import SMALL_FRACTION
from grokkit.config.request import Until
from grokkit.config.run import Run
from grokkit.models import MLP, Transformer
from grokkit.plans.plan import Plan
from grokkit.sources import a
from grokkit.train.experiment import Experiment

LATER = 2
"""By so much the transformer's seeds begin later: as coded, n = 5 was seen at 20 and 21 for a while."""
MORE_SEEDS = 2
"""Of the transformer at n = 4 and 5, for A17 and A18."""
TINY = {
    "MLP": MLP(hidden=(8, 8)),
    "as coded": Transformer(width=None, layers=1, heads=1, feed_forward=8),
    "width 128": Transformer(width=8, layers=1, heads=1, feed_forward=8),
}


class Summands(Plan):
    """Every network at every n, and two controls: n = 5 with as few sums as n = 4 has.

    first_seed: two summands at seeds 10 to 17 were seen before there was a rule. budget: steps; the source's code has
    100,000. long_budget: of five summands as coded.
    """

    first_seed: int = 20
    budget: int = 20_000
    long_budget: int = 100_000

    @cached_property
    def chosen(self) -> SimpleNamespace:
        """What the profile decides."""
        every, coded = tuple(TINY), ("MLP", "as coded")
        short, to_the_end = Until(steps=min(self.budget, 10_000)), Until(steps=a.STEPS, accuracy=None)
        return self.choose(
            #          smoke              laptop           evidence                        source
            moduli=   ({2: 7, 3: 5},      a.MODULI,        a.MODULI,                       a.MODULI),
            few_sums= (0.2,               SMALL_FRACTION,  SMALL_FRACTION,                 SMALL_FRACTION),
            networks= (every,             coded,           every,                          coded),
            controls= (coded,             (),              coded,                          ()),
            seeds=    (1,                 1,               5,                              5),
            more=     (0,                 0,               MORE_SEEDS,                     MORE_SEEDS),
            later=    (0,                 0,               LATER,                          LATER),
            until=    (Until(steps=40),   short,           Until(steps=self.budget),       to_the_end),
            long=     (Until(steps=40),   short,           Until(steps=self.long_budget),  to_the_end),
        )  # fmt: skip

    @property
    def most(self) -> int:
        """The largest n."""
        return max(self.chosen.moduli)

    def run(self, network: str, n: int, alpha: float = a.ALPHA, seed: int = 0) -> Run:
        """Return a run of a network on sums of n numbers."""
        tiny = {"model": TINY[network]} if self.profile == "smoke" else {}
        name = "MLP (text)" if network == "MLP" else network
        return a.network(name, p=self.chosen.moduli[n], summands=n, alpha=alpha, seed=seed, **tiny)

    def seeds(self, network: str, n: int) -> range:
        """The seeds of a network at n."""
        is_mlp, count = network == "MLP", self.chosen.seeds
        first = self.first_seed + (0 if is_mlp else self.chosen.later)
        return range(first, first + count + (self.chosen.more if not is_mlp and n in (4, 5) else 0))

    def runs(self, network: str, n: int) -> list[Run]:
        """The runs of a network at n."""
        return [self.run(network, n, seed=seed) for seed in self.seeds(network, n)]

    @property
    def few(self) -> list[Run]:
        """The controls."""
        seeds = range(self.first_seed, self.first_seed + self.chosen.seeds)
        return [self.run(name, self.most, self.chosen.few_sums, s) for name in self.chosen.controls for s in seeds]

    @property
    def experiments(self) -> list[Experiment]:
        """The cheapest first: the networks one by one, the controls, and what is watched for long."""
        asked = [Experiment(self._all_n(name), self.chosen.until) for name in self.chosen.networks]
        asked += [Experiment(self.few, self.chosen.until)] if self.few else []
        return [*asked, Experiment(self.runs("as coded", self.most), self.chosen.long)]

    def _all_n(self, network: str) -> list[Run]:
        own = [n for n in self.chosen.moduli if (network, n) != ("as coded", self.most)]
        return [run for n in own for run in self.runs(network, n)]
