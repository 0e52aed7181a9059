"""The runs that chapters plan are those of a committed list, whatever the processor."""

import pytest
from planned_keys import WRITE, committed, differences, planned_keys, summary

import grokkit as gk
from grokkit.chapters.notebooks import find_chapter, planned
from grokkit.train import Experiment


@pytest.mark.exact
def test_the_chapters_plan_the_committed_runs_and_evaluations():
    found = differences(planned_keys(), committed())
    told = "\n".join(found)
    assert not found, (
        f"{told}\nIf a plan changed on purpose, `{WRITE}` writes the list again. If none did, the runs depend on "
        "the machine: compare the lines of `python tests/support/planned_keys.py --list` with those of `python "
        "tests/support/plain.py tests/support/planned_keys.py --list`."
    )


def test_a_last_bit_of_a_learning_rate_or_another_evaluation_shows():
    [asked] = planned(find_chapter("optimizers"), {"profile": "smoke"})
    first, *others = asked.runs
    rate = first.optimizer.learning_rate * (1 - 2**-52)
    nudged = first.model_copy(update={"optimizer": first.optimizer.model_copy(update={"learning_rate": rate})})
    changed = Experiment([nudged, *others], asked.until, asked.measure)
    seldom = Experiment(asked.runs, asked.until, gk.Measure(every=7))
    lines = [summary(each) for each in (asked, Experiment([*others, first], asked.until, asked.measure))]
    assert lines[0] == lines[1]
    for other in (changed, seldom):
        [told] = differences({"a": [lines[0], summary(other)]}, {"a": lines})
        assert told == f"a, experiment 1: {lines[1]} in the file, {summary(other)} now"
    assert differences({"a": lines}, {"a": lines[:1]}) == [f"a, experiment 1: nothing in the file, {lines[1]} now"]
