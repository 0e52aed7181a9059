"""What the chapter on MNIST plans is what its rules read, its page says and the page of deviations promises."""

import numpy as np
import pytest
import torch
from mnist import THRESHOLD, mnist_run
from promises import runs_of, says

import grokkit as gk
from grokkit.chapters.notebooks import find_chapter, planned
from grokkit.claims import claims, rule_of
from grokkit.claims.published import published
from grokkit.claims.rules.mnist import LONGER
from grokkit.records.tables import settings_table
from grokkit.sources import b

IDS = [each.id for each in claims().values() if each.chapter == "12_mnist"]


@pytest.fixture(scope="module")
def experiments():
    return planned(find_chapter("mnist"), {"profile": "evidence"})


def test_every_run_is_read_by_a_rule_and_each_rule_reads_no_more_than_it_needs(experiments):
    assert IDS == ["B5", "B7", "B9", "B10", "B11", "B18"]
    table = settings_table(runs_of(experiments))
    assert len(table) == len(set(table["key"])) == 31 * 8
    read = {id: set(rule_of(id).rows(table)["key"]) for id in IDS}
    assert {id: len(keys) for id, keys in read.items()} == {id: 8 * {"B9": 1, "B10": 1}.get(id, 30) for id in IDS}
    assert set.union(*read.values()) == set(table["key"])
    assert set(table["seeds.data"]) == set(range(21, 29))


def test_single_precision_is_read_by_no_rule(experiments):
    [*_, aside] = planned(find_chapter("mnist"), {"profile": "evidence", "asides": True})
    assert {run.precision for run in aside.runs} == {"float32"} and says("Precision of MNIST", "five cells in float32")
    assert not any(len(rule_of(id).rows(settings_table(aside.runs))) for id in IDS)
    twins = {run.model_copy(update={"precision": "float64"}) for run in aside.runs}
    assert twins <= set(runs_of(experiments)) and len(twins) == 5 * 8


def test_cells_are_as_the_page_of_deviations_says(experiments):
    for run in runs_of(experiments):
        assert run == mnist_run(run.optimizer.learning_rate, run.optimizer.weight_decay, run.seeds.data)
    assert (run.train_examples, run.task.examples) == (1000, 5000) and says("Digits", "the other 4,000 for validation")
    assert (run.init_scale, run.precision) == (9.0, "float64") and says("Precision of MNIST", "float64;")
    assert says("Grids of MNIST", "6 by 5 of the wider one and a cell in its corner, for eight fresh seeds")


def test_runs_end_as_the_page_says(experiments):
    wide, corner = experiments
    for asked, steps in ((wide, 150_000), (corner, 100_000)):
        assert asked.until == gk.Until(steps=steps, accuracy=THRESHOLD, extra=1)
    assert says("Budget of MNIST", "150,000 on the grid and 100,000 in the corner")
    assert THRESHOLD == b.MNIST_ACCURACY and (LONGER, b.STEPS) == (150_000, 100_000)
    [decay] = {run.optimizer.weight_decay for run in corner.runs}
    assert decay == 1e-7 and max(run.optimizer.weight_decay for run in wide.runs) == 10


def test_every_evaluation_sees_all_images_and_is_where_the_page_says(experiments):
    [measure] = {asked.measure for asked in experiments}
    assert measure.sample == 4000 and says("Threshold of MNIST", "of all images of each set")
    steps, _ = measure.steps(150_000)
    late, middle = steps[steps >= 30_000], steps[(steps >= 1000) & (steps <= 10_000)]
    assert (np.diff(late) <= 2000).all() and len(middle) >= 25 and says("Evaluations of MNIST", "25 a decade")


def test_the_source_profile_has_its_cells_and_its_numbers_of_images():
    [asked] = planned(find_chapter("mnist"), {"profile": "source"})
    ours = {(run.optimizer.weight_decay, run.optimizer.learning_rate) for run in asked.runs}
    for number in (2, 5):
        figure = published(f"b_fig{number}")
        assert set(zip(figure["weight_decay"], figure["learning_rate"], strict=True)) <= ours
    assert len(ours) == len(asked.runs) and {run.seeds for run in asked.runs} == {gk.Seeds.all(0)}
    assert {(run.train_examples, run.task.examples) for run in asked.runs} == {(1000, 11_000)}
    assert {asked.measure.sample} == {10_000} and says("Digits", "1,000 and 10,000 of the training file")


def test_the_laptop_has_one_diagram_and_smoke_the_stand_in():
    [laptop], [smoke] = (planned(find_chapter("mnist"), {"profile": name}) for name in ("laptop", "smoke"))
    assert len(laptop.runs) == 31 and laptop.until.steps == 10_000
    assert {run.task.digits for run in smoke.runs} == {"8x8"} and {run.task.digits for run in laptop.runs} == {"mnist"}


def test_beyond_a_product_of_two_the_sources_cells_are_confusion():
    """What the page says before any run."""
    for number, beyond, below in ((2, 3, 0), (5, 33, 17)):
        figure = published(f"b_fig{number}")
        far = figure["learning_rate"] * figure["weight_decay"] > 2
        confused = gk.phase(figure["t_train"], figure["t_val"], 100_000) == "confusion"
        assert (confused[far].sum(), far.sum(), confused[~far].sum()) == (beyond, beyond, below)
        others = figure[confused & ~far]
        assert ((others["weight_decay"] >= 50) | (others["learning_rate"] >= 250)).all()


def test_published_times_are_the_sources():
    figure2, figure5 = (published(f"b_fig{number}") for number in (2, 5))
    assert (len(figure2), len(figure5)) == (10 * 10, 14 * 15)
    assert figure2.attrs["origin"].startswith("Source B") and figure5.columns.equals(figure2.columns)
    last = figure2.iloc[-1]
    assert (last["row"], last["column"], last["weight_decay"], last["learning_rate"]) == (9, 9, 10.0, 1.0)
    assert np.isnan(last["t_train"]) and np.isnan(last["t_val"])
    assert figure2.iloc[0][["t_train", "t_val"]].tolist() == [1025, 109275]
    memorised = figure5[(figure5["weight_decay"] == 1e-7) & (figure5["learning_rate"] > 59) & (figure5["row"] == 2)]
    assert memorised["t_train"].iloc[0] == 3440 and np.isnan(memorised["t_val"].iloc[0])


@pytest.mark.parametrize("setting", ["learning_rate", "weight_decay"])
def test_decay_beyond_a_product_of_two_makes_weights_grow(setting):
    """Of the last layer alone: the line that the page predicts."""
    sizes = []
    for product in (1.9, 2.1):
        given = {"learning_rate": 1.0, "weight_decay": 1.0} | {setting: product}
        rule = gk.LayeredAdamW(encoder_learning_rate=0.0, **given)
        params = {"layers.2.weight": scalar(100.0)}
        state, hyper = rule.init(params), {name: scalar(value) for name, value in rule.hyper.items()}
        for t in range(1, 51):
            params, state = rule.step(lambda at: {n: 0 * x for n, x in at.items()}, params, state, scalar(t), hyper)
        sizes.append(abs(params["layers.2.weight"].item()))
    assert sizes[0] < 1 < 100 < sizes[1]


def scalar(number):
    return torch.tensor(float(number), dtype=torch.float64)
