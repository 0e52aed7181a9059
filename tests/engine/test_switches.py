"""Settings that change while a run goes on: when they do, that they do, and that nothing else does."""

from functools import cache

import numpy as np
import pytest
import torch
from tiny import a_run, learner
from twins import twin

import grokkit as gk
from grokkit.config.schedules import foreseen, settings_at
from grokkit.engine import Session, Shape, Stack, Trajectory, kernel
from grokkit.train.checkpoints import Checkpoints

BUDGET, EVERY, SAMPLE = 120, 10, 32
UNTIL, MEASURE = gk.Until(steps=BUDGET, accuracy=None), gk.Measure(every=EVERY, sample=SAMPLE)


def event(**of) -> gk.Moment:
    return gk.Moment(every=EVERY, sample=SAMPLE, **of)


def switched(run: gk.Run, *switches: tuple, **schedule) -> gk.Run:
    """The run with switches (setting, value, moment)."""
    made = tuple(gk.Switch(setting=name, to=to, at=at) for name, to, at in switches)
    return run.model_copy(update={"schedule": gk.Schedule(switches=made, **schedule)})


PLAIN = learner().model_copy(update={"precision": "float64", "batch": gk.Batch(size=8, short_last=True)})
SWITCHED = {
    "off at a step": switched(PLAIN, ("weight_decay", 0.0, gk.Moment(step=47))),
    "on at an epoch": switched(PLAIN, ("weight_decay", 20.0, gk.Moment(epoch=7))),
    "off once it knows its sums": switched(PLAIN, ("weight_decay", 0.0, event(train_accuracy=0.95))),
    "on a while after": switched(PLAIN, ("weight_decay", 20.0, event(train_accuracy=0.95, times=1.3, plus=4))),
    "off once it generalises": switched(PLAIN, ("weight_decay", 0.0, event(val_accuracy=0.75))),
    "two settings, warm-up and decay": switched(
        PLAIN, ("learning_rate", 0.002, gk.Moment(step=31)), ("weight_decay", 3.0, event(train_accuracy=0.5, plus=1)),
        warmup=5, decay=0.2, decay_every=10,
    ),
    "off and on again": switched(
        PLAIN, ("weight_decay", 9.0, gk.Moment(step=60)), ("weight_decay", 0.0, gk.Moment(step=15))
    ),
    "another rule": switched(
        PLAIN.model_copy(update={"optimizer": gk.SGD(learning_rate=0.3, momentum=0.9)}),
        ("momentum", 0.5, gk.Moment(step=33)), ("weight_decay", 0.1, event(train_accuracy=0.3)),
    ),
}  # fmt: skip
kinds = pytest.mark.parametrize("run", SWITCHED.values(), ids=SWITCHED)


def start(run):
    ready = kernel(Shape.of(run), torch.device("cpu"), False)
    return Trajectory.start(run, ready.task)


def session_of(trajectories, slots=1):
    ready = kernel(Shape.of(trajectories[0].run), torch.device("cpu"), False)
    return Session(Stack(ready, trajectories[:slots]), iter(trajectories[slots:]), UNTIL, MEASURE)


def trained(trajectories, slots=1):
    """Every trajectory at its end, with its weights, in the order given."""
    session, ended = session_of(trajectories, slots), {}
    while session.active:
        for happened in session.proceed():
            if happened.status:
                ended[happened.trajectory.run.key] = session.stack.snapshot(happened.slot)
    return [ended[trajectory.run.key] for trajectory in trajectories]


@cache
def alone(run):
    """The run's trajectory at its end, trained once for all tests that compare something with it."""
    return trained([start(run)])[0]


def assert_identical(ours, theirs):
    assert (ours.steps, ours.rows) == (theirs.steps, theirs.rows)
    assert all(torch.equal(x, theirs.params[name]) for name, x in ours.params.items())


@kinds
def test_a_switched_run_is_the_loop_that_changes_its_optimizer_by_hand(run):
    ours = alone(run)
    weights, changes = by_hand(run)
    assert len(changes) == len(run.schedule.switches), "a switch that never comes tests nothing"
    assert sorted(k for k in ours.moments if k is not None) == sorted(changes)
    for name, x in ours.params.items():
        torch.testing.assert_close(x, weights[name], rtol=1e-10, atol=1e-12)


