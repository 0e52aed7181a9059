"""Records of the chapter on summands with curves made up to order, for tests of its rules."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np

import grokkit as gk

NETWORKS = {
    "MLP": (gk.MLP(), 5e-4),
    "as coded": (gk.Transformer.source_a(), 1e-3),
    "width 128": (gk.Transformer(), 1e-3),
}
MODULI = {2: 97, 3: 23, 4: 11, 5: 11}
BUDGET = 20_000


def a_run(network: str, n: int, seed: int, alpha: float = 0.4, **others) -> gk.Run:
    model, rate = NETWORKS[network]
    settings = {
        "task": gk.ModularAddition(p=MODULI[n], summands=n),
        "model": model,
        "optimizer": gk.AdamW(learning_rate=rate),
        "train_fraction": alpha,
        "batch": gk.Batch(sampling="replacement"),
        "schedule": gk.Schedule(warmup=10),
        "seeds": gk.Seeds.all(seed),
    }
    return gk.Run(**(settings | others))


def a_record(
    run: gk.Run, t_train: float, t_val: float, top: float = 1.0, height=None, budget: int = BUDGET
) -> gk.Record:
    """Accuracies that stay at 9% until they jump to `top`, training at t_train and validation at t_val (inf: never).

    height(steps): the training accuracy from t_train on, in place of `top`.
    """
    arrives = top >= 0.99 and height is None and np.isfinite([t_train, t_val]).all()
    end = int(max(t_train, t_val)) + 500 if arrives else budget
    steps = np.unique([0, 1, 3, 10, 30, *range(100, end + 1, 100)]).astype(np.int64)
    risen = np.full(len(steps), top) if height is None else height(steps)
    curves = {
        "train_accuracy": np.where(steps >= t_train, risen, 0.09),
        "val_accuracy": np.where(steps >= t_val, risen, 0.09),
    }
    curves = {name: values.astype(np.float32) for name, values in curves.items()}
    status = "reached" if arrives else "budget"
    return gk.Record(run.key, json.loads(run.to_json()), steps, curves, end, status, {"seconds": 36.0})


Times = Callable[[str, int, int], tuple[float, float]]


def as_told(network: str, n: int, seed: int) -> tuple[float, float]:
    """T_train and T_val as the source tells them; n = 5 as coded is what `a_grid` makes of it."""
    more = 100 * (seed % 3)
    if network == "MLP":
        return 300 + more, {2: 4000, 3: 4500, 4: 3000, 5: 1500}[n] + (n != 3) * more
    t_train = {2: 400, 3: 2000, 4: 4000, 5: 6000}[n] + more
    return t_train, {2: 1900, 3: 3000, 4: 4500, 5: 7000}[n] + more


def seeds_of(network: str, n: int, seeds: int, more: int) -> range:
    """As the chapter plans them: the transformer's begin later, and many summands have more of them."""
    first = 20 if network == "MLP" else 22
    return range(first, first + seeds + (more if network != "MLP" and n > 3 else 0))


def a_grid(times: Times = as_told, seeds=5, more=2, floating=0.95, floats=7, budget: int = BUDGET) -> list[gk.Record]:
    """The chapter's grid, without controls.

    floating: the training accuracy as coded at n = 5, of so many `floats`; None: there, too, as `times` has it.
    """
    grid = [
        a_record(a_run(network, n, seed), *times(network, n, seed), budget=budget)
        for network in NETWORKS
        for n in MODULI
        for seed in seeds_of(network, n, seeds, more)
        if (network, n) != ("as coded", 5) or floating is None
    ]
    coded = [a_run("as coded", 5, 22 + i) for i in range(floats if floating is not None else 0)]
    return grid + [a_record(run, 6000, 7000, top=floating, budget=budget) for run in coded]


def a_control(network: str, t_train: float, t_val: float, seeds=range(20, 25)) -> list[gk.Record]:
    """Five summands with as few training sums as four have."""
    return [a_record(a_run(network, 5, seed, alpha=0.0364), t_train, t_val) for seed in seeds]
