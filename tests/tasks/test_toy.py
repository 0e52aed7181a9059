"""Source B's toy starts from the source's numbers, takes its steps, and arrives at the step at which its loop does."""

import json

import numpy as np
import pytest
import torch
from toy import SETUPS, THRESHOLD, data_of, follow, network_of, toy_run

import grokkit as gk
from grokkit.engine import Session, Shape, Stack, Trajectory, kernel
from grokkit.tasks import scikit_learn_order
from grokkit.train.checkpoints import Checkpoints

setups = pytest.mark.parametrize("setup", SETUPS)
UNTIL = gk.Until(steps=1500, accuracy=THRESHOLD, every_step=True)
MEASURE = gk.Measure(every=100_000, full_per_decade=1)
SMALL = gk.Until(steps=200, accuracy=0.55, every_step=True)
"""For the small runs: three of their five unseen sums."""


def test_the_split_is_scikit_learns():
    """The example in the documentation of `train_test_split`: test_size=0.33, random_state=42."""
    assert scikit_learn_order(5, 3, 42).tolist() == [2, 0, 3, 1, 4]


def test_the_split_is_scikit_learns_where_that_is_installed():
    selection = pytest.importorskip("sklearn.model_selection")
    for seed in (41, 42, 43):
        train, val = selection.train_test_split(np.arange(55), train_size=45 / 55, random_state=seed)
        assert scikit_learn_order(55, 45, seed).tolist() == [*train, *val]


@setups
@pytest.mark.parametrize("seed", [41, 42])
def test_data_are_the_sources(setup, seed):
    run, data = toy_run(setup, data=seed), data_of(seed)
    task = run.task.build()
    order = Trajectory.start(run, task).order(task)
    for (pairs, sums), rows in ((data.train, order[:45]), (data.val, order[45:])):
        assert torch.equal(task.inputs[rows], pairs) and torch.equal(task.targets[rows], sums)
    if setup == "regression":
        assert torch.equal(task.loss.vectors, data.vectors) and task.loss.vectors is task.correct.vectors


@setups
def test_weights_are_the_sources(setup):
    run = toy_run(setup, init=103)
    ours = Trajectory.start(run, run.task.build()).params.values()
    theirs = network_of(setup, 103).parameters()
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


@setups
def test_steps_are_the_sources_alone_and_in_a_stack(setup):
    runs = [
        toy_run(setup, rate, decay, init=init, precision="float64")
        for rate, decay, init in ((1e-3, 0.0, 102), (3e-3, 10.0, 101))
    ]
    ready = kernel(Shape.of(runs[0]), torch.device("cpu"), False)
    for slots, steps in (([0], 40), ([1, 0], 100)):
        stack = Stack(ready, [Trajectory.start(runs[i], ready.task) for i in slots], watched=1.0)
        losses = []
        for _ in range(steps):
            stack.advance(1)
            losses.append([slot.last["batch_loss"] for slot in stack.slots])
        for place, i in enumerate(slots):
            theirs = follow(runs[i], setup, steps)
            assert np.array(losses)[:, place] == pytest.approx(theirs.losses, rel=0, abs=1e-12)
            assert stack.slots[place].last["batch_accuracy"] == pytest.approx(theirs.train[-1])
            for x, y in zip(stack.snapshot(place).params.values(), theirs.parameters, strict=True):
                torch.testing.assert_close(x, y.detach(), rtol=0, atol=1e-12)


@pytest.fixture(scope="module")
def arriving():
    """Two setups, their runs in float64, and the steps at which the source's loop would stop."""
    runs = {setup: toy_run(setup, 1e-3, 3.0, precision="float64") for setup in SETUPS}
    found = {}
    for setup, run in runs.items():
        theirs = follow(run, setup, 600)
        times = [1 + int(np.argmax(np.array(x) >= THRESHOLD)) for x in (theirs.train, theirs.val)]
        assert min(times) > 1 and times[0] != times[1]
        found[setup] = run, *times
    return found


@setups
def test_passages_are_exact_and_the_run_ends_there(arriving, setup, tmp_path):
    run, t_train, t_val = arriving[setup]
    [record] = gk.train([run], until=UNTIL, measure=MEASURE, store=tmp_path)
    passage = gk.passage(record, THRESHOLD)
    assert (passage.t_train, passage.t_val) == (t_train, t_val)
    assert record.status == "reached" and record.observed_to == record.steps[-1] == max(t_train, t_val)
    grid = MEASURE.steps(UNTIL.steps)[0]
    assert record.steps[:-1].tolist() == grid[grid < record.observed_to].tolist()
    assert record.curves["val_accuracy"][-1] >= THRESHOLD and np.isfinite(record.curves["val_accuracy_full"][-1])


