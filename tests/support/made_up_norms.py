"""Records of the chapter on norms with curves made up to order, for tests of its rules."""

from __future__ import annotations

import json

import numpy as np

import grokkit as gk

FORMS = {"as coded": gk.Transformer.source_a(), "width 128": gk.Transformer()}
DECAYS = (0.5, 1.0, 2.0)
T_TRAIN, T_VAL, END = 400, 2000, 6000
STEPS = np.unique([0, 1, 3, 10, 30, *range(50, END + 1, 50)]).astype(np.int64)


def a_run(form: str, seed: int, *, eps: float = 1e-8, decay: float = 1.0, **others) -> gk.Run:
    usual = {
        "task": gk.ModularAddition(p=97),
        "model": FORMS[form],
        "optimizer": gk.AdamW(learning_rate=1e-3, weight_decay=decay, eps=eps),
        "batch": gk.Batch(sampling="replacement"),
        "schedule": gk.Schedule(warmup=10),
        "seeds": gk.Seeds.all(seed),
    }
    return gk.Run(**(usual | others))


def fall(at: float, high: float, low: float, width: float = 100.0) -> np.ndarray:
    return low + (high - low) / (1 + np.exp((STEPS - at) / width))


def a_record(run: gk.Run, **curves: np.ndarray | float) -> gk.Record:
    """Training reaches 1 at T_TRAIN and validation at T_VAL, the loss falling at 1,300; the norms fall at 900.

    curves: others, by name; `t_val`: another step at which validation arrives (inf: never).
    """
    t_val = curves.pop("t_val", T_VAL)
    made = {
        "train_accuracy": np.where(STEPS >= T_TRAIN, 1.0, 0.1),
        "val_accuracy": np.where(t_val <= STEPS, 1.0, 0.1),
        "val_loss": fall(1300, 6.0, 0.05),
        "parameter_l2": fall(900, 80.0, 30.0),
        "parameter_linf": fall(900, 3.0, 0.7),
        "gradient_l2": fall(900, 1.0, 0.1),
    }
    made = {name: np.asarray(values, dtype=np.float32) for name, values in (made | curves).items()}
    return gk.Record(run.key, json.loads(run.to_json()), STEPS, made, END, "budget", {"seconds": 120.0})


def silent(seed: int, decay: float, norm: np.ndarray | None = None) -> gk.Record:
    """A run whose gradient does nothing: 41 exp(-lr wd t) from its warm-up on, or another norm."""
    law = 41 * np.exp(-1e-3 * decay * np.maximum(STEPS - 5, 0))
    run = a_run("as coded", seed, eps=1e30, decay=decay)
    return a_record(run, t_val=np.inf, parameter_l2=law if norm is None else norm)


def a_grid(seeds=range(40, 50), **curves: np.ndarray | float) -> list[gk.Record]:
    """The chapter's runs; `curves` of the transformers that learn."""
    learning = [a_record(a_run(form, seed), **curves) for form in FORMS for seed in seeds]
    return learning + [silent(seed, decay) for decay in DECAYS for seed in list(seeds)[:3]]
