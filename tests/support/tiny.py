"""Runs that train in a blink, for tests about everything around the training."""

from __future__ import annotations

from collections.abc import Iterable

import grokkit as gk
from grokkit.plans import Plan

STEPS = 40  # a step at which longer requests evaluate in full, too
UNTIL = gk.Until(steps=STEPS, accuracy=None)
MEASURE = gk.Measure(every=10)


def a_run(seed: int = 0, *, p: int = 7, rate: float = 0.01, decay: float = 1.0, **settings) -> gk.Run:
    """24 training sums for p = 7, in batches of 8."""
    usual = dict(
        task=gk.ModularAddition(p=p),
        model=gk.MLP(hidden=(16,)),
        optimizer=gk.AdamW(learning_rate=rate, weight_decay=decay),
        train_fraction=0.5,
        batch=gk.Batch(size=8),
        seeds=gk.Seeds.all(seed),
    )
    return gk.Run(**usual | settings)


def a_sweep() -> list[gk.Run]:
    """Two shapes; more runs of the first than a process trains at once."""
    return [a_run(seed) for seed in range(10)] + [a_run(seed, p=5, batch=gk.Batch(size=None)) for seed in range(3)]


def learner() -> gk.Run:
    """Answers everything, unseen sums too, within 100 steps."""
    return a_run(p=5, model=gk.MLP(hidden=(32,), embedding=4), rate=0.03, decay=0.1, train_fraction=0.8)


def short_lived() -> gk.Run:
    """Diverges at its first step."""
    return a_run(rate=1e30)


def longer_lived(**settings) -> gk.Run:
    """Diverges before STEPS: each step multiplies its weights by about -6."""
    return a_run(rate=1e-3, decay=7000.0, **settings)


def digests(records: Iterable[gk.Record]) -> list[str]:
    return [record.digest for record in records]


class TinyPlan(Plan):
    """What a chapter of the tests asks for: `monkeypatch.setitem(PLANS, "tiny", TinyPlan)`."""

    seed: int = 0
    p: int = 7
    name: str | bool | tuple = "x"

    @property
    def experiments(self) -> list[gk.Experiment]:
        count = self.choose(count=(1, 2, 3, 2)).count
        runs = [a_run(self.seed + i, p=self.p) for i in range(count)]
        return [
            gk.Experiment(runs, UNTIL, MEASURE),
            gk.Experiment([a_run(100 + self.seed)], gk.Until(steps=1), MEASURE),
        ]
