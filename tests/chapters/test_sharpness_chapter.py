"""What the chapter on sharpness plans is what its rules read, its page says and the page of deviations promises."""

import json

import pytest
from promises import runs_of, says

import grokkit as gk
from grokkit.chapters.notebooks import find_chapter, planned
from grokkit.claims import claims, rule_of
from grokkit.claims.own import OBSERVED
from grokkit.records.tables import settings_table
from grokkit.sources import a

IDS = ["A21", "A22", "A24"]
RADII = {"rho_printed": 0.02, "rho_decay": 0.1, "rho_sam": 0.5, "rho_asam": 2.5}


@pytest.fixture(scope="module")
def experiments():
    return planned(find_chapter("sharpness"), {"profile": "evidence", "asides": True} | RADII)


def test_every_run_is_read_by_some_rule_but_the_published_class(experiments):
    assert [each.id for each in claims().values() if each.chapter == "08_sharpness"] == IDS
    table = settings_table(runs_of(experiments))
    counts = {id: len(rule_of(id).rows(table)) for id in IDS}
    assert counts == {"A21": 72 + 12, "A22": 72 + 12 + 8, "A24": 60 + 24}
    read = {key for id in IDS for key in rule_of(id).rows(table)["key"]}
    others = [run for run in runs_of(experiments) if run.key not in read]
    assert len(others) == 6 and {run.optimizer for run in others} == {gk.PublishedASAM()}
    assert len(table) == len(set(table["key"])) == 32 + 72 + 24 + 6


def test_without_a_chosen_radius_only_the_tuning_and_adamw_are_asked_for():
    before = planned(find_chapter("sharpness"), {"profile": "evidence"})
    kinds = [{type(run.optimizer) for run in each.runs} for each in before]
    assert kinds == [{gk.AdamW, gk.SAM, gk.ASAM, gk.AdaSAM}, {gk.AdamW}, {gk.AdamW}]


def test_adasam_as_printed_comes_first_under_pytorchs_own_weights(experiments):
    first, *others = experiments[1:]
    assert {run.initialiser for run in first.runs} == {"model"} and len(first.runs) == 12
    assert {run.optimizer for run in first.runs} == {gk.AdamW(), gk.AdaSAM(rho=RADII["rho_printed"])}
    assert not {run.key for run in first.runs} & {run.key for run in runs_of(others)}


def test_the_tuning_shares_no_seed_with_what_is_judged_and_tries_what_is_chosen(experiments):
    tuning, *judged = experiments
    of_tuning, of_judged = ({run.seeds.data for run in each} for each in (tuning.runs, runs_of(judged)))
    assert not of_tuning & of_judged
    assert {seed % 100 for seed in of_tuning} == {50, 51} and {seed % 100 for seed in of_judged} == set(range(6))
    tried = {run.optimizer for run in tuning.runs}
    assert {run.optimizer for run in runs_of(judged)} - tried == {gk.PublishedASAM()}
    assert all(len({run.seeds.data for run in e.runs}) == len(e.runs) for e in judged)


def test_what_is_judged_is_observed_where_the_rule_looks(experiments):
    tuning, *judged = experiments
    assert {each.measure for each in judged} == {gk.Measure(observables=("sharpness",), observe_at=(OBSERVED,))}
    assert tuning.measure == gk.Measure()


def test_radii_stand_only_where_a_method_has_one(experiments):
    for run in runs_of(experiments):
        radius = getattr(run.optimizer, "rho", None)
        assert (radius is None) == (type(run.optimizer) is gk.AdamW)
        assert run.optimizer.learning_rate == gk.AdamW().learning_rate
        assert (run.optimizer.beta1, run.optimizer.beta2) == (gk.AdamW().beta1, gk.AdamW().beta2)


def test_the_plan_is_as_the_page_of_deviations_says(experiments):
    assert {run.train_fraction for run in runs_of(experiments)} == {0.4} and says("Fraction of Figure 8", "0.4")
    assert {each.until for each in experiments} == {gk.Until(steps=6000)} and says("Budget of Figure 8", "6,000")
    source = planned(find_chapter("sharpness"), {"profile": "source"})
    assert {each.until for each in source} == {gk.Until(steps=100_000, accuracy=None)}
    assert says("Budget of Figure 8", '`profile = "source"` has 100,000')
    assert says("Radius", "three on two seeds") and says("Seeds of Figure 8", "six runs")
    warm = {type(run.optimizer): run.schedule.warmup for run in runs_of(experiments)}
    assert warm.pop(gk.PublishedASAM) == 0 and set(warm.values()) == {10} and says("Warm-up of Figure 8", "none for")
    assert {run.initialiser for run in runs_of(experiments)} == set(a.INITIALISERS)


def test_no_run_was_seen_before_its_rule(experiments):
    earlier = {
        run.key
        for name in ("transformer", "optimizers", "summands", "quickstart")
        for e in planned(find_chapter(name), {"profile": "evidence"})
        for run in e.runs
    }
    assert not earlier & {run.key for run in runs_of(experiments)}


def test_a_laptop_makes_one_run_a_method_as_its_comment_says():
    asked = runs_of(planned(find_chapter("sharpness"), {"profile": "laptop"}))
    text = json.dumps(json.loads(find_chapter("sharpness").read_text(encoding="utf-8")))
    assert len(asked) == len(a.SHARPNESS_AWARE) == 6 and "laptop (6 runs)" in text
