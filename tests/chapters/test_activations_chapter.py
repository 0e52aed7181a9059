"""What the chapter on activations plans is what its rule reads, its page says and the page of deviations promises."""

import pytest
from paths import ROOT
from promises import says

import grokkit as gk
from grokkit.chapters.notebooks import chapters, find_chapter, planned
from grokkit.claims import claims, rule_of
from grokkit.claims.tuning import best_rate
from grokkit.plans import activations
from grokkit.plans.activations import RATES, TUNED
from grokkit.records.store import Store
from grokkit.records.tables import settings_table
from grokkit.sources.a import ACTIVATIONS

IDS = [each.id for each in claims().values() if each.chapter == "09_activations"]
RATE = 5e-4
"""Source A's learning rate of the MLP."""


@pytest.fixture(scope="module")
def plan():
    return activations.Activations(asides=True)


@pytest.fixture(scope="module")
def experiments(plan):
    return plan.experiments


def test_the_rule_reads_what_is_reported_at_the_sources_rate_and_has_its_runs(experiments, plan):
    assert IDS == ["A23"]
    runs = [run for e in experiments for run in e.runs]
    table = settings_table(runs)
    read = set(rule_of("A23").rows(table)["key"])
    assert read == {run.key for run in plan.parts["reported"]} and len(read) == 35 and len(table) == len(runs)
    normalised = [run.model.activation for run in plan.parts["normalised"] if run.model.batch_norm]
    assert {name: normalised.count(name) for name in normalised} == dict.fromkeys(TUNED, 5)
    assert plan.chosen.tuned == TUNED and len(plan.parts["tuning"]) == len(TUNED) * len(RATES) * 2


def test_what_decides_comes_first(experiments):
    assert {run.model.activation for run in experiments[0].runs} == set(ACTIVATIONS)
    assert {run.optimizer.learning_rate for run in experiments[0].runs} == {RATE}
    assert {e.until for e in experiments} == {gk.Until(steps=20_000)} and says("Budget of activations", "20,000 steps")


def test_no_seed_tunes_and_is_reported_and_no_run_belongs_to_another_chapter(experiments, plan):
    first = {run.model.activation: run.seeds.data for part in ("ours", "reported") for run in plan.parts[part][::5]}
    assert first == {name: 1000 + 100 * i for i, name in enumerate((*ACTIVATIONS, "tanh", "quadratic"))}
    seeds = {part: {run.seeds.data for run in runs} for part, runs in plan.parts.items()}
    assert not seeds.pop("tuning") & set().union(*seeds.values())
    ours = {run.key for e in experiments for run in e.runs}
    others = [c for c in chapters() if c != find_chapter("activations")]
    assert not ours & {run.key for c in others for e in planned(c, {"profile": "evidence"}) for run in e.runs}


def test_a_chosen_rate_makes_runs_of_the_activations_that_were_tuned(monkeypatch):
    monkeypatch.setattr(activations, "CHOSEN_RATES", {"relu": 2e-3, "relu^2": 5e-4, "gelu": 1e-3})
    tuned = activations.Activations(asides=True).parts["tuned"]
    assert {(run.model, run.optimizer.learning_rate) for run in tuned} == {(gk.MLP(), 2e-3)} and len(tuned) == 5


def test_the_rates_in_use_are_those_that_the_stored_tuning_chose(plan):
    """Says nothing until the tuning has run."""
    store = Store(ROOT / "results")
    tuned = gk.train(plan.parts["tuning"], until=plan.chosen.until, store=store, missing="report")
    runs = gk.evidence_table(tuned).groupby("model.activation") if tuned else ()
    best = {name: best_rate(each, RATES) for name, each in runs}
    assert {name: rate for name, rate in best.items() if rate} == activations.CHOSEN_RATES


def test_the_page_of_deviations_names_what_is_run():
    assert says("Activations", "seven") and says("Form of Figure 9's MLP", "`MLP(activation=...)`")
    assert says("Rates of activations", "0.0005, 0.001, 0.002 and 0.004")
    assert RATES == (0.0005, 0.001, 0.002, 0.004)
