"""Observables: what they measure is right on small things, and is measured where it is asked for, nowhere else."""

import math

import numpy as np
import pytest
import torch
from tiny import MEASURE, UNTIL, a_run, digests, learner, short_lived
from twins import snapshot_after

import grokkit as gk
from grokkit.metrics import METRICS, OBSERVED, l2_norm
from grokkit.observables import OBSERVABLES, Probe
from grokkit.observables.embedding import order
from grokkit.observables.sharpness import (
    ITERATIONS,
    RADIUS,
    SHARE,
    adversarial_rise,
    lanczos,
    random_direction,
    rise,
    top_eigenvalue,
)
from grokkit.train import groups, lacking_runs
from grokkit.train.experiment import Experiment, from_lines, to_lines

SHARP = gk.Measure(every=10, observables=("sharpness",), observe_at=(20,))
CURVES = list(OBSERVED["sharpness"])


def network(seed=0, steps=60, **settings):
    """A small trained network: its weights, and its loss by the plain forward of an ordinary module."""
    run = a_run(seed, precision="float64", **settings)
    task = run.task.build()
    model = run.model.build(task).double()
    mine = gk.split_order(task.examples, run.seeds.data)[: run.train_examples]

    def loss_of(params):
        logits = torch.func.functional_call(model, params, (task.inputs[mine],))
        return torch.nn.functional.cross_entropy(logits, task.targets[mine])

    return snapshot_after(run, steps).params, loss_of


def explicit_hessian(loss_of, params):
    """(N, N)."""
    names, shapes = list(params), [x.shape for x in params.values()]

    def of_vector(vector):
        parts = vector.split([shape.numel() for shape in shapes])
        return loss_of({n: part.view(shape) for n, part, shape in zip(names, parts, shapes, strict=True)})

    return torch.func.hessian(of_vector)(torch.cat([x.flatten() for x in params.values()]))


def direction(params, seed=0):
    return random_direction(params, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("places", "found"),
    [
        ([1.0, 2.0, 5.0, 9.0], 1),
        ([4.0, 3.0, 0.0, -1.0], 1),
        ([0.0, 1.0, 3.0, 2.0], 4 / 6),
        ([0.0, 2.0, 3.0, 1.0], 2 / 6),
    ],
)
def test_order_is_kendalls_correlation_whatever_the_direction(places, found):
    line = torch.tensor(places, dtype=torch.float64).unsqueeze(1)
    assert order(line) == pytest.approx(found)
    tilted = line * torch.tensor([[0.6, -0.8]]).double() + torch.tensor([[3.0, 1.0]]).double()
    assert order(tilted) == pytest.approx(found)


def test_the_embedding_is_measured_where_it_is_asked_for_and_refused_where_there_is_none(tmp_path):
    measure = gk.Measure(every=10, observables=("embedding",), observe_at=(20,))
    run = learner()
    [record] = gk.train([run], until=UNTIL, measure=measure, store=tmp_path)
    at = {int(step): i for i, step in enumerate(record.steps)}
    for step in (20, UNTIL.steps):
        embedding = snapshot_after(run, step).params["embedding"].double()
        assert record.curves["embedding_rms"][at[step]] == pytest.approx(embedding.square().mean().sqrt().item())
        assert record.curves["embedding_order"][at[step]] == pytest.approx(order(embedding).item())
    assert np.isfinite(record.curves["embedding_order"]).sum() == 2
    with pytest.raises(gk.BadInput, match="'embedding' reads embedding, and the model 'mlp' has layers.0.weight"):
        gk.train([run, a_run()], until=UNTIL, measure=measure, store=tmp_path)


SMALL = {"p": 5, "model": gk.MLP(hidden=(6,))}


@pytest.mark.parametrize("steps", [0, 200])
def test_the_top_eigenvalue_is_that_of_the_explicit_hessian(steps):
    params, loss_of = network(steps=steps, **SMALL)
    top = torch.linalg.eigvalsh(explicit_hessian(loss_of, params))[-1]
    found = top_eigenvalue(loss_of, params, direction(params), ITERATIONS)
    assert found == pytest.approx(top.item(), rel=0.01)
    assert top_eigenvalue(loss_of, params, direction(params), 60) == pytest.approx(top.item(), rel=1e-9)


def test_where_a_network_bends_down_most_the_largest_eigenvalue_is_still_the_top_one():
    """Power iteration would find the one of largest size."""
    flat = torch.tensor([-5.0, -1.0, 0.5, 2.0], dtype=torch.float64)
    assert top_eigenvalue(lambda p: (flat * p["x"] ** 2).sum() / 2, {"x": torch.ones_like(flat)}, {"x": flat}, 4) == (
        pytest.approx(2.0)
    )