def by_hand(run):
    """The weights at the end, and the steps at which settings were changed: `torch.optim`, one step after another."""
    task, schedule = run.task.build(), run.schedule
    torch.manual_seed(run.seeds.init)
    model = run.model.build(task).double()
    optimizer = twin(run.optimizer, model.parameters())
    [group], full_rate, waiting, changes = optimizer.param_groups, run.optimizer.learning_rate, {}, []
    order, n = gk.split_order(task.examples, run.seeds.data), run.train_examples
    seen = {"train_accuracy": order[:n][:SAMPLE], "val_accuracy": order[n:][:SAMPLE]}

    def accuracy(which):
        with torch.no_grad():
            return (model(task.inputs[seen[which]]).argmax(-1) == task.targets[seen[which]]).double().mean().item()

    for t in range(BUDGET):
        for i, switch in enumerate(schedule.switches):
            at = switch.at
            if at.step is not None:
                waiting[i] = at.step
            elif at.epoch is not None:
                waiting[i] = at.epoch * int(np.ceil(n / run.batch.size))
            elif i not in waiting and t % EVERY == 0:
                which = "train_accuracy" if at.train_accuracy else "val_accuracy"
                if accuracy(which) >= getattr(at, which):
                    waiting[i] = round(at.times * t) + at.plus
            if waiting.get(i) == t:
                changes.append(t)
                if switch.setting == "learning_rate":
                    full_rate = switch.to
                else:
                    group[switch.setting] = switch.to
        warm = t / schedule.warmup if t < schedule.warmup else 1.0
        times = max(t - schedule.warmup, 0) // schedule.decay_every
        group["lr"] = full_rate * warm / (1 + schedule.decay * times)
        positions, counts = gk.batch_positions(run.batch, run.seeds.batch, n, t, 1)
        batch = order[torch.from_numpy(positions[0][counts[0] > 0])]
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(task.inputs[batch]), task.targets[batch]).backward()
        optimizer.step()
    return {name: x.detach() for name, x in model.named_parameters()}, changes


@kinds
def test_each_of_these_switches_changes_the_run_and_none_before_its_moment(run):
    ours, plain = alone(run), alone(switched(run))
    moment = min(ours.moments)
    same = [row == other for row, other in zip(ours.rows, plain.rows, strict=True)]
    if not run.schedule.warmup:
        assert all(each for step, each in zip(ours.steps, same, strict=True) if step <= moment)
    assert not same[-1]


@pytest.mark.parametrize(
    "at",
    [gk.Moment(step=BUDGET), gk.Moment(epoch=1000), event(train_accuracy=0.95, plus=10**6), event(val_accuracy=1.0)],
    ids=["at the end", "later", "long after its event", "event that never comes"],
)
def test_a_run_whose_switch_never_comes_is_bitwise_the_run_without(at):
    plain = PLAIN.model_copy(update={"train_fraction": 0.5, "batch": gk.Batch(size=8)})
    ours, theirs = alone(switched(plain, ("weight_decay", 0.0, at))), alone(plain)
    assert max(row["val_accuracy"] for row in ours.rows) < 1 and ours.rows[-1]["train_accuracy"] > 0.95
    assert_identical(ours, theirs)


def test_a_switch_at_step_0_is_the_other_setting_from_the_start():
    late = switched(PLAIN, ("weight_decay", 3.0, gk.Moment(step=0)))
    other = PLAIN.model_copy(update={"optimizer": PLAIN.optimizer.model_copy(update={"weight_decay": 3.0})})
    assert_identical(alone(late), alone(other))


@kinds
def test_resumed_from_a_checkpoint_is_bitwise_the_straight_run(run):
    session, checkpoints = session_of([start(run)]), Checkpoints.of({}, MEASURE)
    for at in (20, 70, 100):
        while session.stack.slots[0].t < at:
            list(session.proceed())
        checkpoints.save(session.stack.snapshot(0))
        again = checkpoints.load(run, session.grid)
        assert at <= again.t < BUDGET and again.moments == session.stack.slots[0].moments
        assert_identical(trained([again])[0], alone(run))


def test_checkpoints_lie_before_an_event_between_it_and_its_moment_and_behind():
    """What makes the test before this one one of events."""
    whole = alone(SWITCHED["on a while after"])
    happened = next(t for t, row in zip(whole.steps, whole.rows, strict=True) if row["train_accuracy"] >= 0.95)
    assert 20 < happened < 70 < whole.moments[0] < 100


@pytest.mark.parametrize(("slots", "order"), [(3, 1), (2, -1)])
def test_in_a_stack_with_runs_of_other_schedules_it_is_bitwise_the_run_alone(slots, order):
    runs = [PLAIN, *(run for run in SWITCHED.values() if run.optimizer == PLAIN.optimizer)][::order]
    for together, run in zip(trained([start(run) for run in runs], slots), runs, strict=True):
        assert_identical(together, alone(run))


def test_the_latest_switch_of_a_setting_holds_and_of_two_at_one_step_the_last():
    run = switched(
        PLAIN,
        ("weight_decay", 1.0, gk.Moment(step=7)), ("weight_decay", 2.0, gk.Moment(step=3)),
        ("weight_decay", 3.0, gk.Moment(step=7)), ("weight_decay", 4.0, event(val_accuracy=0.5)),
        ("learning_rate", 0.5, gk.Moment(step=4)), warmup=8,
    )  # fmt: skip
    values = settings_at(run, foreseen(run), np.arange(9))
    assert values["weight_decay"].tolist() == [0.1] * 3 + [2.0] * 4 + [3.0] * 2
    assert values["learning_rate"].tolist() == [0.03 * k / 8 for k in range(4)] + [0.5 * k / 8 for k in range(4, 9)]
    assert set(values["beta1"]) == {PLAIN.optimizer.beta1}
    later = settings_at(run, [7, 3, 7, 5, 4], np.arange(9))
    assert later["weight_decay"].tolist() == [0.1] * 3 + [2.0] * 2 + [4.0] * 2 + [3.0] * 2


