"""Records of the chapter on recurrent networks with curves made up to order, for tests of its rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np

import grokkit as gk
from grokkit.claims.rules.recurrent import FIRST_SEED
from grokkit.sources.c import FRACTIONS, NETWORKS, RATES, WAYS

BUDGET = 200_000
EVERY = 500
MODELS = {"RNN": gk.RNN, "LSTM": gk.LSTM}
CELLS = [("AdamW", 0.7, 1.0), *[(way, fraction, 5.0) for way in WAYS for fraction in FRACTIONS]]
"""(way, fraction, initial scale) of all that the rules read."""

Story = Callable[[str, str, float, float, int], tuple[int, int | None, float]]
"""(network, way, fraction, scale, i) -> T_train, T_val (None: never) and the accuracy where it rests before T_val."""


def a_run(network: str, way: str, fraction: float, scale: float, seed: int, **settings) -> gk.Run:
    decay, dropout = WAYS[way]
    usual = dict(
        task=gk.ModularAddition.source_c(),
        model=MODELS[network](**({"dropout": dropout} if dropout else {})),
        optimizer=gk.AdamW(learning_rate=RATES[network], weight_decay=decay, beta2=0.999),
        train_fraction=fraction,
        batch=gk.Batch(size=32, short_last=True),
        init_scale=scale,
        seeds=gk.Seeds.all(seed),
    )
    return gk.Run(**usual | settings)


def a_record(
    run: gk.Run, t_train: int, t_val: int | None, rest: float = 0.05, budget: int = BUDGET, status: str = "budget"
) -> gk.Record:
    """A run that is right about its training sums from t_train on, about the others from t_val on (None: never).

    status: how it ends if it never arrives, after `budget` steps.
    """
    end = budget if t_val is None else t_val + 5 * EVERY
    steps = np.unique([0, 1, 10, 100, *range(EVERY, end + 1, EVERY)]).astype(np.int64)
    arrived = steps >= (np.inf if t_val is None else t_val)
    curves = {"train_accuracy": np.where(steps >= t_train, 1.0, 0.1), "val_accuracy": np.where(arrived, 1.0, rest)}
    curves = {name: values.astype(np.float32) for name, values in curves.items()}
    status = status if t_val is None else "reached"
    return gk.Record(run.key, json.loads(run.to_json()), steps, curves, end, status, {"seconds": 36.0})


def nine(way: str, fraction: float) -> int:
    """As many runs of every setting as pass in a majority."""
    return 9


def a_grid(story: Story, count: Callable[[str, float], int] = nine, **how: Any) -> list[gk.Record]:
    """The chapter's grid, `count(way, fraction)` runs a setting, whose seeds all differ. how: more of `a_record`."""
    return list(_made(story, count, how))


def _made(story: Story, count: Callable[[str, float], int], how: dict[str, Any]) -> Iterator[gk.Record]:
    for network, (place, (way, fraction, scale)) in product(NETWORKS, enumerate(CELLS)):
        for i in range(count(way, fraction)):
            run = a_run(network, way, fraction, scale, seed=FIRST_SEED + 20 * place + i)
            yield a_record(run, *story(network, way, fraction, scale, i), **how)


def as_the_source(network: str, way: str, fraction: float, scale: float, i: int) -> tuple[int, int | None, float]:
    """Late under weight decay, the later the smaller the fraction; never without it; early from small weights."""
    if WAYS[way][0] == 0:
        return 2000, None, 0.1
    if scale == 1:
        return 1000, 2000 + 500 * i, 0.1
    return 1000 * round(2 * fraction + 1), round(30_000 / fraction / EVERY) * EVERY + EVERY * i, 0.1
