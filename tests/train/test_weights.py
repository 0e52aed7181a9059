"""`weights_at` takes the steps of `records` again, and gives the weights that those measured."""

import numpy as np
import pytest
from tiny import MEASURE, STEPS, UNTIL, a_run, a_sweep

import grokkit as gk

STEP = gk.Switch(setting="weight_decay", to=0.0, at=gk.Moment(step=20))
EVENT = gk.Switch(setting="weight_decay", to=0.0, at=gk.Moment(train_accuracy=0.99, every=10))


def norm(weights, row):
    return np.sqrt(sum((x[row].astype(np.float64) ** 2).sum() for x in weights.values()))


def test_they_have_the_norms_that_the_records_measured(tmp_path):
    runs = [*a_sweep(), a_run(3, schedule=gk.Schedule(switches=(STEP,)))]
    asked = dict(until=UNTIL, measure=MEASURE, store=tmp_path, compiled=False)
    found = gk.weights_at(runs, [0, 10, STEPS], compiled=False)
    for weights, record in zip(found, gk.train(runs, **asked), strict=True):
        for row, step in enumerate((0, 10, STEPS)):
            measured = record.curves["parameter_l2"][record.steps == step].item()
            assert norm(weights, row) == pytest.approx(measured, rel=1e-6)


def test_each_has_the_shape_of_a_weight_and_a_row_a_step():
    [weights] = gk.weights_at([a_run(model=gk.MLP(hidden=(16,), embedding=4))], [5], compiled=False)
    assert weights["embedding"].shape == (1, 9, 4)  # seven numbers, "+" and "="


@pytest.mark.parametrize("steps", [[], [-1, 3], [3, 3], [4, 2]])
def test_steps_that_do_not_rise_are_refused(steps):
    with pytest.raises(gk.BadInput, match="weights_at steps"):
        gk.weights_at([a_run()], steps)


def test_what_is_no_run_is_refused_and_one_run_needs_no_list():
    with pytest.raises(gk.BadInput, match="every entry must be a Run; 7 came"):
        gk.weights_at([7], [1])
    assert len(gk.weights_at(a_run(), [0], compiled=False)) == 1


def test_a_run_that_waits_for_an_event_is_refused():
    with pytest.raises(gk.BadInput, match="waits for an event"):
        gk.weights_at([a_run(schedule=gk.Schedule(switches=(EVENT,)))], [1])
