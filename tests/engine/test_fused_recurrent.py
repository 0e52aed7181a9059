"""The recurrent networks' program in C++ takes the plain step's steps and measures what it measures, in float64; and
bit for bit alone, in a stack and in chunks of any size."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from stacks import leaves, require_no_less_precision, require_same_steps, stack_of

import grokkit as gk
from grokkit.engine import Session, Shape, Trajectory
from grokkit.engine.fused import fused

pytestmark = pytest.mark.usefixtures("compiler")
KINDS = {"rnn": gk.RNN, "lstm": gk.LSTM}
WHOLE = gk.Batch(size=None)
CASES = {
    "as source C": dict(),
    "unframed, three summands": dict(task=gk.ModularAddition(p=5, summands=3)),
    "one token": dict(task=gk.ModularAddition(p=20, summands=1)),
    "drawn with replacement": dict(batch=gk.Batch(size=13, sampling="replacement")),
    "full batches": dict(batch=WHOLE),
    "dropout": dict(dropout=0.5),
    "dropout of full batches": dict(dropout=0.3, batch=WHOLE),
}


def small(kind="lstm", dropout=0.0, hidden=32, **settings):
    """Nine steps an epoch, the last of them on two sums."""
    rule = {name: settings.pop(name) for name in list(settings) if name in gk.GroupedAdamW.model_fields}
    usual = dict(
        task=gk.ModularAddition.source_c(13),
        model=KINDS[kind](hidden=hidden, embedding=16, dropout=dropout),
        optimizer=gk.AdamW(**dict(learning_rate=0.01, weight_decay=0.1, beta2=0.999) | rule),
        train_fraction=0.5,
        batch=gk.Batch(size=10, short_last=True),
        init_scale=2.0,
        seeds=gk.Seeds.all(3),
    )
    return gk.Run(**usual | settings)


def switched(to, step):
    return gk.Schedule(switches=(gk.Switch(setting="weight_decay", to=to, at=gk.Moment(step=step)),))


def unlike(kind, **settings):
    """Three runs that share a shape and no number; two lose and gain weight decay on their way, one warms up."""
    each = [
        dict(learning_rate=0.02, weight_decay=0.5, schedule=switched(0.0, 7)),
        dict(learning_rate=3e-3, weight_decay=0.0, beta1=0.8, schedule=switched(2.0, 11), seeds=gk.Seeds.all(5)),
        dict(beta2=0.99, eps=1e-3, schedule=gk.Schedule(warmup=10), seeds=gk.Seeds(data=1, init=8, batch=6)),
    ]
    return [small(kind, precision="float64", **settings, **own) for own in each]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", KINDS)
def test_it_takes_the_steps_of_the_plain_one(kind, case):
    runs = unlike(kind, **CASES[case])
    watched = 0.3 if runs[0].batch == WHOLE else None
    ours, plain = (stack_of(runs, compiled, watched) for compiled in (True, False))
    assert ours.kernel.fused and not plain.kernel.fused
    require_same_steps(ours, plain, (1, 9, 15))


@pytest.mark.parametrize("kind", KINDS)
def test_it_takes_the_plain_steps_of_source_c(kind):
    """At its widths, over the short batch that ends an epoch."""
    run = small(
        model=KINDS[kind].source_c(),
        task=gk.ModularAddition.source_c(),
        batch=gk.Batch(size=32, short_last=True),
        learning_rate=1e-3,  # at ten times this one a last bit of the weights grows a millionfold in these steps
        init_scale=5.0,
        precision="float64",
    )
    stacks = [stack_of([run], compiled) for compiled in (True, False)]
    for stack in stacks:
        stack.slots[0].t = run.batch.steps_in_epoch(run.train_examples) - 10
    require_same_steps(*stacks, (20,))


def test_the_embedding_may_have_settings_of_its_own():
    rule = gk.GroupedAdamW(learning_rate=0.01, encoder_learning_rate=0.05, encoder_weight_decay=2.0)
    runs = [small(optimizer=rule, precision="float64")]
    require_same_steps(stack_of(runs, True), stack_of(runs, False), (20,))


@pytest.mark.parametrize(("kind", "seed", "arrived"), [("rnn", 78, (5, 2)), ("lstm", 45, (2, 4))])
def test_a_passage_is_seen_at_the_step_at_which_it_happens(kind, seed, arrived):
    """Validation accuracy passes a quarter by chance: these are seeds with which it does not at the first step."""
    settings = dict(batch=WHOLE, precision="float64", train_fraction=0.6, task=gk.ModularAddition(p=5))
    run = small(kind, learning_rate=3e-3, seeds=gk.Seeds.all(seed), **settings)
    for compiled, chunk in ((False, 1), (True, 1), (True, 3), (True, 25)):
        stack = stack_of([run], compiled, watched=0.25)
        while np.isnan(stack.slots[0].arrival) and stack.slots[0].t < 25:
            stack.advance(chunk)
        assert tuple(stack.slots[0].passages.values()) == arrived and stack.slots[0].t == max(arrived)


def rows_of_all(session):
    """What is measured of each run, in the order in which they end."""
    found = []
    while session.active:
        found += [event.trajectory.rows for event in session.proceed() if event.status]
    return found


@pytest.mark.parametrize(("kind", "dropout"), [("rnn", 0.0), ("lstm", 0.5)])
def test_it_measures_what_the_plain_evaluation_does(kind, dropout):
    """Through a session: samples, what of a set is beyond them, and slots that are done before others."""
    runs, until = unlike(kind, dropout=dropout), gk.Until(steps=40, accuracy=None)
    measured = []
    for compiled in (True, False):
        stack = stack_of(runs[:2], compiled)
        third = Trajectory.start(runs[2], stack.kernel.task)
        session = Session(stack, iter([third]), until, gk.Measure(every=10, sample=50))
        measured.append(rows_of_all(session))
    assert [len(rows) for rows in measured[0]] == [len(rows) for rows in measured[1]] and len(measured[0]) == 3
    for ours, plain in zip(sum(measured[0], []), sum(measured[1], []), strict=True):
        assert ours == pytest.approx(plain, rel=1e-9, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("dropout", [0.0, 0.5])
@pytest.mark.parametrize("kind", KINDS)
def test_a_run_is_the_same_alone_in_a_stack_and_in_chunks_of_any_size(kind, dropout):
    runs = [
        small(kind, dropout, learning_rate=rate, seeds=gk.Seeds.all(i)) for i, rate in enumerate((1e-3, 0.02, 1e-4))
    ]
    together = stack_of(runs, True)
    for count in (1, 6, 23):
        together.advance(count)
    for place, run in enumerate(runs):
        alone = stack_of([run], True)
        while (left := together.slots[place].t - alone.slots[0].t) > 0:
            alone.advance(min(left, 4))
        one, other = alone.snapshot(0), together.snapshot(place)
        assert all(torch.equal(x, y) for x, y in zip(leaves(one), leaves(other), strict=True))
        assert one.last == other.last


def test_it_leaves_what_it_was_given_as_it_was():
    stack = stack_of([small()], True)
    held = [stack._params, stack._state["m"], stack._state["v"]]
    before = [{name: x.clone() for name, x in tree.items()} for tree in held]
    stack.advance(3)
    for tree, old in zip(held, before, strict=True):
        assert all(torch.equal(x, old[name]) for name, x in tree.items())


@pytest.mark.parametrize("kind", KINDS)
def test_single_precision_loses_no_more_than_the_plain_step(kind):
    require_no_less_precision(partial(small, kind))


def test_a_run_that_becomes_nan_does_so_here_too():
    """Its functions must not make numbers of what is none."""
    for precision, rate, lost in (("float64", 1e308, True), ("float32", 1e38, True), ("float32", 0.01, False)):
        stack = stack_of([small(learning_rate=rate, precision=precision)], True)
        stack.advance(4)
        assert np.isnan(stack.slots[0].last["batch_loss"]) == lost


@pytest.mark.parametrize(
    "other",
    [
        small(hidden=24),
        small(model=gk.LSTM(hidden=32, embedding=None)),
        small(model=gk.LSTM(hidden=32, embedding=16, bidirectional=True)),
        small(model=gk.RNN(hidden=32, embedding=16, activation="relu")),
        small(optimizer=gk.Adam()),
        small(precision="bfloat16"),
    ],
    ids=["width", "one-hot", "two directions", "relu", "Adam", "bfloat16"],
)
def test_other_shapes_have_the_plain_step(other):
    assert fused(Shape.of(small()), small().task.build()) is not None
    assert fused(Shape.of(other), other.task.build()) is None


def test_tasks_that_ask_for_another_answer_have_the_plain_step():
    run = small()
    task = run.task.build()
    others = [replace(task, loss=lambda logits, targets: logits[:, 0]), replace(task, correct=lambda z, y: z[:, 0] > 0)]
    assert [fused(Shape.of(run), other) for other in others] == [None] * 2
