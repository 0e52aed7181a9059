"""The live network computes as the library does: its steps in double precision, what chance decides, its waves."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from browsing import Visit
from twins import snapshot_after

import grokkit as gk
from grokkit.explorables import LiveNetwork
from grokkit.explorables.base import one_module

MODULE = """async ([code, given]) => {
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const live = await import(address);
  %s
}"""
CORE = one_module("live_trainer.js") + "export { arithmetic, drawWeights, partsOf, randomNumbers, split };"
STEPS = 20
SIZES = {"p": 11, "width": 6, "hidden": 10}  # hidden: no multiple of the four that are taken at once


@pytest.fixture(scope="module")
def page(browser):
    visit = Visit(browser, "about:blank")
    yield visit.page
    visit.context.close()


def computed(page, body: str, given: dict, code: str = CORE):
    return page.evaluate(MODULE % body, [code, given])


def a_run() -> gk.Run:
    model = gk.MLP(embedding=SIZES["width"], hidden=(SIZES["hidden"],))
    optimizer = gk.AdamW(learning_rate=0.03, weight_decay=0.5)
    task, batch = gk.ModularAddition(p=SIZES["p"]), gk.Batch(size=None)
    return gk.Run(task=task, model=model, optimizer=optimizer, train_fraction=0.5, batch=batch, precision="float64")


def flat(params: dict[str, torch.Tensor]) -> np.ndarray:
    """All weights as the live network has them."""
    embedding, into, into_bias, out, out_bias = params.values()
    return torch.cat([x.flatten() for x in (embedding, into, into_bias, out.T, out_bias)]).numpy()


def training_cells(run: gk.Run) -> list[int]:
    order = gk.split_order(run.task.examples, run.seeds.data)
    return np.isin(np.arange(run.task.examples), order[: run.train_examples]).astype(int).tolist()


def steps_of(page, numbers: str) -> dict:
    body = f"""
    const numbers = live.arithmetic({numbers}, given.sizes);
    const weights = numbers.weights.slice();
    weights.set(given.weights);
    const trainer = live.trainerOf(given.sizes.p, weights, Uint8Array.from(given.training));
    const step = () => live.takeStep(numbers, trainer, {{ rate: 0.03, decay: 0.5 }});
    const before = Array.from({{ length: given.steps }}, step);
    return {{ weights: [...trainer.weights], before, after: live.measured(numbers, trainer) }};"""
    start = flat(snapshot_after(a_run(), 0).params).tolist()
    given = {"sizes": SIZES, "weights": start, "training": training_cells(a_run()), "steps": STEPS}
    return computed(page, body, given)


def test_its_steps_are_the_librarys(page):
    ours, theirs = steps_of(page, "Float64Array"), snapshot_after(a_run(), STEPS)
    np.testing.assert_allclose(ours["weights"], flat(theirs.params), rtol=0, atol=1e-9)
    last = ours["before"][-1]
    assert last["loss"] == pytest.approx(theirs.last["batch_loss"], abs=1e-9)
    assert last["accuracy"] == pytest.approx(theirs.last["batch_accuracy"], abs=1e-6)  # which is in single precision


def test_single_precision_takes_the_same_steps_less_exactly(page):
    apart = np.abs(np.subtract(steps_of(page, "Float32Array")["weights"], steps_of(page, "Float64Array")["weights"]))
    assert 1e-9 < apart.max() < 1e-2


def test_what_it_measures_is_the_librarys(page):
    run, after = a_run(), steps_of(page, "Float64Array")["after"]
    params, task = snapshot_after(run, STEPS).params, run.task.build()
    right = torch.func.functional_call(run.model.build(task).double(), params, (task.inputs,)).argmax(1) == task.targets
    shown = np.array(training_cells(run), bool)
    found = [right.numpy()[shown].mean(), right.numpy()[~shown].mean(), np.linalg.norm(flat(params))]
    np.testing.assert_allclose([after[name] for name in ("train", "val", "norm")], found, rtol=1e-9)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_a_split_is_as_large_as_the_librarys_and_each_seeds_own(page, share):
    body = "return given.seeds.map((seed) => [...live.split(23, given.share, live.randomNumbers(seed))]);"
    splits = computed(page, body, {"seeds": [0, 1, 0], "share": share})
    assert sum(splits[0]) == LiveNetwork(p=23, share=share).run().train_examples
    assert splits[0] == splits[2] != splits[1]


def test_weights_are_drawn_from_the_librarys_ranges(page):
    shown = LiveNetwork(scale=2)
    body = """
    const sizes = { ...given, p: 31 };
    const { weights } = live.arithmetic(Float64Array, sizes);
    live.drawWeights(live.partsOf(weights, sizes), sizes, live.randomNumbers(0));
    return Object.values(live.partsOf(weights, sizes)).map((part) => [...part]);"""
    drawn = computed(page, body, shown.data["sizes"] | {"scale": 2})
    for ours, theirs in zip(drawn, snapshot_after(shown.run(), 0).params.values(), strict=True):
        assert len(ours) == theirs.numel()
        assert np.abs(ours).max() == pytest.approx(float(theirs.abs().max()), rel=0.15)
        assert np.std(ours) == pytest.approx(float(theirs.std()), rel=0.25)


@pytest.mark.parametrize(("decay", "groks"), [(LiveNetwork().settings["decay"], True), (0, False)])
def test_the_usual_network_groks_and_without_weight_decay_it_memorises(page, decay, groks):
    body = """
    const numbers = live.arithmetic(Float64Array, given);
    const trainer = live.newTrainer(numbers, given, 3);
    while (trainer.step < 600 && !trainer.tVal) {
      live.takeStep(numbers, trainer, given);
      live.measured(numbers, trainer);
    }
    return trainer;"""
    shown = LiveNetwork(decay=decay)
    trainer = computed(page, body, shown.data["sizes"] | shown.settings)
    assert trainer["tTrain"] < 50
    assert (trainer["tVal"] or 0) > 10 * trainer["tTrain"] if groks else trainer["tVal"] is None


FOURIER = one_module("live_fourier.js")


def waves(page, rows: np.ndarray) -> tuple[np.ndarray, int, np.ndarray]:
    """Shares of frequencies, the strongest, and where each number is seen, as complex numbers."""
    body = "return live.portrait(Float64Array.from(given.flat()), given.length, given[0].length);"
    found = computed(page, body, rows.tolist(), FOURIER)
    places = np.array(found["ring"]["x"]) + 1j * np.array(found["ring"]["y"])
    return np.array(found["shares"]), found["ring"]["frequency"], places


def order(places: np.ndarray, frequency: int) -> float:
    """How well the places follow the wave around the circle: 1 if all do, near 0 if none does."""
    angles = 2 * np.pi * frequency * np.arange(len(places)) / len(places)
    return abs(np.mean(places / np.abs(places) * np.exp(-1j * angles)))


def test_shares_of_frequencies_are_numpys(page):
    rows = np.random.default_rng(0).normal(1, 1, (13, 5))
    shares, strongest, _ = waves(page, rows)
    power = (np.abs(np.fft.rfft(rows, axis=0)) ** 2).sum(1)[1:]
    np.testing.assert_allclose(shares, power / power.sum(), atol=1e-12)
    assert strongest == 1 + power.argmax()


def test_a_wave_lies_on_a_circle(page):
    angles = 2 * np.pi * 5 * np.arange(31) / 31
    plane = np.linalg.qr(np.random.default_rng(1).normal(0, 1, (32, 2)))[0]
    _, strongest, places = waves(page, np.stack([np.cos(angles), np.sin(angles)], 1) @ plane.T)
    assert strongest == 5 and order(places, 5) == pytest.approx(1)
    assert np.std(np.abs(places)) < 1e-9


def test_noise_is_not_drawn_as_a_circle(page):
    """Seen in a plane that its own row took part in, each number would stand near its place: the order was 0.8."""
    found = [waves(page, np.random.default_rng(seed).normal(0, 1, (31, 32))) for seed in range(4)]
    assert np.mean([order(places, strongest) for _, strongest, places in found]) < 0.5
