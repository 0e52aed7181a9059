"""The toy's program in C++ takes the plain step's steps: every shape it serves, in float64; and bit for bit alone, in a
stack and in chunks of any size."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from stacks import leaves, require_no_less_precision, require_same_steps, stack_of
from toy import SETUPS, follow, toy_run

import grokkit as gk
from grokkit.engine import Shape
from grokkit.engine.fused import fused
from grokkit.engine.native.perceptron import SLOPES
from grokkit.metrics import is_correct
from grokkit.tasks.vectors import IsNearest

pytestmark = pytest.mark.usefixtures("compiler")
SHAPES = {
    "one hidden layer": dict(hidden=(3,), embedding=1),
    "widths that fill no vector": dict(hidden=(17, 50), embedding=3),
    "three hidden layers": dict(hidden=(24, 9, 31), embedding=2, discarded_draw=True),
}


def small(setup="regression", shape="widths that fill no vector", activation="tanh", **settings):
    task = gk.Addition(p=5) if setup == "classification" else gk.Addition(p=5, vectors=7, vector_seed=1)
    model = gk.MLP(**SHAPES[shape], activation=activation)
    usual = dict(task=task, model=model, train_fraction=0.7, batch=gk.Batch(size=None), seeds=gk.Seeds.all(3))
    rule = {name: settings.pop(name) for name in list(settings) if name in gk.GroupedAdamW.model_fields}
    return gk.Run(**usual | {"optimizer": gk.GroupedAdamW(**rule)} | settings)


def unlike(setup, shape, activation):
    """Three runs that share a shape and no number."""
    rates = dict(learning_rate=0.02, weight_decay=0.5), dict(learning_rate=3e-3, encoder_learning_rate=0.05)
    others = dict(beta1=0.8, beta2=0.99, eps=1e-3, encoder_weight_decay=2.0, seeds=gk.Seeds(data=1, init=8))
    wanted = dict(setup=setup, shape=shape, activation=activation, precision="float64")
    return [small(**wanted, **each) for each in (*rates, others)]


@pytest.mark.parametrize("activation", SLOPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("setup", SETUPS)
def test_it_takes_the_steps_of_the_plain_one(setup, shape, activation):
    runs = unlike(setup, shape, activation)
    ours, plain = (stack_of(runs, compiled, watched=0.3) for compiled in (True, False))
    assert ours.kernel.fused and not plain.kernel.fused
    require_same_steps(ours, plain, (1, 9, 15))


def test_one_group_takes_the_steps_of_two_that_are_alike():
    one = small(optimizer=gk.AdamW(learning_rate=0.02, weight_decay=0.5, beta2=0.999))
    two = small(learning_rate=0.02, weight_decay=0.5, encoder_learning_rate=0.02, encoder_weight_decay=0.5)
    stacks = [stack_of([run], True) for run in (one, two)]
    for stack in stacks:
        stack.advance(20)
        assert stack.kernel.fused
    assert all(map(torch.equal, *(leaves(stack.snapshot(0)) for stack in stacks)))


@pytest.mark.parametrize("chunk", [1, 2, 25])
@pytest.mark.parametrize("setup", SETUPS)
def test_a_passage_is_seen_at_the_step_at_which_it_happens(setup, chunk):
    """Training before a step's update, validation after it, also where a call ends with that step."""
    run = toy_run(setup, 1e-3, 0.0, precision="float64")
    theirs, stack = follow(run, setup, 350), stack_of([run], True, watched=0.25)
    arrived = {
        which: 1 + next(i for i, accuracy in enumerate(accuracies) if accuracy >= 0.25)
        for which, accuracies in (("train", theirs.train), ("val", theirs.val))
    }
    assert arrived["train"] < arrived["val"]
    while np.isnan(stack.slots[0].arrival) and stack.slots[0].t < 350:
        stack.advance(chunk)
    assert stack.slots[0].passages == arrived and stack.slots[0].t == arrived["val"]


@pytest.mark.parametrize("setup", SETUPS)
def test_it_takes_the_steps_of_the_sources_loop(setup):
    run = toy_run(setup, 3e-3, 10.0, precision="float64")
    stack, theirs = stack_of([run], True, watched=1.0), follow(run, setup, 60)
    stack.advance(60)
    assert stack.slots[0].last["batch_loss"] == pytest.approx(theirs.losses[-1], rel=0, abs=1e-12)
    assert stack.slots[0].last["batch_accuracy"] == pytest.approx(theirs.train[-1])
    for x, y in zip(stack.snapshot(0).params.values(), theirs.parameters, strict=True):
        torch.testing.assert_close(x, y.detach(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("setup", SETUPS)
def test_a_run_is_the_same_alone_in_a_stack_and_in_chunks_of_any_size(setup):
    runs = [toy_run(setup, rate, 5.0, init=init) for rate, init in ((1e-3, 102), (5e-3, 7), (1e-4, 8))]
    together = stack_of(runs, True, watched=0.3)
    for count in (1, 6, 23):
        together.advance(count)
    for place, run in enumerate(runs):
        alone = stack_of([run], True, watched=0.3)
        while (left := together.slots[place].t - alone.slots[0].t) > 0:
            alone.advance(min(left, 4))
        one, other = alone.snapshot(0), together.snapshot(place)
        assert all(torch.equal(x, y) for x, y in zip(leaves(one), leaves(other), strict=True))
        assert one.last == other.last
        assert one.passages == pytest.approx(other.passages, nan_ok=True)


def test_it_leaves_what_it_was_given_as_it_was():
    stack = stack_of([small()], True, watched=0.9)
    held = [stack._params, stack._state["m"], stack._passages]
    before = [{name: x.clone() for name, x in tree.items()} for tree in held]
    stack.advance(3)
    for tree, old in zip(held, before, strict=True):
        for name, x in tree.items():
            torch.testing.assert_close(x, old[name], rtol=0, atol=0, equal_nan=True)


def test_single_precision_loses_no_more_than_the_plain_step():
    require_no_less_precision(small)


@pytest.mark.parametrize(
    "other",
    [
        small(model=gk.MLP(hidden=(8,))),
        small(model=gk.MLP(hidden=(8,), embedding=1, activation="gelu")),
        small(model=gk.MLP(hidden=(8,), embedding=1, activation="tanh", batch_norm=True)),
        small(model=gk.MLP(hidden=(8,), embedding=1, activation="tanh", dropout=0.5)),
        small(optimizer=gk.Adam()),
        small(encoder=("layers.0.",)),
        small(batch=gk.Batch(size=4)),
        small(precision="bfloat16"),
    ],
    ids=["tokens", "gelu", "BatchNorm", "dropout", "Adam", "another encoder", "batches", "bfloat16"],
)
def test_other_shapes_have_the_plain_step(other):
    assert fused(Shape.of(small()), small().task.build()) is not None
    assert fused(Shape.of(other), other.task.build()) is None


def test_tasks_that_ask_for_another_answer_have_the_plain_step():
    run = small("regression")
    task = run.task.build()
    others = [replace(task, correct=is_correct), replace(task, correct=IsNearest(task.loss.vectors + 1))]
    others.append(replace(small("classification").task.build(), correct=task.correct))
    assert fused(Shape.of(run), task) is not None
    assert [fused(Shape.of(run), other) for other in others] == [None] * 3
