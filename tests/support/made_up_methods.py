"""Records of the optimizers chapter's grid with best accuracies made up to order, for tests of its rules and figure."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np

import grokkit as gk
from grokkit.claims.rules.optimizers import FIRST_SEEDS as FIRST_SEED

ADAM = gk.Adam(learning_rate=1e-3)
CODED = gk.Transformer.source_a()
SETTINGS = {
    "SGD": dict(optimizer=gk.SGD(learning_rate=0.01)),
    "heavy ball": dict(optimizer=gk.SGD(learning_rate=0.01, momentum=0.99)),
    "Nesterov": dict(optimizer=gk.Nesterov(learning_rate=0.01, momentum=0.99)),
    "RMSProp": dict(optimizer=gk.RMSProp(learning_rate=0.01, beta2=0.98)),
    "Adam": dict(optimizer=ADAM),
    "Adam, batch 128": dict(optimizer=ADAM, batch=gk.Batch(size=128, sampling="replacement")),
    "Adam, dropout 0.1": dict(optimizer=ADAM, model=gk.Transformer(width=None, dropout=0.1)),
    "AdamW 0.1": dict(optimizer=gk.AdamW(weight_decay=0.1)),
    "AdamW 1": dict(optimizer=gk.AdamW(weight_decay=1.0)),
}
FRACTIONS = (0.3, 0.4, 0.5, 0.8)
BUDGET = 10_000

Best = Callable[[str, float, int], float]


def a_run(method: str, alpha: float, seed: int, **other) -> gk.Run:
    usual = dict(
        task=gk.ModularAddition(), model=CODED, train_fraction=alpha, schedule=gk.Schedule(warmup=10),
        batch=gk.Batch(sampling="replacement"), seeds=gk.Seeds.all(seed),
    )  # fmt: skip
    return gk.Run(**usual | SETTINGS[method] | other)


def a_record(run: gk.Run, best: float, budget: int = BUDGET, status: str | None = None) -> gk.Record:
    """Training is known at once; validation rises to `best` at half of the budget, and falls again a little after."""
    steps = np.arange(0, budget + 1, budget // 20)
    val = np.minimum(steps / (budget / 2), 1) * best - 0.01 * (steps > budget / 2)
    curves = {"train_accuracy": np.ones(len(steps)), "val_accuracy": np.maximum(val, 0)}
    curves = {name: values.astype(np.float32) for name, values in curves.items()}
    status = status or ("reached" if best >= 0.99 else "budget")
    return gk.Record(run.key, json.loads(run.to_json()), steps, curves, budget, status, {"seconds": 36.0})


def a_grid(best: Best, seeds: int = 5, **settings) -> list[gk.Record]:
    """`best(method, alpha, i)` of the i-th seed of a method; settings: of `a_record`."""
    return [
        a_record(a_run(method, alpha, FIRST_SEED[method] + i), best(method, alpha, i), **settings)
        for method in SETTINGS
        for alpha in FRACTIONS
        for i in range(seeds + (method == "AdamW 1"))
    ]
