"""What the chapter on norms plans is what its rules read, its page says and the page of deviations promises."""

import pytest
from promises import says

import grokkit as gk
from grokkit.chapters.notebooks import chapters, find_chapter, planned
from grokkit.claims import claims, rule_of
from grokkit.records.tables import settings_table
from grokkit.sources import d

IDS = [each.id for each in claims().values() if each.chapter == "07_norms"]


@pytest.fixture(scope="module")
def experiments():
    return planned(find_chapter("norms"), {"profile": "evidence"})


def test_every_new_run_is_read_by_some_rule_and_every_rule_has_its_runs(experiments):
    assert IDS == ["A20", "D13"]
    new = [run for e in experiments[:3] for run in e.runs]
    table = settings_table(new)
    assert {id: len(rule_of(id).rows(table)) for id in IDS} == {"A20": 20, "D13": 29}
    assert set(rule_of("D13").rows(table)["key"]) == {run.key for run in new} and len(new) == 29


def test_the_mlps_are_those_of_the_chapter_on_summands_asked_for_as_there(experiments):
    [borrowed] = experiments[3:]
    lent = planned(find_chapter("summands"), {"profile": "evidence"})[0]
    assert {run.key for run in borrowed.runs} <= {run.key for run in lent.runs} and len(borrowed.runs) == 5
    assert (borrowed.until, borrowed.measure) == (lent.until, lent.measure)
    assert not any(len(rule_of(id).rows(settings_table(borrowed.runs))) for id in IDS)


def test_no_run_that_is_judged_belongs_to_another_chapter(experiments):
    ours = {run.key for e in experiments[:3] for run in e.runs}
    others = [c for c in chapters() if c != find_chapter("norms")]
    assert not ours & {run.key for c in others for e in planned(c, {"profile": "evidence"}) for run in e.runs}


def test_norms_are_recorded_by_layer_and_runs_are_watched_to_the_same_step(experiments):
    assert all(e.measure == gk.Measure(every=50, layers=True) for e in experiments[:3])
    assert [e.until for e in experiments[:2]] == [gk.Until(steps=6000, accuracy=None)] * 2
    assert says("Watching of norms", "6,000 steps") and says("Watching of norms", "every 50 steps")


def test_the_plan_is_as_the_page_of_deviations_says(experiments):
    assert min(run.seeds.data for e in experiments[:3] for run in e.runs) == 40
    assert says("Seeds of norms", "from 40")
    silenced = experiments[2].runs
    assert {run.optimizer.eps for run in silenced} == {d.SILENT} and says("Decay alone", "$10^{30}$")
    assert {run.optimizer.weight_decay for run in silenced} == set(d.DECAYS)
    assert says("Norms of Figure 7", "both")


def test_a_silenced_run_only_decays(tmp_path):
    """The planned optimizer on a tiny network: its norm is that of decay alone, its batch loss has a gradient."""
    rule = gk.AdamW(learning_rate=1e-3, weight_decay=1.0, eps=d.SILENT)
    run = gk.Run(
        task=gk.ModularAddition(p=7),
        model=gk.Transformer(width=None, layers=1, heads=1, head_width=8, feed_forward=8),
        optimizer=rule,
        batch=gk.Batch(size=8),
    )
    until = gk.Until(steps=300, accuracy=None)
    [record] = gk.train([run], until=until, measure=gk.Measure(every=50, layers=True), store=tmp_path)
    start = record.curves["parameter_l2"][0]
    law = start * (1 - 1e-3) ** record.steps
    assert record.curves["parameter_l2"] == pytest.approx(law, rel=1e-4)
    assert record.curves["gradient_l2"][1:].min() > 0
