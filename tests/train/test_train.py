"""`train` trains what the store lacks, and answers with what each request would have seen by itself."""

from __future__ import annotations

import errno
import io
import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from rich.console import Console
from tiny import MEASURE, STEPS, UNTIL, a_run, a_sweep, digests, learner, longer_lived, short_lived

import grokkit as gk
from grokkit.train import Experiment, Missing, groups, lacking_runs, sweep, worker


@pytest.fixture
def no_training(monkeypatch):
    """From here on, an attempt to train is an error."""

    def refuse(*_, **__):
        raise AssertionError("something was trained")

    def switch_off():
        monkeypatch.setattr(sweep, "Worker", refuse)
        monkeypatch.setattr(sweep, "train_in_pool", refuse)

    return switch_off


@pytest.fixture
def added(monkeypatch):
    """The keys of the records that are added to any store."""
    keys, add = [], gk.Store.add
    monkeypatch.setattr(gk.Store, "add", lambda store, record: (keys.append(record.key), add(store, record))[1])
    return keys


def files(store):
    return {path.name: path.stat().st_mtime_ns for path in store.path.iterdir()}


# What is trained and what comes back.


def test_the_same_call_trains_and_then_loads(tmp_path, no_training):
    store, runs = gk.Store(tmp_path), a_sweep()
    first = gk.train(runs, until=UNTIL, measure=MEASURE, store=store).table()
    before = files(store)
    assert len(before) == len(first) == len(runs)
    no_training()
    for again in (store, str(tmp_path), gk.Store(tmp_path)):
        loaded = gk.train(runs, until=UNTIL, measure=MEASURE, store=again)
        pd.testing.assert_frame_equal(loaded.table(), first)
    assert files(store) == before
    with pytest.raises(AssertionError, match="something was trained"):
        gk.train([a_run(99)], until=UNTIL, measure=MEASURE, store=store)


def keys(records):
    return [record.key for record in records]


def test_rows_are_in_the_order_of_the_runs_and_every_run_is_trained_once(tmp_path, added):
    a, b, c, other = a_run(1), a_run(2), a_run(3), a_run(1, p=5)
    asked = [c, other, a, c, b, a]
    found = gk.train((run for run in asked), until=UNTIL, measure=MEASURE, store=tmp_path)
    assert keys(found) == [run.key for run in asked] == list(found.table()["key"])
    assert sorted(added) == sorted(run.key for run in (a, b, c, other))
    assert keys(gk.train(a, until=UNTIL, measure=MEASURE, store=tmp_path)) == [a.key]
    assert gk.train([], store=tmp_path) == () and len(added) == 4


def test_a_row_says_what_the_run_was_and_where_it_was_made(tmp_path):
    run = a_run(3, precision="float64")
    [record] = gk.train([run], until=UNTIL, measure=MEASURE, store=tmp_path)
    [row] = gk.train([run], until=UNTIL, measure=MEASURE, store=tmp_path).table().to_dict("records")
    assert record.run == run
    assert (row["task.p"], row["seeds.init"], row["status"], row["observed_to"]) == (7, 3, "budget", STEPS)
    assert (row["provenance.device"], row["provenance.precision"]) == ("cpu", "float64")
    assert row["provenance.compiled"] is False and row["provenance.torch"] == torch.__version__
    assert record.steps.tolist() == MEASURE.steps(STEPS)[0].tolist()
    assert record.provenance["cpu_seconds"] > 0 and record.provenance["seconds"] > 0


def test_the_store_and_the_cache_of_the_environment_are_used(tmp_path, monkeypatch):
    monkeypatch.setenv("GROKKIT_STORE", str(tmp_path / "here"))
    gk.train([a_run()], until=UNTIL, measure=MEASURE)
    assert len(gk.Store(tmp_path / "here")) == 1


def test_missing_report_trains_nothing_and_returns_what_is_there(tmp_path, no_training, monkeypatch):
    here, absent = a_run(1), a_run(2)
    gk.train([here], until=UNTIL, measure=MEASURE, store=tmp_path)
    no_training()
    asked = dict(runs=[absent, here], until=UNTIL, measure=MEASURE, store=tmp_path)
    assert keys(gk.train(**asked, missing="report")) == [here.key]
    monkeypatch.setenv("GROKKIT_MISSING", "report")
    assert keys(gk.train(**asked)) == [here.key]
    assert not gk.train([absent], until=UNTIL, measure=MEASURE, store=tmp_path)
    with pytest.raises(AssertionError, match="something was trained"):
        gk.train(**asked, missing="train")