def test_an_event_is_seen_in_the_runs_own_evaluations_whatever_else_is_measured(tmp_path):
    run = SWITCHED["on a while after"]
    coarse, fine = (
        gk.train([run], until=UNTIL, measure=gk.Measure(every=every, sample=SAMPLE), store=str(tmp_path / str(every)))
        for every in (EVERY, 2)
    )
    _, ours, theirs = np.intersect1d(coarse[0].steps, fine[0].steps, return_indices=True)
    assert set(range(0, BUDGET + 1, EVERY)) <= set(coarse[0].steps[ours]) and len(fine[0].steps) > 2 * len(ours)
    for name, curve in coarse[0].curves.items():
        if not name.endswith("_full"):
            np.testing.assert_array_equal(curve[ours], fine[0].curves[name][theirs])


@pytest.mark.parametrize("measure", [gk.Measure(every=20, sample=SAMPLE), gk.Measure(every=EVERY, sample=16)])
def test_a_request_that_would_not_see_a_runs_event_is_refused(measure):
    with pytest.raises(gk.BadInput, match=f"`every` must divide {EVERY} and `sample` be {SAMPLE}"):
        gk.train([SWITCHED["off once it generalises"]], until=UNTIL, measure=measure)
    gk.train([SWITCHED["off at a step"]], until=gk.Until(steps=1), measure=measure)


REFUSED = {
    "Moment needs exactly one of step, epoch, train_accuracy, val_accuracy; none came": lambda: gk.Moment(),
    "exactly one of .* step and val_accuracy came": lambda: gk.Moment(step=3, val_accuracy=0.9),
    "Moment times, plus: only an event": lambda: gk.Moment(epoch=3, times=2.0, plus=1),
    "Moment times: .*greater than or equal to 1; 0.5 came": lambda: gk.Moment(val_accuracy=0.9, times=0.5),
    "AdamW setting to switch 'momentum' is unknown": lambda: a_switch("momentum", 0.9),
    "did you mean 'weight_decay'": lambda: a_switch("weight_decy", 0.0),
    "AdamW weight_decay: .*greater than or equal to 0; -1.0 came": lambda: a_switch("weight_decay", -1.0),
    "AdamW beta1: .*less than 1": lambda: a_switch("beta1", 1.0),
    "with replacement have no epochs": lambda: switched_again(gk.Batch(size=8, sampling="replacement")),
}


def a_switch(name, to):
    run = switched(a_run(), (name, to, gk.Moment(step=1)))
    return gk.Run(**dict(run))


def switched_again(batch):
    return gk.Run(**dict(switched(a_run(batch=batch), ("weight_decay", 0.0, gk.Moment(epoch=1)))))


@pytest.mark.parametrize(("sentence", "make"), REFUSED.items(), ids=range(len(REFUSED)))
def test_what_cannot_be_switched_is_refused_in_a_sentence(sentence, make):
    with pytest.raises(gk.BadInput, match=sentence):
        make()


@kinds
def test_a_switch_is_part_of_a_run_and_of_its_line(run):
    assert run.key != switched(run, warmup=run.schedule.warmup, decay=0.3).key != PLAIN.key
    again = gk.Run.from_json(run.to_json())
    assert (again, again.key) == (run, run.key)
    assert len({each.key for each in SWITCHED.values()}) == len(SWITCHED)


@kinds
def test_a_record_tells_when_its_run_was_switched(run, tmp_path):
    [record] = gk.train([run], until=UNTIL, measure=MEASURE, store=str(tmp_path))
    assert gk.switch_steps(record) == alone(run).moments
    [short] = gk.train([run], until=gk.Until(steps=1), measure=MEASURE, store=str(tmp_path))
    assert gk.switch_steps(short) == foreseen(run)


def test_what_an_event_is_seen_in_makes_another_run():
    moments = [gk.Moment(val_accuracy=0.9, **seen) for seen in ({}, {"every": 50}, {"sample": 512}, {"plus": 1})]
    assert len({switched(PLAIN, ("weight_decay", 0.0, at)).key for at in moments}) == 4


def test_tables_name_switches_by_their_place(tmp_path):
    runs = [PLAIN, SWITCHED["off and on again"]]
    asked = gk.train(runs, until=gk.Until(steps=1), measure=MEASURE, store=str(tmp_path))
    evidence, table = gk.evidence_table(asked), gk.runs_table(asked)
    for found in (evidence, table):
        assert found["schedule.switches.0.to"].isna().tolist() == [True, False]
        assert found["schedule.switches.1.at.step"].tolist()[1] == 15
    assert not any("switches" in name for name in gk.evidence_table(asked[:1]))