def test_runs_are_bitwise_the_same_beside_others_that_arrive_at_other_steps():
    runs = [small_run(seeds=gk.Seeds(data=1, init=init)) for init in range(3)]
    together = ended(runs, 2)
    assert len({together[run.key].arrival for run in runs} - {np.nan}) > 1
    for run in runs:
        alone, beside = ended([run], 1)[run.key], together[run.key]
        assert alone.steps == beside.steps
        assert json.dumps(alone.rows) == json.dumps(beside.rows)  # NaN equals NaN there


def ended(runs, slots):
    ready = kernel(Shape.of(runs[0]), torch.device("cpu"), False)
    started = [Trajectory.start(run, ready.task) for run in runs]
    stack = Stack(ready, started[:slots], SMALL.watched)
    session, found = Session(stack, iter(started[slots:]), SMALL, MEASURE), {}
    while session.active:
        for event in session.proceed():
            if event.status:
                found[event.trajectory.run.key] = event.trajectory
    return found


# What a record of such a run can answer.


@pytest.fixture
def quick(tmp_path):
    """A toy of 21 sums that arrives in a blink, and a store that holds it."""
    run = small_run(seeds=gk.Seeds(data=1, init=2))
    [record] = gk.train([run], until=SMALL, measure=MEASURE, store=tmp_path)
    assert record.status == "reached" and 20 < record.observed_to < SMALL.steps
    return run, record, gk.Store(tmp_path)


def small_run(**settings):
    usual = dict(
        task=gk.Addition(p=6),
        model=gk.MLP(hidden=(20,), activation="tanh", embedding=1),
        optimizer=gk.GroupedAdamW(learning_rate=0.03, weight_decay=0.03, encoder_learning_rate=0.03),
        train_fraction=0.8,
    )
    return toy_run("classification", **usual | settings)


def answered(run, store, **changes):
    """The record of a request that differs from the one that made it; None if a run would have to be trained."""
    until = gk.Until(**{**dict(SMALL), **changes})
    found = gk.train([run], until=until, measure=MEASURE, store=store, missing="report")
    return found[0] if found else None


def test_an_arrival_answers_longer_requests_and_shorter_ones_up_to_their_end(quick):
    run, record, store = quick
    assert answered(run, store, steps=100_000).digest == record.digest
    before = answered(run, store, steps=record.observed_to)
    assert before.digest == record.digest
    short = answered(run, store, steps=10)
    assert (short.status, short.observed_to, short.steps[-1]) == ("budget", 10, 10)
    assert np.isnan(gk.passage(short, SMALL.watched).t_val)


def test_what_was_not_watched_is_not_answered(quick):
    run, _, store = quick
    assert answered(run, store, accuracy=0.99) is None
    assert answered(run, store, every_step=False, accuracy=None) is None
    other = small_run(seeds=gk.Seeds(data=1))
    gk.train([other], until=gk.Until(steps=10, accuracy=None), measure=MEASURE, store=store)
    assert answered(other, store, steps=10) is None
    assert answered(other, store, steps=10, accuracy=None, every_step=False).status == "budget"


def test_ordinary_records_have_no_passages(tmp_path):
    [record] = gk.train([small_run()], until=gk.Until(steps=4), measure=MEASURE, store=tmp_path)
    assert not {"train_passage", "val_passage"} & record.curves.keys() and record.watched is None


def test_a_checkpoint_carries_the_passages(quick, tmp_path):
    """Stopped between its two arrivals, a run goes on to the record that it would have left."""
    run, record, _ = quick
    first = int(min(gk.passage(record, SMALL.watched)[:2]))
    assert first + 5 < record.observed_to
    half = half_way(run, first + 2)
    saved = Checkpoints.of({}, MEASURE, SMALL.watched)
    saved.save(half)
    found = saved.load(run, MEASURE.steps(SMALL.steps)[0])
    assert sorted(np.isnan(list(found.passages.values()))) == [False, True]
    assert ended_from(found).passages == dict(zip(("train", "val"), gk.passage(record, SMALL.watched)[:2], strict=True))
    assert Checkpoints.of({}, MEASURE).path(run) != saved.path(run)


def half_way(run, steps):
    ready = kernel(Shape.of(run), torch.device("cpu"), False)
    stack = Stack(ready, [Trajectory.start(run, ready.task)], SMALL.watched)
    session = Session(stack, iter([]), SMALL, MEASURE)
    while stack.slots[0].t < steps:
        list(session.proceed())
    return stack.snapshot(0)


def ended_from(trajectory):
    ready = kernel(Shape.of(trajectory.run), torch.device("cpu"), False)
    session = Session(Stack(ready, [trajectory], SMALL.watched), iter([]), SMALL, MEASURE)
    while session.active:
        [*events] = session.proceed()
    return events[-1].trajectory
