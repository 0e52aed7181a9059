"""What a missing run costs: a pace in processor seconds, times the steps that such runs took."""

import json
from dataclasses import replace

import pytest
from made_up import a_grid
from paths import ROOT
from tiny import a_run

import grokkit as gk
from grokkit.config.request import Measure, Until
from grokkit.engine import Shape
from grokkit.train.price import BENCHMARKS, Prices, _work

RESULTS = ROOT / "benchmarks" / "results"


def run_of(record):
    return record.run


def timed(run, seconds=36.0, steps=3000, **provenance):
    """A record of that run, which ended by its budget after `steps`."""
    [like] = a_grid(lambda *_: None, seeds=[10])[:1]
    provenance = {"seconds": seconds, "device": "cpu", **provenance}
    return replace(like, key=run.key, config=json.loads(run.to_json()), observed_to=steps, provenance=provenance)


def pace(records, run, hardware=None):
    return Prices(records, hardware).pace(Shape.of(run))


def test_a_pace_is_all_seconds_over_all_steps():
    slow, long = timed(a_run(), seconds=10, steps=100), timed(a_run(), seconds=90, steps=9900)
    assert pace([slow, long], a_run()) == pytest.approx(100 / 10_000)


def test_processor_seconds_come_before_those_on_the_wall():
    waited = timed(a_run(), seconds=300, cpu_seconds=30)
    assert pace([waited], a_run()) == pytest.approx(30 / 3000)
    assert pace([waited, timed(a_run(), seconds=999)], a_run()) == pytest.approx(30 / 3000)


def test_a_pace_is_that_of_cores_alone():
    on_a_gpu = timed(a_run(), seconds=0.3, device="cuda")
    assert pace([on_a_gpu, timed(a_run())], a_run()) == pytest.approx(36 / 3000)
    assert pace([on_a_gpu], a_run()) == pace([], a_run())


def test_the_pace_here_is_that_of_this_processor_where_it_is_known():
    records = [timed(a_run(), 30, hardware="ours"), timed(a_run(), 90, hardware="other")]
    assert pace(records, a_run(), "ours") == pytest.approx(30 / 3000)
    assert pace(records, a_run(), "unheard of") == pace(records, a_run()) == pytest.approx(120 / 6000)


def test_the_pace_of_a_shape_that_never_ran_is_that_of_its_kin_by_arithmetic():
    records = [timed(a_run())]
    assert pace(records, a_run(batch=gk.Batch(size=16))) == pytest.approx(2 * 36 / 3000)
    assert pace(records, a_run(precision="float64")) == pytest.approx(2 * 36 / 3000)
    assert pace(records, a_run(optimizer=gk.SGD())) == pace([], a_run(optimizer=gk.SGD()))


def test_kin_of_quite_another_size_tells_nothing():
    wide = a_run(model=gk.MLP(hidden=(512, 512)))
    assert pace([timed(a_run())], wide) == pace([], wide)


def test_two_gradients_a_step_cost_twice_as_much():
    assert pace([], a_run(optimizer=gk.SAM())) == pytest.approx(2 * pace([], a_run()))


def test_without_kin_the_pace_is_the_benchmarks():
    from benchmarks.shapes import SHAPES

    for name, row in zip(("transformer", "mlp", "toy", "mnist", "lstm", "wide lstm"), BENCHMARKS, strict=True):
        run = SHAPES[name].run
        precision = "float64" if name == "mnist" else run.precision
        shape = Shape.of(run.model_copy(update={"precision": precision}))
        assert (shape.model.kind, _work(shape)) == (row.kind, pytest.approx(row.work, rel=1e-3))
        assert Prices([]).pace(shape) == pytest.approx(1 / row.steps_a_second, rel=1e-3)
        assert row.steps_a_second == pytest.approx(slowest(name, precision), rel=1e-3)


def slowest(name, precision):
    rows = [row for file in RESULTS.glob("*.json") for row in json.loads(file.read_text())["pace"]]
    return min(row["ours"] for row in rows if (row["name"], row["precision"]) == (name, precision))


def test_the_wide_lstm_costs_what_it_was_measured_to():
    from benchmarks.shapes import SHAPES

    narrow = timed(SHAPES["lstm"].run, seconds=100, steps=10_000)
    assert pace([narrow], SHAPES["wide lstm"].run) == pytest.approx(1 / 8.313, rel=1e-3)


def expected(records, run, until, every=100):
    return Prices(records).steps(run, until, Measure(every=every))


def grid_arriving(*t_vals):
    """Records of one setting, one seed after the other."""
    seeds = range(10, 10 + len(t_vals))
    found = a_grid(lambda form, p, alpha, seed: t_vals[seed - 10], seeds=seeds)
    return [record for record in found if record.config["task"] == found[0].config["task"]][: len(t_vals)]


def test_expected_steps_are_the_mean_of_other_seeds_and_what_is_seen_after_the_arrival():
    records = grid_arriving(2000, 4000)
    asked = run_of(records[0]).model_copy(update={"seeds": gk.Seeds.all(99)})
    assert expected(records, asked, Until(steps=100_000)) == 3000 + 5 * 100
    assert expected(records, asked, Until(steps=100_000, extra=20)) == 3000 + 20 * 100
    assert expected(records, asked, Until(steps=3000)) == (2500 + 3000) / 2
    assert expected(records, asked, Until(steps=3000, accuracy=None)) == 3000


def test_a_run_that_never_arrived_counts_with_the_whole_budget_and_a_diverged_one_with_its_end():
    never, arrived = grid_arriving(None, 2000)
    asked = run_of(never).model_copy(update={"seeds": gk.Seeds.all(99)})
    assert expected([never, arrived], asked, Until(steps=500_000)) == (500_000 + 2500) / 2
    diverged = replace(arrived, status="diverged", observed_to=50)
    assert expected([diverged], asked, Until(steps=500_000, accuracy=None)) == 50


def test_without_other_seeds_the_nearest_kin_tell_and_without_kin_the_budget():
    [record] = grid_arriving(2000)
    near = run_of(record).model_copy(update={"train_fraction": 0.77})
    assert expected([record], near, Until(steps=100_000)) == 2500
    assert expected(grid_arriving(2000, 7000, 3000), near, Until(steps=100_000)) == 7500  # the most of them
    nearer = run_of(record).model_copy(update={"train_fraction": 0.77, "precision": "float64"})
    both = [record, replace(grid_arriving(4000)[0], key=nearer.key, config=json.loads(nearer.to_json()))]
    assert expected(both, nearer.model_copy(update={"init_scale": 2.0}), Until(steps=100_000)) == 4500
    assert expected([record], a_run(), Until(steps=100_000)) == 100_000


def test_what_was_done_before_is_not_paid_again():
    [record] = grid_arriving(2000)
    asked = run_of(record).model_copy(update={"seeds": gk.Seeds.all(99)})
    prices, until = Prices([record]), Until(steps=100_000)
    whole = prices.seconds(asked, until, Measure())
    assert prices.seconds(asked, until, Measure(), begun=1000) == pytest.approx(whole * 1500 / 2500)
    assert prices.seconds(asked, until, Measure(), begun=5000) == pytest.approx(whole * 95_000 / 2500)