def test_missing_raise_names_a_run_and_the_store(tmp_path, no_training, monkeypatch):
    here, absent = a_run(1), a_run(2)
    gk.train([here], until=UNTIL, measure=MEASURE, store=tmp_path)
    no_training()
    with pytest.raises(Missing) as caught:
        gk.train([here, absent], until=UNTIL, measure=MEASURE, store=tmp_path, missing="raise")
    assert "1 of 2 runs" in str(caught.value) and str(tmp_path) in str(caught.value)
    assert absent.to_json() in str(caught.value)
    monkeypatch.setenv("GROKKIT_MISSING", "raise")
    with pytest.raises(Missing):
        gk.train([absent], until=UNTIL, measure=MEASURE, store=tmp_path)
    assert len(gk.train([here], until=UNTIL, measure=MEASURE, store=tmp_path)) == 1


def test_a_display_counts_the_runs_that_are_trained_and_says_how_each_ended(tmp_path):
    gk.train([a_run(1)], until=UNTIL, measure=MEASURE, store=tmp_path)
    lines = io.StringIO()
    display = gk.Display(Console(file=lines, width=200))
    gk.train([a_run(1), a_run(2), short_lived()], until=UNTIL, measure=MEASURE, store=tmp_path, display=display)
    assert (display.total, display.finished) == (2, 2)
    [diverged, spent] = sorted(lines.getvalue().splitlines(), key=lambda line: "budget" in line)
    assert "seed 0: diverged after 1 steps" in diverged
    assert f"seed 2: budget spent after {STEPS} steps" in spent and "validation accuracy" in spent


class Unreadable(io.StringIO):
    """A closed pipe, or a full disk."""

    def __init__(self, error: int) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise OSError(self.error, "nobody reads")


@pytest.mark.parametrize("error", [errno.EPIPE, errno.ENOSPC])
@pytest.mark.parametrize("terminal", [False, True])
def test_what_cannot_be_printed_ends_no_sweep(error, terminal, tmp_path):
    display = gk.Display(Console(file=Unreadable(error), force_terminal=terminal))
    asked = {"until": UNTIL, "measure": MEASURE, "compiled": False}
    assert len(gk.train(a_run(), store=tmp_path, display=display, **asked)) == 1


@pytest.mark.parametrize("fails", [False, True])
def test_the_number_of_threads_is_the_callers_afterwards(tmp_path, fails):
    class Watching(gk.Display):
        def look(self, trajectory, status):
            seen.append(torch.get_num_threads())
            if fails:
                raise ZeroDivisionError

    seen = []
    torch.set_num_threads(2)
    try:
        gk.train([a_run()], until=UNTIL, measure=MEASURE, store=tmp_path, display=Watching())
    except ZeroDivisionError:
        assert fails
    try:
        assert torch.get_num_threads() == 2
        assert set(seen) == {1}
    finally:
        torch.set_num_threads(1)


