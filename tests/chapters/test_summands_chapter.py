"""What the chapter on summands plans is what its rules read, its page says and the page of deviations promises."""

import pytest
from promises import PAGE, runs_of, says

import grokkit as gk
from grokkit.chapters.notebooks import find_chapter, planned
from grokkit.claims import claims, rule_of
from grokkit.claims.rules.summands import SMALL_FRACTION, SUMMANDS, adding
from grokkit.records.tables import settings_table
from grokkit.sources import a

IDS = [each.id for each in claims().values() if each.chapter == "06_summands"]


@pytest.fixture(scope="module")
def experiments():
    return planned(find_chapter("summands"), {"profile": "evidence"})


def test_every_run_is_read_by_some_rule_and_every_rule_has_its_runs(experiments):
    assert IDS == ["A16", "A17", "A18", "A19"]
    table = settings_table(runs_of(experiments))
    counts = {id: len(rule_of(id).rows(table)) for id in IDS}
    assert counts == {"A16": 25, "A17": 28, "A18": 19, "A19": 68}
    read = {key for id in IDS for key in rule_of(id).rows(table)["key"]}
    assert read == {run.key for run in runs_of(experiments)} and len(read) == len(table)


def test_the_cheapest_runs_come_first(experiments):
    kinds = [(each.runs[0].model.kind, each.runs[0].model == gk.Transformer()) for each in experiments]
    assert kinds[:3] == [("mlp", False), ("transformer", False), ("transformer", True)]
    assert {run.train_fraction for run in experiments[3].runs} == {SMALL_FRACTION}
    assert {(run.task.summands, run.model) for run in experiments[4].runs} == {(5, gk.Transformer.source_a())}


def test_every_setting_has_as_many_seeds_as_its_tests_need(experiments):
    table = settings_table(runs_of(experiments))
    networks = ("MLP (text)", *a.FORMS)
    seeds = {(name, n): set(adding(name, n).rows(table)["seeds.data"]) for name in networks for n in SUMMANDS}
    assert {k for k, its in seeds.items() if len(its) == 7} == {(form, n) for form in a.FORMS for n in (4, 5)}
    assert {len(its) for (name, n), its in seeds.items() if name == "MLP (text)" or n < 4} == {5}
    assert {len(set.intersection(*(seeds[name, n] for n in SUMMANDS))) for name in networks} == {5}


def test_the_plan_is_as_the_page_of_deviations_says(experiments):
    *short, coded = experiments
    assert {run.train_fraction for e in (*short[:3], coded) for run in e.runs} == {0.4}
    assert says("Fraction of more sums", "0.4") and says("Summands", "fraction of 0.0364")
    assert {each.until for each in short} == {gk.Until(steps=20_000)} and coded.until == gk.Until(steps=100_000)
    source = planned(find_chapter("summands"), {"profile": "source"})
    assert {each.until for each in source} == {gk.Until(steps=100_000, accuracy=None)}
    assert says("Budget of more sums", "20,000 steps; 100,000 for five summands as coded")
    assert min(run.seeds.data for run in runs_of(experiments)) == 20 and says("Seeds", "from 20")
    at = {run.seeds.data for run in runs_of(experiments) if run.model.kind != "mlp" and run.train_fraction == 0.4}
    assert min(at) == 22 and says("Seeds", "the transformer's from 22")


def test_no_run_was_seen_before_its_rule(experiments):
    earlier = {run.key for e in planned(find_chapter("transformer"), {"profile": "evidence"}) for run in e.runs}
    assert not earlier & {run.key for run in runs_of(experiments)}


def test_the_control_has_as_many_training_sums_as_four_summands(experiments):
    at = {(run.task.summands, run.train_fraction): run.train_examples for run in runs_of(experiments)}
    assert at == {(2, 0.4): 3763, (3, 0.4): 4866, (4, 0.4): 5856, (5, 0.4): 64420, (5, 0.0364): 5862}


def test_as_coded_the_networks_are_as_wide_as_the_page_says():
    tasks = {n: gk.ModularAddition(p=p, summands=n) for n, p in a.MODULI.items() if n < 5}
    widths = [gk.Transformer.source_a().build(task.build()).width for task in tasks.values()]
    assert widths == [99, 25, 13] and "99, 25, 13 and 13" in PAGE
