"""Records of the chapter on the norm of the weights with curves made up to order, for tests of its rules."""

from __future__ import annotations

import json

import numpy as np

import grokkit as gk
from grokkit.plans.weight_norm import WeightNorm

STEPS = np.unique(np.round(10 ** np.arange(0, 5.01, 0.1)).astype(np.int64))
PLAN = WeightNorm()


def a_record(run: gk.Run, t_train: float = 100, t_val: float = 2000, train_loss=0.1, val_loss=0.1) -> gk.Record:
    """A run that arrives at these steps, and whose losses end there."""
    curves = {
        "train_accuracy": np.where(t_train <= STEPS, 1.0, 0.1),
        "val_accuracy": np.where(t_val <= STEPS, 1.0, 0.1),
        "train_loss": np.full(len(STEPS), train_loss),
        "val_loss": np.full(len(STEPS), val_loss),
    }
    made = {name: values.astype(np.float32) for name, values in curves.items()}
    return gk.Record(run.key, json.loads(run.to_json()), STEPS, made, int(STEPS[-1]), "budget", {"seconds": 60.0})


def group(name: str, seeds: int = 9, **curves) -> list[gk.Record]:
    """The runs of a group of the plan, of its first seeds."""
    return [a_record(run, **curves) for run in PLAN.groups[name].runs if run.seeds.init < PLAN.seeds[seeds - 1] + 1]


def landscape(name: str, best: float = 1.0, walls: float = 3.0, seeds: int = 9, train=None) -> list[gk.Record]:
    """The runs of a group at a norm that is held: a V of the validation loss on logarithmic axes, least at `best`.

    walls: how much it rises in a decade, as a power of ten. train: norm -> training loss; usually 1 / norm^6.
    """
    train = train or (lambda norm: norm**-6.0)
    made = []
    for run in PLAN.groups[name].runs:
        norm = run.init_scale
        loss = 10 ** (walls * abs(np.log10(norm / best)) - 2)
        if run.seeds.init < PLAN.seeds[seeds - 1] + 1:
            made.append(a_record(run, t_val=np.inf, train_loss=train(norm), val_loss=loss))
    return made


def everything(**at: list[gk.Record]) -> list[gk.Record]:
    """What makes all five claims come out, with some groups in place of theirs."""
    usual = {
        "teacher-student, held": landscape("teacher-student, held"),
        "MNIST, held": landscape("MNIST, held"),
        "teacher-student, scale 2": group("teacher-student, scale 2"),
        "sums, fixed": group("sums, fixed", t_val=150),
        "sums, free": group("sums, free"),
        "MNIST, scale 8": group("MNIST, scale 8"),
        "MNIST, 100 images": group("MNIST, 100 images", t_val=np.inf),
        "MNIST, 400 images": group("MNIST, 400 images"),
        **{
            name: group(name, t_val=500)
            for name in ("teacher-student, scale 1", "teacher-student, standard", "MNIST, standard")
        },
    }
    return [record for each in (usual | at).values() for record in each]
