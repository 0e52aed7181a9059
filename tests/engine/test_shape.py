"""No setting is silently ignored: what makes another key makes another graph, or is handed to the stack."""

import numpy as np
import pytest
import torch

import grokkit as gk
from grokkit.config.sampling import batch_positions
from grokkit.config.schedules import foreseen, settings_at
from grokkit.engine.shape import Shape
from grokkit.engine.trajectory import Trajectory

STEPS = 200
SIZES = gk.ModularAddition(p=11)
LAYERS = {"hidden": 64, "embedding": 32, "bidirectional": True, "activation": "relu", "dropout": 0.1}
CHANGES = {
    gk.ModularAddition: {"p": 13, "summands": 3, "framed": True, "operation": "*"},
    gk.Addition: {"p": 11, "vectors": 7, "vector_seed": 1},
    gk.MNIST: {"digits": "8x8", "per_class": 400},
    gk.TeacherStudent: {"rows": 60, "width": 4, "hidden": (8,), "tolerance": 0.01, "seed": 1},
    gk.MLP: LAYERS | {"hidden": (8,), "activation": "tanh", "batch_norm": True, "discarded_draw": True},
    gk.RNN: LAYERS,
    gk.LSTM: LAYERS,
    gk.Transformer: {
        "layers": 1,
        "heads": 2,
        "head_width": 16,
        "width": 64,
        "feed_forward": 256,
        "activation": "relu",
        "norm": "post",
        "positions": "sinusoidal",
        "bias": "none",
        "initial": "normal",
        "dropout": 0.1,
    },
    gk.Batch: {"size": 20, "sampling": "replacement", "short_last": True},
    gk.Schedule: {
        "warmup": 5,
        "decay": 0.1,
        "decay_every": 10,
        "switches": (gk.Switch(setting="weight_decay", to=0.0, at=gk.Moment(step=9)),),
    },
    gk.Seeds: {"data": 1, "init": 1, "batch": 1},
    gk.Run: {
        "train_fraction": 0.6,
        "precision": "float64",
        "init_scale": 2.0,
        "split": "scikit-learn",
        "initialiser": "orthogonal",
    },
}
"""Another value of every setting that is not an optimizer's."""
ONLY_BESIDE = {
    "vector_seed": {"vectors": 7},
    "decay_every": {"decay": 0.1},
    "discarded_draw": {"embedding": 4},
    "digits": {"per_class": 9},
}
"""Settings that mean something only where others are not at their defaults."""


def fields(kind):
    return kind.model_fields.keys() - {"kind"}


def pair(kind, name):
    """Two of a kind that differ in one setting."""
    beside = ONLY_BESIDE.get(name, {})
    return kind(**beside), kind(**beside, **{name: CHANGES[kind][name]})


@pytest.mark.parametrize("kind", [table[name] for table in (gk.TASKS, gk.MODELS) for name in table])
def test_every_setting_of_a_task_or_a_model_has_graphs_of_its_own(kind):
    assert CHANGES[kind].keys() >= fields(kind)
    part = "task" if issubclass(kind, gk.TaskConfig) else "model"
    shape = {
        "task": SIZES,
        "model": gk.MLP(),
        "method": gk.AdamW().method,
        "batch": gk.Batch(),
        "width": 4,
        "precision": "float32",
    }
    for name in sorted(fields(kind)):
        one, other = (Shape(**shape | {part: config}) for config in pair(kind, name))
        assert one != other, name
        assert one.task.canonical() != other.task.canonical() or one.model.canonical() != other.model.canonical()


OF_A_RUN = {"batch": gk.Batch, "schedule": gk.Schedule, "seeds": gk.Seeds}


def runs_apart():
    """Pairs of runs that differ in one setting of the run itself, its batches, its schedule or its seeds."""
    plain = {"task": SIZES, "model": gk.MLP(hidden=(8,)), "optimizer": gk.AdamW(), "batch": gk.Batch(size=32)}
    for name, value in CHANGES[gk.Run].items():
        yield name, gk.Run(**plain), gk.Run(**plain | {name: value})
    for part, kind in OF_A_RUN.items():
        for name in CHANGES[kind]:
            one, other = pair(kind, name)
            if kind is gk.Batch:
                one, other = (gk.Batch(**{"size": 32} | config.canonical()) for config in (one, other))
            yield f"{part}.{name}", gk.Run(**plain | {part: one}), gk.Run(**plain | {part: other})


def test_every_setting_of_a_run_is_among_them():
    assert fields(gk.Run) == CHANGES[gk.Run].keys() | OF_A_RUN.keys() | {"task", "model", "optimizer"}
    assert all(fields(kind) == CHANGES[kind].keys() for kind in OF_A_RUN.values())


@pytest.mark.parametrize(("one", "other"), [pair[1:] for pair in runs_apart()], ids=[pair[0] for pair in runs_apart()])
def test_every_setting_of_a_run_reaches_the_stack(one, other):
    assert one.key != other.key
    assert Shape.of(one) != Shape.of(other) or handed(one) != handed(other)


def handed(run):
    """All that a stack is given of a run besides its shape, as bytes."""
    task, steps = run.task.build(), np.arange(STEPS)
    start = Trajectory.start(run, task)
    positions, weights = batch_positions(run.batch, run.seeds.batch, run.train_examples, 0, STEPS)
    settings = settings_at(run, foreseen(run), steps)
    arrays = [*start.params.values(), start.order(task), *map(torch.from_numpy, (positions, weights))]
    return [x.numpy().tobytes() for x in arrays], {name: x.tobytes() for name, x in settings.items()}
