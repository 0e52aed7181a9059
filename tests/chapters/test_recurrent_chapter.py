"""What the chapter on recurrent networks plans is what its rules read, on seeds that nobody had seen."""

from collections import Counter

import numpy as np
import pytest
from made_up_recurrent import a_run

from grokkit.chapters.notebooks import find_chapter, planned
from grokkit.claims import claims, rule_of
from grokkit.claims.rules.recurrent import FIRST_SEED, NEVER, WATCHED
from grokkit.records.tables import settings_table
from grokkit.sources.c import RATES

MAJORITIES = ["C1", "C2", "C11"]
IDS = [each.id for each in claims().values() if each.chapter == "04_recurrent"]


@pytest.fixture(scope="module")
def experiments():
    return planned(find_chapter("recurrent"), {"profile": "evidence"})


@pytest.fixture(scope="module")
def asked(experiments):
    return [run for e in experiments for run in e.runs]


@pytest.mark.parametrize("id", IDS)
def test_the_chapter_plans_the_runs_that_the_rule_reads(id, asked):
    rows = rule_of(id).rows(settings_table(asked))
    by = ["model.kind", "optimizer.weight_decay", "model.dropout", "train_fraction", "init_scale"]
    counted = Counter(zip(*(rows[name] for name in by), strict=True))
    assert rows["key"].is_unique and min(counted.values()) >= (9 if id in MAJORITIES else 5)
    expected = {"C1": 27, "C2": 27, "C3": 54, "C9": 28, "C10": 38, "C11": 54, "C14": 28}
    assert len(rows) == expected[id]


def read_by_rules(asked):
    table = settings_table(asked)
    return {key for id in IDS for key in rule_of(id).rows(table)["key"]}


def test_runs_are_watched_for_as_long_as_the_rules_want(experiments, asked):
    read = read_by_rules(asked)
    for e in experiments:
        for run in e.runs:
            if run.key in read:
                decayed = run.optimizer.weight_decay > 0
                assert e.until.steps == (WATCHED[run.model.kind.upper()] if decayed else NEVER)


def test_a_tenth_of_the_sources_epochs_is_less_than_anything_is_watched_for():
    examples = [a_run("RNN", "AdamW", fraction, 5.0, 0).train_examples for fraction in (0.3, 0.5, 0.7)]
    assert [600 * -(-n // 32) for n in examples] == [46_800, 78_000, 109_200]
    assert min(*WATCHED.values(), NEVER) > 109_200


def test_no_two_planned_runs_of_a_network_share_a_seed(asked):
    seeds = Counter((run.model.kind, run.seeds.data) for run in asked)
    assert max(seeds.values()) == 1


def test_no_rule_reads_what_was_seen_before_it_was_fixed(asked):
    read = read_by_rules(asked)
    others = [run for run in asked if run.key not in read and run.seeds.data >= 10]  # before: the pilot
    assert {run.optimizer.weight_decay for run in others} == {0.01} and {run.seeds.data for run in others} == {10, 20}
    assert min(run.seeds.data for run in asked if run.key in read) >= FIRST_SEED


def test_no_rule_reads_the_pilot(asked):
    without = planned(find_chapter("recurrent"), {"profile": "evidence", "pilot_seeds": 0})
    pilots = {run.key: run for run in asked if run.key not in {run.key for e in without for run in e.runs}}
    assert len(pilots) == 6 and max(run.seeds.data for run in pilots.values()) < 10
    assert not read_by_rules(asked) & set(pilots) and asked[0].key in pilots


def test_only_runs_without_weight_decay_are_shared_with_another_chapter(asked):
    elsewhere = [run for e in planned(find_chapter("switching"), {"profile": "evidence"}) for run in e.runs]
    own = {run.key: run for run in asked}
    shared = [own[run.key] for run in elsewhere if run.key in own]
    assert {(run.model.kind, run.optimizer.weight_decay) for run in shared} == {("lstm", 0.0)} and len(shared) == 5
    seeds = {run.seeds.data for run in elsewhere}
    assert not seeds & {run.seeds.data for run in asked if run.optimizer.weight_decay == 0.1}


def test_the_lstm_without_weight_decay_is_the_one_that_c4_watches_for_longer(asked):
    table = settings_table(asked)
    elsewhere = [run for e in planned(find_chapter("switching"), {"profile": "evidence"}) for run in e.runs]
    off = set(rule_of("C4").rows(settings_table(elsewhere))["key"])
    rows = rule_of("C14").rows(table)
    ours = set(rows[(rows["model.kind"] == "lstm") & (rows["optimizer.weight_decay"] == 0)]["key"])
    assert len(ours) == 5 and ours < off


def test_the_chapter_trains_at_the_rates_of_the_rules(asked):
    read = read_by_rules(asked)
    used = {(run.model.kind.upper(), run.optimizer.learning_rate) for run in asked if run.key in read}
    assert used == set(RATES.items())


def test_the_chapter_spends_5_percent_in_equal_parts():
    assert sum(rule_of(id).level for id in IDS) == pytest.approx(0.05)
    assert len({rule_of(id).level for id in IDS}) == 1
    assert np.isclose(rule_of("C1").level, 0.05 / 7)