@pytest.mark.parametrize(
    "spectrum", [[0.0, 0.0, 0.0], [-1.0, -1.0, -3.0], [7.0, 7.0, 7.0], [1e-6, 2e-6, 3e-6], [0.0, 0.0, 4.0]]
)
def test_an_exhausted_span_adds_no_eigenvalue(spectrum):
    diagonal = torch.tensor(spectrum, dtype=torch.float64)
    found = torch.linalg.eigvalsh(lanczos(lambda v: diagonal * v, torch.ones(3, dtype=torch.float64), 10))
    assert found[-1] == pytest.approx(max(spectrum), rel=1e-9, abs=1e-14)
    assert found[0] == pytest.approx(min(spectrum), rel=1e-9, abs=1e-14)


def test_a_stack_measures_each_of_its_runs():
    singles = [network(seed, **SMALL) for seed in range(3)]
    loss_of = singles[0][1]
    params = {name: torch.stack([p[name] for p, _ in singles]) for name in singles[0][0]}
    start = direction(singles[0][0])
    together = torch.vmap(lambda p: top_eigenvalue(loss_of, p, start, ITERATIONS))(params)
    alone = [top_eigenvalue(loss_of, p, start, ITERATIONS).item() for p, _ in singles]
    assert together.tolist() == pytest.approx(alone, rel=1e-9)


def test_a_rise_is_that_of_the_loss_at_the_radius():
    params, loss_of = network(**SMALL)
    step = direction(params)
    length = math.sqrt(sum((x**2).sum().item() for x in step.values()))
    there = loss_of({name: x + 0.3 / length * step[name] for name, x in params.items()})
    assert rise(loss_of, params, step, 0.3) == pytest.approx((there - loss_of(params)).item(), rel=1e-12)


def test_no_direction_is_worse_than_the_gradients_for_a_small_step():
    params, loss_of = network(steps=20, **SMALL)
    worst = adversarial_rise(loss_of, params, 1e-4)
    others = [rise(loss_of, params, direction(params, seed), 1e-4) for seed in range(50)]
    slope = l2_norm(torch.func.grad(loss_of)(params))
    assert worst > max(others) and worst == pytest.approx(1e-4 * slope.item(), rel=1e-2)


def test_random_rises_average_to_the_mean_curvature():
    """Of a quadratic: radius^2 / 2 times the mean eigenvalue."""
    flat = torch.linspace(0, 10, 200, dtype=torch.float64)
    origin = {"x": torch.zeros_like(flat)}
    rises = [rise(lambda p: (flat * p["x"] ** 2).sum() / 2, origin, direction(origin, s), 0.5) for s in range(300)]
    assert np.mean(rises) == pytest.approx(0.5**2 / 2 * 5, rel=0.02)


def test_each_observable_measures_what_the_metrics_name():
    params, loss_of = network(p=5, model=gk.MLP(hidden=(6,), embedding=2))
    assert OBSERVABLES.keys() == OBSERVED.keys()
    for name, observable in OBSERVABLES.items():
        assert list(observable(Probe(params, loss_of, 0))) == list(OBSERVED[name])
    curves = [curve for part in OBSERVED.values() for curve in part]
    assert len(set(curves)) == len(curves) and not set(curves) & METRICS.keys()


# Where it is measured.


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_record_has_it_at_the_steps_named_and_at_its_end(precision, tmp_path):
    run = a_run(precision=precision)
    [record] = gk.train([run], until=UNTIL, measure=SHARP, store=tmp_path)
    [plain] = gk.train([run], until=UNTIL, measure=MEASURE, store=tmp_path / "plain")
    measured = np.isin(record.steps, [20, UNTIL.steps])
    for name in CURVES:
        assert (np.isfinite(record.curves[name]) == measured).all() and name not in plain.curves
    assert digests(gk.train([run], until=UNTIL, measure=MEASURE, store=tmp_path)) == [plain.digest]
    params, loss_of = network(steps=20)
    expected = {
        "hessian_top": torch.linalg.eigvalsh(explicit_hessian(loss_of, params))[-1],
        "rise_adversarial": adversarial_rise(loss_of, params, RADIUS),
        "rise_random": np.mean(
            [rise(loss_of, params, u, SHARE * l2_norm(params)) for u in directions_after_the_first(params)]
        ),
    }
    at_20 = {name: record.curves[name][record.steps == 20].item() for name in CURVES}
    assert at_20 == pytest.approx({name: float(x) for name, x in expected.items()}, rel=1e-2)