def test_training_leaves_the_callers_random_numbers_alone(tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    gk.train([a_run()], until=UNTIL, measure=MEASURE, store=tmp_path)
    assert torch.equal(torch.rand(3), expected)


# What a record can answer.

LONG = gk.Until(steps=100, accuracy=None)
LEARNER = learner()


@pytest.fixture(scope="module")
def observed(tmp_path_factory):
    """Stores that know the learner up to step 100: "densely" at every step, "sparsely" as most tests measure."""
    measures = {"densely": gk.Measure(every=1, full_per_decade=400), "sparsely": MEASURE}
    stores = {name: gk.Store(tmp_path_factory.mktemp(name)) for name in measures}
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("GROKKIT_COMPILED", "0")
        for name, measure in measures.items():
            gk.train([LEARNER], until=LONG, measure=measure, store=stores[name])
    return stores


@pytest.mark.parametrize(
    "until, measure",
    [
        (LONG, gk.Measure(every=1, full_per_decade=400)),
        (LONG, gk.Measure(every=10, full_per_decade=8)),
        (LONG, gk.Measure(every=10, full_per_decade=4)),
        (gk.Until(steps=57, accuracy=None), gk.Measure(every=2, full_per_decade=4)),
        (gk.Until(steps=10, accuracy=None), gk.Measure(every=10)),
        (gk.Until(steps=1, accuracy=None), gk.Measure(every=10)),
        (gk.Until(steps=100, accuracy=0.3, extra=2), gk.Measure(every=4, per_decade=5)),
        (gk.Until(steps=5000, accuracy=0.6, extra=1), gk.Measure(every=10)),
    ],
)
def test_a_request_gets_from_a_longer_record_what_it_would_have_got_alone(
    until, measure, observed, tmp_path, no_training
):
    fresh = gk.train([LEARNER], until=until, measure=measure, store=tmp_path)
    no_training()
    shared = gk.train([LEARNER], until=until, measure=measure, store=observed["densely"])
    assert digests(shared) == digests(fresh)
    assert shared[0].observed_to == fresh[0].observed_to and shared[0].status == fresh[0].status
    assert len(observed["densely"].read_all()[LEARNER.key]) == 1


@pytest.mark.parametrize(
    "until, measure",
    [
        (gk.Until(steps=1000, accuracy=None), MEASURE),  # further
        (LONG, gk.Measure(every=5)),  # more often
        (LONG, gk.Measure(every=10, per_decade=20)),
        (LONG, gk.Measure(every=10, full_per_decade=8)),  # in full more often
        (gk.Until(steps=90, accuracy=None), MEASURE),  # in full at its end
        (LONG, gk.Measure(every=10, sample=3)),  # on other examples
        (gk.Until(steps=5000, accuracy=0.3, extra=200), MEASURE),  # longer after the arrival
    ],
)
def test_a_record_does_not_answer_what_it_has_not_seen(until, measure, observed):
    store = observed["sparsely"]
    assert lacking_runs([LEARNER], LONG, MEASURE, store) == []
    assert lacking_runs([LEARNER], until, measure, store) == [LEARNER]
    assert gk.train([LEARNER], until=until, measure=measure, store=store, missing="report") == ()


def test_a_record_with_a_sparser_grid_is_recomputed_and_both_stay(tmp_path, added, no_training):
    store, run = gk.Store(tmp_path), a_run()
    requests = [gk.Measure(every=20), gk.Measure(every=5, per_decade=4), gk.Measure(every=20, sample=5)]
    made = [gk.train([run], until=UNTIL, measure=measure, store=store) for measure in requests]
    assert len(added) == 3 and len(store.read_all()[run.key]) == 3 and len(store) == 1
    no_training()
    for measure, before in zip(requests, made, strict=True):
        assert digests(gk.train([run], until=UNTIL, measure=measure, store=store)) == digests(before)


def test_records_of_one_run_on_different_grids_do_not_disagree(tmp_path):
    store, until = gk.Store(tmp_path), gk.Until(steps=20, accuracy=None)
    for measure in (gk.Measure(every=20), gk.Measure(every=5)):
        gk.train([a_run()], until=until, measure=measure, store=store)
    assert store.check() == []


# When a run stops.


@pytest.mark.parametrize(
    "train, val, expected",
    [
        ([0, 1, 1, 1, 1], [0, 0, 0, 0, 0], None),
        ([0, 1, 1], [0, 0, 1], None),
        ([0, 1, 1, 1], [0, 0, 1, 1], None),
        ([0, 1, 1, 1, 1], [0, 0, 1, 1, 1], "reached"),
        ([0, 0, 1, 1, 1], [0, 1, 0, 0, 0], "reached"),  # the later of both arrivals, not a simultaneous one
        ([0, 0, 1, 1], [1, 1, 1, 1], None),
        ([0, 1, 0.5, 0.5, 0.5], [0, 0.8, 0.9, 0.2, 0.1], "reached"),  # an arrival cannot be undone
        ([], [], None),
    ],
)
def test_stopping_waits_for_extra_evaluations_after_the_later_arrival(train, val, expected):
    until, steps = gk.Until(steps=1000, accuracy=0.9, extra=2), list(range(0, 10 * len(train), 10))
    assert until.status(steps, np.array(train), np.array(val)) == expected


def test_the_budget_ends_a_run_that_has_not_arrived_and_no_accuracy_never_stops_early():
    steps, high = [0, 10, 20], np.ones(3)
    assert gk.Until(steps=20, accuracy=0.9).status(steps, high * 0, high) == "budget"
    assert gk.Until(steps=21, accuracy=0.9).status(steps, high * 0, high) is None
    assert gk.Until(steps=21, accuracy=None).status(steps, high, high) is None
    assert gk.Until(steps=20, accuracy=None).status(steps, high, high) == "budget"
    assert gk.Until(steps=20, accuracy=0.9, extra=2).status(steps, high, high) == "reached"


@pytest.mark.parametrize("extra", [1, 4])
def test_a_trained_run_stops_where_the_rule_says(extra, tmp_path):
    until = gk.Until(steps=400, accuracy=0.8, extra=extra)
    [record] = gk.train([LEARNER], until=until, measure=MEASURE, store=tmp_path)
    assert record.status == "reached" and record.observed_to == record.steps[-1] < 400
    arrived = [np.flatnonzero(record.curves[name] >= 0.8)[0] for name in ("train_accuracy", "val_accuracy")]
    assert arrived[0] < arrived[1]
    assert len(record.steps) - 1 == max(arrived) + extra


# When a run arrived.


def a_record(train, val, **changes):
    steps = np.arange(len(train)) * 10
    curves = {"train_accuracy": np.float32(train), "val_accuracy": np.float32(val)}
    watched = dict(observed_to=int(steps[-1]), status="budget")
    return gk.Record(LEARNER.key, LEARNER.canonical(), steps, curves, **watched, **changes)


@pytest.mark.parametrize(
    "threshold, expected",
    [
        (0.99, (20, 40, 20, 2)),
        (0.5, (10, 30, 20, 3)),
        (1.0, (40, np.nan, np.nan, np.nan)),
        (0.05, (0, 0, 0, np.nan)),  # there from the start: a ratio to step 0 says nothing
    ],
)
def test_passages_at_a_threshold(threshold, expected):
    record = a_record([0.1, 0.6, 0.99, 0.7, 1.0], [0.1, 0.0, 0.2, 0.6, 0.99])
    assert gk.passage(record, threshold) == pytest.approx(expected, nan_ok=True)


def test_a_run_that_does_not_arrive_is_censored_not_late():
    never = a_record([0.1, 0.2], [0.1, 0.1])
    backwards = a_record([0.1, 0.2], [0.1, 1.0])
    assert np.isnan(gk.passage(never)).all()
    assert np.isnan(gk.passage(backwards).t_train) and gk.passage(backwards).t_val == 10
    assert np.isnan(gk.passage(backwards)[2:]).all()
    table = gk.runs_table([never])
    assert table["t_val"].isna().all() and table["observed_to"].tolist() == [10]
    diverged = a_record([1.0, np.nan], [np.nan, np.nan])
    assert np.isnan(gk.passage(diverged).t_val)
    arrived_and_lost = replace(a_record([0.0, 1.0], [0.0, 1.0]), status="diverged")
    assert np.isnan(gk.passage(arrived_and_lost)).all()


@pytest.mark.parametrize("threshold", [0, -0.1, 1.01, float("nan")])
def test_a_threshold_that_means_nothing_is_refused(threshold):
    with pytest.raises(gk.BadInput, match=f"threshold: must lie above 0 and at most at 1; {threshold} came"):
        gk.passage(a_record([0.0], [0.0]), threshold)


def test_the_table_of_a_training_call_holds_these_passages(tmp_path):
    until = gk.Until(steps=100, accuracy=None)
    runs = [LEARNER, short_lived()]
    found = gk.train(runs, until=until, measure=MEASURE, store=tmp_path)
    table = found.table()
    for name in ("t_train", "t_val", "delay", "ratio"):
        assert table[name].tolist() == pytest.approx([getattr(gk.passage(r), name) for r in found], nan_ok=True)
    assert table["t_train"][0] > 0 and np.isnan(table["t_train"][1])


# Runs that diverge.


def test_a_diverged_run_stops_and_its_neighbours_go_on_as_if_alone(tmp_path):
    neighbours = [a_run(seed) for seed in (1, 2, 3)]
    late = longer_lived()
    runs = [neighbours[0], short_lived(), neighbours[1], late, neighbours[2]]
    found = gk.train(runs, until=UNTIL, measure=MEASURE, store=tmp_path / "together")
    alone = [
        gk.train([run], until=UNTIL, measure=MEASURE, store=tmp_path / str(place))[0] for place, run in enumerate(runs)
    ]
    assert digests(found) == digests(alone)
    assert [r.status for r in found] == ["budget", "diverged", "budget", "diverged", "budget"]
    assert found[1].observed_to == 1 and 10 < found[3].observed_to < STEPS
    assert all(np.isfinite(r.curves["train_loss"]).all() for r in (found[0], found[2], found[4]))
    assert not np.isfinite(found[1].curves["train_loss"][-1])


def test_a_diverged_run_is_not_tried_again_and_answers_for_the_time_before(tmp_path, added, no_training):
    late, measure = longer_lived(), gk.Measure(every=2)
    gk.train([late], until=gk.Until(steps=100, accuracy=None), measure=measure, store=tmp_path / "long")
    assert len(added) == 1
    fresh = {
        steps: gk.train([late], until=gk.Until(steps=steps, accuracy=None), measure=measure, store=tmp_path / "short")
        for steps in (1, 10, STEPS, 1000)
    }
    no_training()
    for steps, expected in fresh.items():
        until = gk.Until(steps=steps, accuracy=None)
        found = gk.train([late], until=until, measure=measure, store=tmp_path / "long")
        assert digests(found) == digests(expected)
        assert found[0].status == ("budget" if steps <= 10 else "diverged")
    # A coarser grid would have noticed later than the record did: that is not in the record.
    assert lacking_runs(
        [late], UNTIL, gk.Measure(every=27, per_decade=1, full_per_decade=1), gk.Store(tmp_path / "long")
    )


def test_a_float64_run_may_leave_the_range_of_the_stored_curves(tmp_path, added):
    late = longer_lived(precision="float64")
    [record] = gk.train([late], until=UNTIL, measure=MEASURE, store=tmp_path)
    loss = record.curves["train_loss"]
    assert record.status == "budget" and np.isinf(loss[-1]) and np.isfinite(loss[:5]).all()
    gk.train([late], until=UNTIL, measure=MEASURE, store=tmp_path)
    assert len(added) == 1


# Stacks and processes; for the pool see test_interrupts.py.


@pytest.mark.parametrize("runs, small, sizes", [(1, True, [2]), (3, True, [3]), (9, True, [8]), (3, False, [1])])
def test_a_stack_of_one_only_where_a_run_always_trains_alone(runs, small, sizes, tmp_path, monkeypatch):
    """The compiled step of a stack of one has its own last bits: what is left of a sweep would end differently."""
    made = []

    class Noting(worker.Stack):
        def __init__(self, kernel, first, watched):
            made.append(len(first))
            super().__init__(kernel, first, watched)

    monkeypatch.setattr(worker, "Stack", Noting)
    monkeypatch.setattr(groups, "SMALL_STEP", 1e12 if small else 0)
    asked, until = [a_run(seed) for seed in range(runs)], gk.Until(steps=2)
    found = gk.train(asked, until=until, measure=MEASURE, store=tmp_path)
    assert made == sizes and len(found) == runs
    assert len(list(tmp_path.iterdir())) == runs


@pytest.mark.parametrize("precision, slots", [("float32", 1), ("bfloat16", groups.CPU_SLOTS)])
def test_in_bfloat16_a_step_of_twice_the_arithmetic_still_counts_as_small(precision, slots):
    """Source C's LSTM, whose step lies between the two limits."""
    run = gk.Run(task=gk.ModularAddition(p=113), model=gk.LSTM(), optimizer=gk.AdamW(), batch=gk.Batch(size=32))
    [group] = groups.groups_of([run.model_copy(update={"precision": precision})] * 100)
    assert groups.slots_for(group, "cpu", 1) == slots


def test_groups_come_in_the_order_in_which_they_are_asked_for():
    one, other = a_run(0), [a_run(seed, p=5) for seed in range(3)]
    found = groups.groups_of([other[0], one, *other[1:]])
    assert [group.runs for group in found] == [other, [one]]
    assert [group.runs for group in groups.groups_of([one, *other])] == [[one], other]


@pytest.mark.parametrize("workers", [1, 2])
def test_several_experiments_train_in_one_sweep_each_as_by_itself(workers, tmp_path, added):
    asked = [
        Experiment([a_run(seed) for seed in range(3)], UNTIL, MEASURE),
        Experiment([a_run(seed, p=5) for seed in range(2)], gk.Until(steps=20, accuracy=None), gk.Measure(every=5)),
        Experiment([a_run(9)], UNTIL, MEASURE),
    ]
    alone = {digest for e in asked for digest in digests(gk.train(e, store=tmp_path / "alone"))}
    order = added.copy()
    added.clear()
    settings = dict(device="cpu", workers=workers, display=None, deadline=600)
    sweep.train_in_order(asked, {}, store=gk.Store(tmp_path / "together"), **settings)
    assert set(digests(gk.Store(tmp_path / "together").read().values())) == alone
    assert workers == 2 or added == order


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_that_cannot_end_before_the_deadline_is_not_begun_and_a_shorter_one_is(workers, tmp_path):
    long, short = [a_run(seed) for seed in range(3)], [a_run(seed, p=5) for seed in range(3)]
    asked = [Experiment(long, UNTIL, MEASURE), Experiment(short, UNTIL, MEASURE)]
    lasts = {run.key: 400.0 for run in long}  # in a stack of two
    settings = dict(device="cpu", workers=workers, display=None, deadline=600)
    sweep.train_in_order(asked, lasts, store=gk.Store(tmp_path), **settings)
    assert set(gk.Store(tmp_path).keys()) == {run.key for run in short}


def test_one_run_needs_no_second_process(tmp_path, monkeypatch):
    monkeypatch.setattr(sweep, "train_in_pool", None)
    assert len(gk.train([a_run()], until=UNTIL, measure=MEASURE, store=tmp_path, workers=os.cpu_count())) == 1


def test_a_run_that_arrived_early_answers_every_budget_that_it_did_not_need(tmp_path):
    asked = [gk.Until(steps=steps) for steps in (5000, 1234, 300)]
    answers = [gk.train([learner()], until=until, store=tmp_path) for until in asked[:1]]
    answers += [gk.train([learner()], until=until, store=tmp_path, missing="raise") for until in asked[1:]]
    assert len({digest for found in answers for digest in digests(found)}) == 1
    assert answers[0][0].status == "reached" and answers[0][0].observed_to < 300


# What is asked for: runs, or experiments with a request of their own.


def test_an_experiment_brings_its_request_and_several_are_answered_in_order(tmp_path, added):
    short = Experiment([a_run(1), a_run(2)], gk.Until(steps=4), MEASURE)
    longer = Experiment([a_run(2), a_run(3)], gk.Until(steps=8), MEASURE)
    found = gk.train([short, longer], store=tmp_path)
    assert keys(found) == [run.key for e in (short, longer) for run in e.runs]
    assert [record.observed_to for record in found] == [4, 4, 8, 8]
    assert keys(found.once()) == [a_run(seed).key for seed in (1, 2, 3)] and found.once()[1].observed_to == 8
    alone = [gk.train(e.runs, until=e.until, measure=e.measure, store=tmp_path / "alone") for e in (short, longer)]
    assert digests(found) == digests([*alone[0], *alone[1]])
    assert digests(gk.train(longer, store=tmp_path, missing="raise")) == digests(alone[1])
    assert len(added) == 8


def test_records_are_read_as_the_three_tables(tmp_path):
    found = gk.train([a_run(1), a_run(2)], until=UNTIL, measure=MEASURE, store=tmp_path)
    pd.testing.assert_frame_equal(found.table(), gk.runs_table(found))
    pd.testing.assert_frame_equal(found.curves(), gk.curves_table(found))
    pd.testing.assert_frame_equal(found.evidence(0.5), gk.evidence_table(found, threshold=0.5))
    assert (found + [found[0]]).once() == found and isinstance(found + found, gk.Records)
    assert found._repr_html_().count("<tr") == 3


def test_runs_and_experiments_are_not_mixed_and_a_request_is_said_once(tmp_path, no_training):
    asked = Experiment([a_run()], UNTIL, MEASURE)
    no_training()
    with pytest.raises(gk.BadInput, match="either runs or experiments, not both"):
        gk.train([asked, a_run(1)], store=tmp_path)
    with pytest.raises(gk.BadInput, match="an experiment says both itself"):
        gk.train(asked, until=UNTIL, store=tmp_path)
    with pytest.raises(Missing, match="1 of 1 runs"):
        gk.train(asked, store=tmp_path, missing="raise")
