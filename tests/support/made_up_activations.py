"""Records of the chapter on activations with curves made up to order, for tests of its rule."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from made_up_summands import a_record

import grokkit as gk

JUDGED, OTHERS = ("relu^1.5", "relu^2"), ("relu", "leaky_relu", "gelu", "square_above_1", "relu^3")
FIRST_SEED = {name: 1000 + 100 * i for i, name in enumerate((*JUDGED, *OTHERS, "tanh", "quadratic"))}
RATES = (5e-4, 1e-3, 2e-3, 4e-3)
BEST = dict.fromkeys(FIRST_SEED, 2e-3)


def a_run(activation: str, seed: int, rate: float = 5e-4, batch_norm: bool = False, **others) -> gk.Run:
    """seed: from 0, among the activation's own."""
    usual = {
        "task": gk.ModularAddition(p=97),
        "model": gk.MLP(activation=activation, batch_norm=batch_norm),
        "optimizer": gk.AdamW(learning_rate=rate, weight_decay=1.0),
        "batch": gk.Batch(sampling="replacement"),
        "schedule": gk.Schedule(warmup=10),
        "seeds": gk.Seeds.all(FIRST_SEED[activation] + seed),
    }
    return gk.Run(**(usual | others))


def as_told(activation: str, rate: float) -> float:
    """T_val of seed 0: the two powers much faster at any rate, everything twice as fast at its best one."""
    slow = {"relu^1.5": 4000, "relu^2": 3000, "relu^3": 6000}.get(activation, 14_000)
    return slow * (1 if rate == 5e-4 else 0.5 if rate == BEST[activation] else 0.8)


def a_grid(t_val: Callable[[str, float], float] = as_told, seeds=range(5), tuned: bool = True) -> list[gk.Record]:
    """The source's activations at its rate; and a tuning of all of them with what it chooses, more than is planned."""
    runs = [a_run(name, seed) for name in (*JUDGED, *OTHERS) for seed in seeds]
    if tuned:
        runs += [a_run(name, 50 + i, rate) for name in (*JUDGED, *OTHERS) for rate in RATES for i in (0, 1)]
        runs += [a_run(name, seed, BEST[name]) for name in (*JUDGED, *OTHERS) for seed in seeds]
    return [made(run, t_val) for run in runs]


def made(run: gk.Run, t_val: Callable[[str, float], float] = as_told) -> gk.Record:
    """The record of one run: seeds differ by a few percent; T_train is 300."""
    more = 1 + 0.01 * (run.seeds.init % 5)
    time = t_val(run.model.activation, run.optimizer.learning_rate)
    return a_record(run, 300, np.ceil(time * more / 100) * 100 if np.isfinite(time) else np.inf)
