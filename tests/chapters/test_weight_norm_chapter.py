"""What the chapter on the norm of the weights plans is what its rules read and the page of deviations promises."""

import pytest
from promises import runs_of, says

import grokkit as gk
from grokkit.chapters.notebooks import chapters, find_chapter, planned
from grokkit.plans.weight_norm import WeightNorm
from grokkit.sources import d

SECTION = "deviations-d-weight-norm"


@pytest.fixture(scope="module")
def plan():
    return WeightNorm()


def told(row, text):
    return says(row, text, SECTION)


def test_no_run_belongs_to_another_chapter(plan):
    ours = {run.key for run in runs_of(plan.experiments)}
    others = [chapter for chapter in chapters() if chapter != find_chapter("weight_norm")]
    assert not ours & {run.key for c in others for run in runs_of(planned(c, {"profile": "evidence"}))}


def test_students_are_as_the_page_of_deviations_says(plan):
    held, large, usual, plain = (
        plan.groups[f"teacher-student, {x}"].runs for x in ("held", "scale 2", "scale 1", "standard")
    )
    assert len({run.init_scale for run in held}) == len(d.NORMS) == 13 and told("Landscape of students", "13 norms")
    assert plan.groups["teacher-student, held"].until == gk.Until(steps=10_000, accuracy=None)
    assert all(run.task.seed == run.seeds.data == run.seeds.init for run in held + large)
    assert {run.init_scale for run in large} == {2.0} and told("Weights of a student that groks", "as coded")
    assert {run.optimizer.weight_decay for run in large + usual} == {0.05}
    assert {run.optimizer.weight_decay for run in plain} == {0.0}
    assert plan.groups["teacher-student, held"].accuracy == 0.9 and told("Threshold of students", "90%")


def test_images_are_as_the_page_of_deviations_says(plan):
    assert {run.train_examples for run in plan.groups["MNIST, held"].runs + plan.groups["MNIST, standard"].runs} == {
        200
    }
    assert told("Landscape of MNIST", "13 norms of 200 images, 5,000 steps")
    assert plan.groups["MNIST, held"].until == gk.Until(steps=5000, accuracy=None)
    for images in (100, 400):
        runs, _, until, _ = plan.groups[f"MNIST, {images} images"]
        assert {run.train_examples for run in runs} == {images} and len({run.init_scale for run in runs}) == 5
        assert until.steps == 10_000
    [large] = {run.model_copy(update={"seeds": gk.Seeds()}) for run in plan.groups["MNIST, scale 8"].runs}
    assert (large.init_scale, large.train_examples, large.precision) == (8.0, 1000, "float64")
    assert large.optimizer.weight_decay == 0.01 and told("Weights of MNIST that groks", "as coded")


def test_sums_are_as_the_page_of_deviations_says(plan):
    free, fixed = plan.groups["sums, free"].runs, plan.groups["sums, fixed"].runs
    assert {(run.task.p, run.train_fraction) for run in free + fixed} == {(53, 0.5)}
    assert {run.init_scale for run in fixed} == {0.8} and told("Sums at a fixed norm", "0.8 of the initial norm")
    assert {run.optimizer.kind for run in fixed} == {"clamped_adamw"}
    source = WeightNorm(profile="source").groups["sums, free"].runs
    assert {(run.task.p, run.train_fraction) for run in source} == {(113, 0.3)}


def test_no_group_stops_before_its_own_accuracy_has_been_seen(plan):
    accuracies = {name.split(",")[0]: group.accuracy for name, group in plan.groups.items()}
    assert accuracies == {"teacher-student": 0.9, "sums": 0.95, "MNIST": 0.6001}
    stops = [(group.until.accuracy, group.accuracy) for group in plan.groups.values()]
    assert all(stop is None or stop >= accuracy for stop, accuracy in stops)
