"""Records of the transformer chapter's grid with curves made up to order, for tests of rules and figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import numpy as np

import grokkit as gk

FORMS = {"as coded": gk.Transformer.source_a(), "width 128": gk.Transformer()}
MODULI, FRACTIONS = (47, 97, 149, 197), (0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8)
GRID = [(p, 0.4) for p in MODULI] + [(97, alpha) for alpha in FRACTIONS if alpha != 0.4]
BUDGET = 20_000

Curve = Callable[[np.ndarray, int], np.ndarray]


def a_record(form: str, p: int, alpha: float, seed: int, t_val: int | None, t_train: int = 300, curve: Curve = None):
    """A run that is right about its training sums from t_train on, and about the others from t_val on (None: never).

    curve(steps, t_val): its validation accuracy before that; a straight line from 0 unless given.
    """
    run = gk.Run(
        task=gk.ModularAddition(p=p), model=FORMS[form], optimizer=gk.AdamW(), train_fraction=alpha,
        batch=gk.Batch(sampling="replacement"), schedule=gk.Schedule(warmup=10), seeds=gk.Seeds.all(seed),
    )  # fmt: skip
    end = BUDGET if t_val is None else t_val + 500
    steps = np.unique([0, 1, 3, 10, 30, *range(100, end + 1, 100)]).astype(np.int64)
    rising = (curve or straight)(steps, t_val or 2 * end)
    curves = {"train_accuracy": np.where(steps >= t_train, 1.0, 0.1), "val_accuracy": rising}
    if t_val is not None:
        curves["val_accuracy"] = np.where(steps >= t_val, 1.0, np.minimum(rising, 0.98))
    curves = {name: values.astype(np.float32) for name, values in curves.items()}
    status = "budget" if t_val is None else "reached"
    return gk.Record(run.key, json.loads(run.to_json()), steps, curves, end, status, {"seconds": 36.0, "device": "cpu"})


def straight(steps: np.ndarray, t_val: int) -> np.ndarray:
    return steps / t_val


def resting(steps: np.ndarray, t_val: int) -> np.ndarray:
    """Near 40% for most of the time."""
    return np.where((steps > 0.1 * t_val) & (steps < 0.9 * t_val), 0.4, steps / t_val)


def a_grid(t_val: Callable[[str, int, float, int], int | None], seeds: Iterable[int] = range(10, 18), curve=None):
    """The chapter's grid; `t_val(form, p, alpha, seed)` says when each run arrives."""
    return [
        a_record(form, p, alpha, seed, t_val(form, p, alpha, seed), curve=curve)
        for form in FORMS
        for p, alpha in GRID
        for seed in seeds
    ]
