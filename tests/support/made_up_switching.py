"""Records of the chapter on switching weight decay with curves made up to order, for tests of its rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

import grokkit as gk
from grokkit.claims.rules.switching import DECAYS
from grokkit.sources.c import DECAY, EPOCH, SEEN_EVERY, STEPS

LATE_ON = {"train_accuracy": 0.99, "times": 2.0}
WAYS = {
    "on": (DECAY, None, {}),
    "off": (0.0, None, {}),
    "off at epoch 20": (DECAY, 0.0, {"epoch": 20}),
    "off at T_train": (DECAY, 0.0, {"train_accuracy": 0.99}),
    "off at T_val": (DECAY, 0.0, {"val_accuracy": 0.99}),
    "off at 1.25 T_val": (DECAY, 0.0, {"val_accuracy": 0.99, "times": 1.25}),
    "on at 2 T_train": (0.0, DECAY, LATE_ON),
    "on at 2 T_train, double": (0.0, 2 * DECAY, LATE_ON),
}
"""Weight decay at first, the one it is switched to (None: never), and when."""
EVERY = SEEN_EVERY
BUDGET = 80_000
GRID = [(*WAYS[way], "float32") for way in WAYS] + [(0.0, None, {}, "float64")]
GRID += [(decay, None, {}, "float32") for decay in DECAYS if decay != WAYS["on"][0]]
"""(weight decay, what it is switched to, when, precision) of all that the rules read."""


@dataclass
class Story:
    """What a run does: T_train, T_val (None: never), its norm, and validation accuracy before and after T_val."""

    t_train: int = 10_000
    t_val: int | None = None
    norm: Callable[[np.ndarray], np.ndarray] = lambda steps: 500 + steps / 1000
    rest: float = 0.05
    kept: Callable[[np.ndarray], np.ndarray] = lambda steps: np.ones(len(steps))
    end: int = BUDGET


def a_run(decay: float, to: float | None, at: dict, precision: str, seed: int, **settings) -> gk.Run:
    seen_in = {} if "epoch" in at else {"every": EVERY}
    switches = () if to is None else (gk.Switch(setting="weight_decay", to=to, at=gk.Moment(**at, **seen_in)),)
    usual = dict(
        task=gk.ModularAddition.source_c(),
        model=gk.LSTM(hidden=128, embedding=128),
        optimizer=gk.AdamW(weight_decay=decay, beta2=0.999),
        train_fraction=0.5,
        batch=gk.Batch(size=32, short_last=True),
        init_scale=5.0,
        schedule=gk.Schedule(switches=switches),
        precision=precision,
        seeds=gk.Seeds.all(seed),
    )
    return gk.Run(**usual | settings)


def a_record(run: gk.Run, story: Story) -> gk.Record:
    steps = np.unique([0, 1, 10, 100, *range(EVERY, story.end + 1, EVERY)]).astype(np.int64)
    arrived = steps >= (np.inf if story.t_val is None else story.t_val)
    curves = {
        "train_accuracy": np.where(steps >= story.t_train, 1.0, 0.1),
        "val_accuracy": np.where(arrived, story.kept(steps), story.rest),
        "parameter_l2": story.norm(steps),
    }
    curves = {name: np.asarray(values, dtype=np.float32) for name, values in curves.items()}
    return gk.Record(run.key, json.loads(run.to_json()), steps, curves, story.end, "budget", {"seconds": 36.0})


Told = Callable[[float, float | None, dict, str, int], Story | None]


def a_grid(told: Told | None = None, count: int = 8) -> list[gk.Record]:
    """The chapter's grid, as the source has it where `told` gives no other story."""
    return list(_made(told or (lambda *_: None), count))


def _made(told: Told, count: int) -> Iterator[gk.Record]:
    for place, setting in enumerate(GRID):
        for i in range(count):
            story = told(*setting, i) or as_the_source(*setting, i)
            yield a_record(a_run(*setting, seed=10 + 20 * place + i), story)


def as_the_source(decay: float, to: float | None, at: dict, precision: str, i: int) -> Story:
    """Weight decay brings T_val, from the start or late, unless it is removed early; without it the norm rises."""
    late = EVERY * i
    if to is None:
        never = Story(end=STEPS if precision == "float32" else 200_000)
        return Story(t_val=20_000 + round(2000 / decay) + late, norm=falling(0, decay)) if decay else never
    if decay and "val_accuracy" in at:
        t_val = 36_000 + late
        return Story(t_val=t_val, norm=lambda steps: 60 + np.maximum(steps - t_val, 0) / 1000)
    if decay:
        moment = at["epoch"] * EPOCH if "epoch" in at else 10_000
        return Story(norm=lambda steps: 300 + np.abs(steps - moment) / 1000)
    return Story(t_val=22_000 + round(3000 / to) + late, norm=falling(20_000, to), end=90_000)


def falling(start: int, decay: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda steps: 500 * np.exp(-1e-3 * decay * np.maximum(steps - start, 0))
