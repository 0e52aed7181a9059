"""Records of the architectures chapter's grid, arriving when a test says, for tests of its rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import numpy as np

import grokkit as gk

FAST, SLOW = gk.AdamW(learning_rate=5e-4), gk.AdamW()
FADING = gk.Schedule(warmup=10, decay=0.01, decay_every=100)
FORMS = {
    "transformer": (gk.Transformer.source_a(), SLOW, gk.Schedule(warmup=10)),
    "MLP (text)": (gk.MLP(), FAST, gk.Schedule(warmup=10)),
    "MLP (code)": (gk.MLP(batch_norm=True), FAST, gk.Schedule(warmup=10)),
    "LSTM (text)": (gk.LSTM(hidden=512, embedding=None), SLOW, gk.Schedule(warmup=10)),
    "LSTM (code)": (gk.LSTM.source_a(), gk.AdamW(weight_decay=0.0), FADING),
}
FRACTIONS = (0.25, 0.3, 0.4, 0.6, 0.8)
EARLIER, FRESH, LATEST = 20, 40, 50
"""First seeds: of LSTMs, and of the MLPs that A6 reads; of the other MLPs; of transformers."""
BUDGET = 20_000

Arrival = Callable[[str, float, int], "int | None"]


def a_run(form: str, alpha: float, seed: int, **others) -> gk.Run:
    model, optimizer, schedule = FORMS[form]
    usual = dict(
        task=gk.ModularAddition(p=97), model=model, optimizer=optimizer, schedule=schedule, train_fraction=alpha,
        batch=gk.Batch(sampling="replacement"), seeds=gk.Seeds.all(seed),
    )  # fmt: skip
    return gk.Run(**usual | others)


def a_record(run: gk.Run, t_val: int | None, budget: int = BUDGET, t_train: int = 300) -> gk.Record:
    """A run that is right about its training sums from t_train on, and about the others from t_val on (None: never)."""
    end = budget if t_val is None else t_val + 500
    steps = np.arange(0, end + 1, 100, dtype=np.int64)
    arrived = np.zeros(len(steps), dtype=bool) if t_val is None else steps >= t_val
    accuracies = {"train_accuracy": np.where(steps >= t_train, 1.0, 0.1), "val_accuracy": np.where(arrived, 1.0, 0.1)}
    curves = {name: values.astype(np.float32) for name, values in accuracies.items()}
    status = "budget" if t_val is None else "reached"
    return gk.Record(run.key, json.loads(run.to_json()), steps, curves, end, status, {"seconds": 36.0})


def networks(
    t_val: Arrival, n: int = 6, fractions: Iterable[float] = FRACTIONS, budget: int = BUDGET
) -> list[gk.Record]:
    """The chapter's grid: n seeds an MLP or LSTM, with two more at 0.4 if n is 6, and at most 5 a transformer.

    t_val(form, alpha, place): when the run of the place-th seed of its network arrives.
    """
    found = []
    for form in FORMS:
        first, count = {"M": (FRESH, n), "L": (EARLIER, n), "t": (LATEST, min(n, 5))}[form[0]]
        asked = [(alpha, first + i) for alpha in fractions for i in range(count)]
        if form != "transformer":  # A6 and A8
            asked += [(0.4, EARLIER + i) for i in range(n + 2 * (n == 6)) if (0.4, EARLIER + i) not in asked]
        found += [a_record(a_run(form, alpha, seed), t_val(form, alpha, seed % 10), budget) for alpha, seed in asked]
    return found
