"""Norms per layer: what a layer is, what is recorded when they are asked for, and that nothing else notices them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny import MEASURE, UNTIL, a_run, digests

import grokkit as gk
from grokkit.engine import Shape, Stack, Trajectory, kernel
from grokkit.metrics import LAYER_METRICS, METRICS, PASSAGES, is_of_a_layer, l2_norm, layer_of, norms
from grokkit.train import lacking_runs

LAYERS = MEASURE.model_copy(update={"layers": True})
MODELS = {
    "mlp": (gk.MLP(hidden=(8, 8)), ["layers.0", "layers.1", "layers.2"]),
    "toy": (gk.MLP(hidden=(8,), embedding=2, batch_norm=True), ["embedding", "layers.0", "layers.1", "norms.0"]),
    "lstm": (gk.LSTM(hidden=4, embedding=3, bidirectional=True), ["embedding", "ahead", "back", "output"]),
    "transformer": (
        gk.Transformer(layers=2, width=8, heads=1, head_width=8, feed_forward=8),
        ["embedding", "position", "blocks.0", "blocks.1", "norm", "output"],
    ),
}


@pytest.mark.parametrize(("model", "layers"), MODELS.values(), ids=MODELS)
def test_every_parameter_belongs_to_one_layer_and_the_layers_make_up_the_whole(model, layers):
    torch.manual_seed(0)
    module = model.build(gk.ModularAddition(p=5).build()).double()
    tensors = {name: torch.randn_like(x) for name, x in module.named_parameters()}
    assert list(dict.fromkeys(map(layer_of, tensors))) == layers
    found = norms("parameter", tensors)
    every = torch.cat([x.flatten() for x in tensors.values()])
    torch.testing.assert_close(found["parameter_l2"], every.norm())
    assert torch.equal(found["parameter_l2"], l2_norm(tensors)) and found["parameter_linf"] == every.abs().max()
    parts = torch.stack([found[f"parameter_l2/{layer}"] for layer in layers])
    torch.testing.assert_close(parts.square().sum().sqrt(), found["parameter_l2"])
    assert max(found[f"parameter_linf/{layer}"] for layer in layers) == found["parameter_linf"]
    for layer in layers:
        own = torch.cat([x.flatten() for name, x in tensors.items() if layer_of(name) == layer])
        torch.testing.assert_close(found[f"parameter_l2/{layer}"], own.norm())
        assert found[f"parameter_linf/{layer}"] == own.abs().max()


def test_norms_lifted_to_a_stack_are_each_runs_own():
    stacked = {"layers.0.weight": torch.randn(3, 4, 5), "output": torch.randn(3, 2)}
    lifted = torch.vmap(lambda tensors: norms("gradient", tensors))(stacked)
    for i in range(3):
        alone = norms("gradient", {name: x[i] for name, x in stacked.items()})
        assert {name: x[i].item() for name, x in lifted.items()} == {name: x.item() for name, x in alone.items()}


def test_the_engine_logs_the_norms_of_the_weights_and_gradient_it_has():
    """Against a gradient by hand: plain descent of rate 1 changes the weights by exactly that."""
    run = a_run(optimizer=gk.SGD(learning_rate=1.0), precision="float64", model=gk.MLP(hidden=(16, 8)))
    ready = kernel(Shape.of(run), torch.device("cpu"), False)
    stack = Stack(ready, [Trajectory.start(run, ready.task)])
    before = stack.snapshot(0).params
    stack.advance(1)
    after = stack.snapshot(0)
    gradient = {name: before[name] - x for name, x in after.params.items()}
    for name, expected in norms("gradient", gradient).items():
        assert after.last[name] == pytest.approx(expected.item(), rel=1e-9), name
    assert len({after.last[f"gradient_l2/layers.{i}"] for i in range(3)}) == 3
    assert {n: x[0] for n, x in stack.norms().items()} == pytest.approx(
        {n: x.item() for n, x in norms("parameter", after.params).items()}, rel=1e-12
    )


def test_a_record_has_them_where_they_are_asked_for_and_is_otherwise_the_same(tmp_path):
    [plain] = gk.train([a_run()], until=UNTIL, measure=MEASURE, store=tmp_path / "plain")
    [record] = gk.train([a_run()], until=UNTIL, measure=LAYERS, store=tmp_path / "layers")
    assert plain.curves.keys() == METRICS.keys() - set(PASSAGES)
    more = {f"{name.split('/')[0]}/layers.{i}" for name in LAYER_METRICS for i in (0, 1)}
    assert record.curves.keys() - plain.curves.keys() == more and all(map(is_of_a_layer, more))
    for name, values in plain.curves.items():
        np.testing.assert_array_equal(record.curves[name], values)
    for which in ("gradient", "parameter"):
        parts = np.array([record.curves[f"{which}_l2/layers.{i}"] for i in (0, 1)])
        np.testing.assert_allclose(np.sqrt((parts**2).sum(0)), record.curves[f"{which}_l2"], rtol=1e-6)
    assert np.isnan(record.curves["gradient_l2/layers.0"][0])  # no step was taken yet
    table = gk.curves_table([plain, record])
    assert table.groupby("key")["parameter_l2/layers.0"].count().sum() == len(record.steps)


def test_an_old_record_answers_unless_layers_are_asked_for(tmp_path):
    store, run = gk.Store(tmp_path), a_run()
    [old] = gk.train([run], until=UNTIL, measure=MEASURE, store=store)
    assert not lacking_runs([run], UNTIL, MEASURE, store)
    assert lacking_runs([run], UNTIL, LAYERS, store) == [run]
    [new] = gk.train([run], until=UNTIL, measure=LAYERS, store=store)
    assert len(store.read_all()[run.key]) == 2 and store.check() == []  # they agree in all that both have
    assert not lacking_runs([run], UNTIL, LAYERS, store)
    [again] = gk.train([run], until=UNTIL, measure=LAYERS, store=store, missing="raise")
    assert digests([again]) == digests([new])


def test_a_request_without_layers_sees_the_same_whatever_was_recorded(tmp_path):
    for folder, measure in (("plain", MEASURE), ("layers", LAYERS)):
        gk.train([a_run()], until=UNTIL, measure=measure, store=tmp_path / folder)
    views = [
        gk.train([a_run()], until=UNTIL, measure=MEASURE, store=tmp_path / folder, missing="raise")
        for folder in ("plain", "layers")
    ]
    assert digests(views[0]) == digests(views[1])


def test_old_and_new_records_of_different_models_share_a_file(tmp_path):
    store = gk.Store(tmp_path)
    gk.train([a_run(1)], until=UNTIL, measure=MEASURE, store=store)
    gk.train([a_run(2, model=gk.MLP(hidden=(4,), embedding=2))], until=UNTIL, measure=LAYERS, store=store)
    store.pack()
    found = {record.config["seeds"]["init"]: record for [record] in gk.Store(tmp_path).read_all().values()}
    assert not any(map(is_of_a_layer, found[1].curves))
    assert "parameter_l2/embedding" in found[2].curves


def test_the_setting_is_no_part_of_old_plans():
    assert gk.Measure().canonical() == {} and gk.Measure(layers=True).canonical() == {"layers": True}