def directions_after_the_first(params):
    draw = torch.Generator().manual_seed(0)
    return [random_direction(params, draw) for _ in range(9)][1:]


def test_neighbours_and_refills_change_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(groups, "CPU_SLOTS", 2)
    runs = [a_run(seed) for seed in range(3)]
    together = gk.train(runs, until=UNTIL, measure=SHARP, store=tmp_path / "together")
    alone = [gk.train([run], until=UNTIL, measure=SHARP, store=tmp_path / "alone")[0] for run in runs]
    assert digests(together) == digests(alone)


def test_a_run_that_stops_early_is_observed_where_it_stops(tmp_path):
    [record] = gk.train([learner()], measure=SHARP, store=tmp_path)
    assert record.status == "reached" and all(np.isfinite(record.curves[name][-1]) for name in CURVES)


def test_a_diverged_run_is_not_observed_and_not_tried_again(tmp_path):
    [record] = gk.train([short_lived()], until=UNTIL, measure=SHARP, store=tmp_path)
    assert record.status == "diverged" and all(np.isnan(record.curves[name]).all() for name in CURVES)
    assert lacking_runs([short_lived()], UNTIL, SHARP, gk.Store(tmp_path)) == []


@pytest.mark.parametrize("model", [gk.Transformer(width=8, heads=2, head_width=4), gk.LSTM(hidden=4)])
def test_every_model_can_be_observed(model, tmp_path):
    [record] = gk.train([a_run(model=model)], until=gk.Until(steps=2), measure=SHARP, store=tmp_path)
    assert all(np.isfinite(record.curves[name][-1]) for name in CURVES)


def test_a_network_with_averages_and_dropout_is_observed_as_it_is_evaluated(tmp_path):
    model = gk.MLP(hidden=(8,), batch_norm=True, dropout=0.5)
    found = [
        gk.train([a_run(model=model)], until=gk.Until(steps=20), measure=SHARP, store=tmp_path / str(i))[0]
        for i in range(2)
    ]
    assert found[0].digest == found[1].digest and np.isfinite(found[0].curves["hessian_top"][-1])


@pytest.mark.parametrize(
    "until, measure",
    [
        (gk.Until(steps=20, accuracy=None), SHARP),  # ends where the record was observed
        (UNTIL, MEASURE),
        (UNTIL, gk.Measure(every=20, observables=("sharpness",), observe_at=(20,))),
        (UNTIL, gk.Measure(every=10, observables=("sharpness",))),
    ],
)
def test_a_request_gets_what_it_would_have_got_alone(until, measure, tmp_path):
    run, store = a_run(), gk.Store(tmp_path / "more")
    full = gk.Measure(every=10, full_per_decade=40, observables=("sharpness",), observe_at=(20,))
    gk.train([run], until=UNTIL, measure=full, store=store)
    assert lacking_runs([run], until, measure, store) == []
    fresh = gk.train([run], until=until, measure=measure, store=tmp_path / "fresh")
    assert digests(gk.train([run], until=until, measure=measure, store=store)) == digests(fresh)


@pytest.mark.parametrize(
    "until, measure",
    [
        (UNTIL, gk.Measure(every=10, observables=("sharpness",), observe_at=(30,))),
        (gk.Until(steps=10, accuracy=None), gk.Measure(every=10, observables=("sharpness",))),
    ],
)
def test_what_was_not_observed_is_recomputed(until, measure, tmp_path):
    run, store = a_run(), gk.Store(tmp_path)
    gk.train([run], until=UNTIL, measure=SHARP, store=store)
    assert lacking_runs([run], until, measure, store) == [run]
    assert len(gk.train([run], until=until, measure=measure, store=store)) == 1
    assert lacking_runs([run], until, measure, store) == [] and store.check() == []


def test_a_step_named_is_evaluated_even_between_the_others():
    steps, full = gk.Measure(every=100, observables=("sharpness",), observe_at=(150, 10**9)).steps(1000)
    assert 150 in steps and not full[steps == 150].item() and steps[-1] == 1000


def test_a_plan_carries_what_is_observed():
    [back] = from_lines(to_lines([Experiment([a_run()], UNTIL, SHARP)]))
    assert back.measure == SHARP
    assert gk.Measure().canonical() == {}


@pytest.mark.parametrize(
    "settings, said",
    [
        ({"observables": ("sharpnes",)}, "sharpness"),
        ({"observe_at": (10,)}, "does nothing without observables"),
        ({"observables": ("sharpness",), "observe_at": (-1,)}, "observe_at"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused(settings, said):
    with pytest.raises(gk.BadInput, match=said):
        gk.Measure(**settings)
