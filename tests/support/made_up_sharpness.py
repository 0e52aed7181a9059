"""Records of the chapter on sharpness with curves made up to order, for tests of its rules."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np

import grokkit as gk
from grokkit.claims.own import OBSERVED
from grokkit.claims.rules.sharpness import TUNED, first_seed
from grokkit.sources.a import INITIALISERS

RULES = {
    "AdamW": gk.AdamW(),
    "AdaSAM": gk.AdaSAM(),
    "AdaSAM with decay": gk.AdaSAM(weight_decay=1.0),
    "SAM": gk.SAM(),
    "ASAM": gk.ASAM(),
    "published": gk.PublishedASAM(),
}
METHODS = tuple(RULES)
ADAMW, PUBLISHED = METHODS[0], METHODS[-1]
RADII = (0.02, 0.1, 0.5)
BUDGET = 6000


def a_run(method: str, initialiser: str, i: int, rho: float = 0.1, tuning: bool = False, **others) -> gk.Run:
    rule = RULES[method].model_copy(update={"rho": rho} if method in TUNED else {})
    settings = {
        "task": gk.ModularAddition(p=97),
        "model": gk.Transformer.source_a(),
        "optimizer": rule,
        "batch": gk.Batch(sampling="replacement"),
        "schedule": gk.Schedule(warmup=0 if method == PUBLISHED else 10),
        "seeds": gk.Seeds.all(first_seed(method, initialiser, tuning) + i),
        "initialiser": initialiser,
    }
    return gk.Run(**(settings | others))


def a_record(run: gk.Run, t_val: float, budget: int = BUDGET, **observed) -> gk.Record:
    """Training is known at 400; validation jumps to 1 at t_val (inf: never). observed: values at OBSERVED."""
    end = int(t_val) + 500 if np.isfinite(t_val) and t_val <= budget else budget
    steps = np.unique([0, 1, 3, 10, 30, *range(100, max(end, OBSERVED) + 1, 100)]).astype(np.int64)
    values = {"parameter_l2": 30.0, "hessian_top": 10.0, "rise_random": 0.1} | observed
    curves = {
        "train_accuracy": np.where(steps >= 400, 1.0, 0.1),
        "val_accuracy": np.where(steps >= t_val, 1.0, 0.3),
        "parameter_l2": np.full(len(steps), 30.0),
        "hessian_top": np.full(len(steps), np.nan),
        "rise_random": np.full(len(steps), np.nan),
    }
    for name, value in values.items():
        curves[name][steps == OBSERVED] = value
    curves = {name: values.astype(np.float32) for name, values in curves.items()}
    status = "reached" if np.isfinite(t_val) and t_val <= budget else "budget"
    return gk.Record(run.key, json.loads(run.to_json()), steps, curves, int(steps[-1]), status, {"seconds": 36.0})


Times = Callable[[str, str], float]
SLOW = {"model": 2000, "xavier_uniform": 2400, "orthogonal": 3600, "kaiming_uniform": 2000}


def as_told(method: str, initialiser: str) -> float:
    """AdaSAM is five times as fast everywhere, and ten times under the poorest initialiser."""
    if method in ("AdaSAM", "AdaSAM with decay"):
        return SLOW[initialiser] / (10 if initialiser == "orthogonal" else 5)
    return SLOW[initialiser]


def a_grid(times: Times = as_told, runs: int = 6, best: float = 0.1, budget: int = BUDGET) -> list[gk.Record]:
    """Every method under every initialiser at the radius 0.1, and the tuning, in which the radius `best` does best."""
    grid = [
        a_record(a_run(method, initialiser, i), times(method, initialiser) + 20 * i, budget)
        for method in METHODS
        for initialiser in INITIALISERS
        for i in range(runs)
    ]
    grid += [
        a_record(a_run(method, "model", i, rho, tuning=True), 3000 + 1000 * (rho != best))
        for method in TUNED
        for rho in RADII
        for i in range(2)
    ]
    return grid + [
        a_record(a_run(ADAMW, initialiser, i, tuning=True), SLOW[initialiser])
        for initialiser in INITIALISERS
        for i in range(2)
    ]
