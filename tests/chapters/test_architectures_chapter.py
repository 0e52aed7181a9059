"""What the chapter on architectures plans is what its rules read, its page says and the page of deviations promises."""

import pytest
from promises import runs_of, says

import grokkit as gk
from grokkit.chapters.notebooks import chapters, find_chapter, planned
from grokkit.claims import claims, rule_of
from grokkit.claims.rules.architectures import FRESH, LOW
from grokkit.claims.samples import like
from grokkit.records.tables import settings_table
from grokkit.sources import a

IDS = [each.id for each in claims().values() if each.chapter == "03_architectures"]


@pytest.fixture(scope="module")
def experiments():
    return planned(find_chapter("architectures"), {"profile": "evidence", "asides": True})


@pytest.fixture(scope="module")
def table(experiments):
    return settings_table(runs_of(experiments))


def read_by(id, table):
    return set(rule_of(id).rows(table)["key"])


def test_every_rule_has_its_runs(table):
    assert IDS == ["A6", "A7", "A8", "A9", "A10"]
    counts = {id: len(read_by(id, table)) for id in IDS}
    assert counts == {"A6": 16, "A7": 10 + 6 + 12, "A8": 8 + 3, "A9": 8 + 6 + 6, "A10": 15 + 36 + 20}
    for form, fractions in LOW.items():
        for alpha in fractions:
            assert len(like(a.network(form, alpha=alpha), seeds=FRESH).rows(table)) == 6


def test_pilots_come_first_and_no_rule_reads_them_or_what_was_seen_before(experiments, table):
    read = set.union(*(read_by(id, table) for id in IDS))
    pilots = {run.key: run for each in experiments[:2] for run in each.runs}
    assert len(pilots) == 2 and all(run.seeds.data < 20 and run.model.kind == "lstm" for run in pilots.values())
    others = [run for run in runs_of(experiments) if run.key not in read and run.key not in pilots]
    assert len(others) == 15 + 7 and {run.model.kind for run in others} == {"transformer", "mlp"}
    assert max(run.seeds.data for run in others) < FRESH.start and not read & set(pilots)


def test_no_two_networks_that_are_compared_share_a_seed_and_none_has_a_run_of_another_chapter(experiments, table):
    compared = {form: like(a.network(form), {"train_fraction": (0.3, 0.4)}) for form in (*a.MLPS, *a.LSTMS)}
    transformers = like(a.transformer(), {"train_fraction": (0.3, 0.4)})
    for runs in compared.values():
        assert not set(runs.rows(table)["seeds.data"]) & set(transformers.rows(table)["seeds.data"])
    fresh = {run.key for run in runs_of(experiments) if run.seeds.data in FRESH}
    others = [c for c in chapters() if c != find_chapter("architectures")]
    assert fresh and not fresh & {r.key for c in others for e in planned(c, {"profile": "evidence"}) for r in e.runs}


def test_the_plan_is_as_the_page_of_deviations_says(experiments, table):
    assert {each.until for each in experiments} == {gk.Until(steps=20_000)}
    assert says("Budget of these networks", "20,000 steps")
    assert {run.train_fraction for run in runs_of(experiments)} == {0.25, 0.3, 0.4, 0.6, 0.8}
    assert set(table[table["model.kind"] == "lstm"]["train_fraction"]) == {0.4, 0.6, 0.8}
    assert says("Fractions of Figures 3 and 4", "LSTM: from 0.4; MLP as in the text: from 0.3")


def test_a_laptop_makes_eight_runs():
    assert len(runs_of(planned(find_chapter("architectures"), {"profile": "laptop"}))) == 8
