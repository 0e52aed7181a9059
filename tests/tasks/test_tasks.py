"""The tables, their splits, and the batches drawn from them."""

import itertools
import re

import numpy as np
import pytest
import torch

from grokkit.config.run import Batch
from grokkit.config.sampling import batch_positions, epoch_order
from grokkit.errors import BadInput
from grokkit.tasks import Addition, ModularAddition, split_order
from grokkit.tasks.modular_addition import OPERATIONS


@pytest.mark.parametrize(("p", "summands"), [(2, 1), (2, 3), (97, 2), (5, 4)])
def test_modular_addition_is_the_whole_table_in_order(p, summands):
    task = ModularAddition(p=p, summands=summands)
    data = task.build()
    assert data.examples == task.examples == p**summands
    for row, numbers in enumerate(itertools.islice(itertools.product(range(p), repeat=summands), 300)):
        tokens = data.inputs[row].tolist()
        assert tokens[0::2] == list(numbers)
        assert tokens[1::2] == [p] * (summands - 1) + [p + 1]
        assert data.targets[row] == sum(numbers) % p
    assert (data.vocabulary, data.classes, data.inputs.shape[1]) == (p + 2, p, 2 * summands)


@pytest.mark.parametrize(("p", "summands"), [(2, 1), (5, 2), (3, 3)])
def test_a_frame_changes_how_sums_are_written_and_nothing_else(p, summands):
    plain, framed = (ModularAddition(p=p, summands=summands, framed=framed).build() for framed in (False, True))
    assert torch.equal(plain.targets, framed.targets) and plain.classes == framed.classes
    assert framed.inputs[:, 0].tolist() == [p + 2] * len(framed.targets)
    assert framed.inputs[:, -2].tolist() == [p + 3] * len(framed.targets)
    inner = [*range(1, 2 * summands), 2 * summands + 1]
    assert torch.equal(framed.inputs[:, inner], plain.inputs)
    assert (framed.vocabulary, framed.inputs.shape[1]) == (p + 4, 2 * summands + 2)


def test_source_cs_sums_are_framed_and_modulo_91():
    assert ModularAddition.source_c() == ModularAddition(p=91, framed=True)
    assert ModularAddition.source_c(113).p == 113


def test_a_row_reads_as_a_sum():
    assert ModularAddition(p=7).build().show(3 * 7 + 6) == "3 + 6 = 2"
    assert ModularAddition.source_c(7).build().show(3 * 7 + 6) == "<sos> 3 + 6 mod = 2"


def test_an_operation_is_a_line_of_a_table(monkeypatch):
    made = {sign: ModularAddition(p=7, operation=sign).build() for sign in OPERATIONS}
    for sign, python in {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b}.items():
        expected = [python(a, b) % 7 for a, b in itertools.product(range(7), repeat=2)]
        assert made[sign].targets.tolist() == expected
        assert made[sign].show(3 * 7 + 6) == f"3 {sign} 6 = {python(3, 6) % 7}"
        assert torch.equal(made[sign].inputs, made["+"].inputs)
    assert ModularAddition(p=3, summands=3, operation="*").build().targets[-1] == 2
    monkeypatch.setitem(OPERATIONS, "^2+", lambda numbers: numbers.square().sum(1))
    assert ModularAddition(p=7, operation="^2+").build().show(3 * 7 + 6) == "3 ^2+ 6 = 3"


def test_an_unknown_operation_is_answered_with_those_there_are():
    known = re.escape(", ".join(sorted(OPERATIONS)))
    with pytest.raises(BadInput, match=rf"ModularAddition operation '/' is unknown. Known: {known}\."):
        ModularAddition(operation="/")


def test_addition_has_the_sources_55_pairs():
    data = Addition().build()
    assert data.inputs[:4].tolist() == [[0, 0], [0, 1], [1, 1], [0, 2]]
    assert data.examples == Addition().examples == 55
    assert data.classes == 19
    assert torch.equal(data.targets, data.inputs.sum(1))


def test_splits_are_seeded_permutations():
    order = split_order(100, 3)
    assert torch.equal(order.sort().values, torch.arange(100))
    assert torch.equal(order, split_order(100, 3))
    assert not torch.equal(order, split_order(100, 4))


def test_splitting_leaves_the_global_generator_alone():
    torch.manual_seed(0)
    before = torch.random.get_rng_state()
    split_order(100, 3)
    assert torch.equal(before, torch.random.get_rng_state())


def test_every_epoch_visits_every_example_once():
    batch = Batch(size=8)
    positions, weights = batch_positions(batch, seed=1, n=40, start=0, count=10)
    assert weights.all()
    epochs = positions.reshape(2, 40)
    assert (np.sort(epochs) == np.arange(40)).all()
    assert not (epochs[0] == epochs[1]).all()


def test_short_last_batches_count_only_if_asked():
    dropped, _ = batch_positions(Batch(size=8), seed=1, n=20, start=0, count=3)
    assert np.array_equal(dropped[:2].ravel(), epoch_order(1, 0, 20)[:16])
    assert np.array_equal(dropped[2], epoch_order(1, 1, 20)[:8])
    kept, weights = batch_positions(Batch(size=8, short_last=True), seed=1, n=20, start=0, count=4)
    assert weights.sum(1).tolist() == [8, 8, 4, 8]
    assert np.array_equal(kept[:3].ravel()[:20], epoch_order(1, 0, 20))


@pytest.mark.parametrize(
    "batch", [Batch(size=8), Batch(size=8, short_last=True), Batch(size=8, sampling="replacement"), Batch(size=None)]
)
def test_batches_do_not_depend_on_how_steps_are_cut(batch):
    whole = batch_positions(batch, seed=5, n=29, start=0, count=30)
    parts = [batch_positions(batch, seed=5, n=29, start=s, count=c) for s, c in ((0, 7), (7, 1), (8, 22))]
    for part in range(2):
        assert np.array_equal(whole[part], np.concatenate([p[part] for p in parts]))


def test_draws_with_replacement_are_uniform_and_differ_between_seeds():
    batch = Batch(size=512, sampling="replacement")
    positions, _ = batch_positions(batch, seed=0, n=50, start=0, count=200)
    counts = np.bincount(positions.ravel(), minlength=50)
    assert len(counts) == 50
    assert abs(counts / counts.mean() - 1).max() < 0.1  # 2,048 expected each: five standard deviations
    other, _ = batch_positions(batch, seed=1, n=50, start=0, count=200)
    assert (positions == other).mean() == pytest.approx(1 / 50, rel=0.1)


def test_a_full_batch_is_the_training_set():
    positions, weights = batch_positions(Batch(size=None), seed=0, n=5, start=3, count=2)
    assert positions.tolist() == [[0, 1, 2, 3, 4]] * 2
    assert weights.all()
