"""Each rule on recurrent networks, on tables whose answer is known: yes, no, partly, and too few runs."""

from collections import Counter
from itertools import product

import numpy as np
import pandas as pd
import pytest
from made_up_recurrent import a_grid, a_record, a_run, as_the_source

import grokkit as gk
from grokkit.chapters import find_chapter, planned
from grokkit.claims import claim, claims, rule_module
from grokkit.claims.judging import judge
from grokkit.claims.rules.recurrent import WAYS, verdict_over_fractions
from grokkit.tables import settings_table

IDS = ["C1", "C2", "C3", "C9", "C10", "C11", "C14"]
every_rule = pytest.mark.parametrize("id", IDS)


def decided(id, records):
    return rule_module(id).rule(gk.evidence_table(records))


def told(story, **changed):
    """The source's story but for the settings in which `story` gives another one."""

    def whole(*setting):
        other = story(*setting)
        return as_the_source(*setting) if other is None else other

    return a_grid(whole, **changed)


def nine_where_it_is_cheap(way, fraction):
    return 9 if (way, fraction) == ("AdamW", 0.7) else 5


@pytest.fixture(scope="module")
def grid():
    return a_grid(as_the_source)


@every_rule
def test_a_grid_as_the_source_has_it_reproduces(id, grid):
    found = decided(id, grid)
    assert found.outcome == "reproduced" and found.n == 5 and found.effect, found.statement


@every_rule
def test_four_runs_a_setting_never_decide(id):
    found = decided(id, a_grid(as_the_source, count=lambda *_: 4))
    assert found.outcome == "not tested" and found.n == 4 and "4 runs so far, and 5 decide" in found.statement


def test_an_interval_comes_with_five_runs(grid):
    four = a_grid(as_the_source, count=lambda *_: 4)
    assert decided("C1", four).interval and judge(claim("C1"), four).interval is None
    assert judge(claim("C1"), grid).interval == decided("C1", grid).interval


@every_rule
def test_networks_that_never_arrive_show_nothing(id):
    assert decided(id, a_grid(lambda *_: (1000, None, 0.02))).outcome == "not reproduced"


@every_rule
def test_without_any_of_its_rows_nothing_is_decided(id):
    other = a_record(a_run("RNN", "AdamW", 0.7, 5.0, 10, task=gk.ModularAddition(p=97)), 1000, 2000)
    assert (decided(id, [other]).outcome, decided(id, [other]).n) == ("not tested", 0)


DEPARTURES = [
    {"task": gk.ModularAddition.source_c(113)},
    {"task": gk.ModularAddition(p=91)},
    {"model": gk.RNN(hidden=64)},
    {"model": gk.RNN(embedding=None)},
    {"model": gk.RNN(bidirectional=True)},
    {"model": gk.RNN(activation="relu")},
    {"model": gk.Transformer()},
    {"optimizer": gk.AdamW(weight_decay=0.02, beta2=0.999)},
    {"optimizer": gk.AdamW(weight_decay=0.01, beta2=0.98)},
    {"optimizer": gk.AdamW(weight_decay=0.01, beta2=0.999, learning_rate=1e-2)},
    {"optimizer": gk.SAM(weight_decay=0.01, beta2=0.999)},
    {"train_fraction": 0.4},
    {"batch": gk.Batch(size=64, short_last=True)},
    {"batch": gk.Batch(size=32)},
    {"schedule": gk.Schedule(warmup=10)},
    {"precision": "bfloat16"},
    {"init_scale": 2.0},
    {"seeds": gk.Seeds(data=10, init=11, batch=10)},
]


@every_rule
def test_rules_read_only_their_rows_whatever_else_is_in_the_table(id, grid):
    others = [
        a_record(a_run(network, "AdamW", fraction, 5.0, 10, **departure), 5000, 4000)
        for network, fraction in product(("RNN", "LSTM"), (0.3, 0.5, 0.7))
        for departure in DEPARTURES
        if network == "RNN" or "model" not in departure
    ]
    unique = list({record.key: record for record in others}.values())
    assert decided(id, [*unique, *grid]) == decided(id, grid)
    rows = rule_module(id).rows(gk.evidence_table([*unique, *grid]))
    assert set(rows["key"]) <= {record.key for record in grid}


def test_each_claim_reads_its_own_settings(grid):
    table = gk.evidence_table(grid)
    sizes = {id: len(rule_module(id).rows(table)) for id in IDS}
    assert sizes == {"C1": 15, "C2": 15, "C3": 30, "C9": 20, "C10": 90, "C11": 30, "C14": 60}


@pytest.mark.parametrize(("id", "network"), [("C1", "LSTM"), ("C2", "RNN")])
def test_grokking_is_twice_as_late_in_13_of_15_runs(id, network):
    def early(last):  # runs of one network at 50 and 70% that arrive too early
        return lambda which, way, fraction, scale, i: (
            (1000, 1500, 0.1) if which == network and (fraction, i) in last else None
        )

    assert decided(id, told(early([(0.5, 0), (0.7, 0)]))).outcome == "reproduced"
    assert decided(id, told(early([(0.5, 0), (0.7, 0), (0.3, 0)]))).outcome == "not reproduced"
    two = decided(id, told(early([(0.7, i) for i in range(5)])))
    assert two.outcome == "partly" and "10 of 10 runs grok (5 of 5, 5 of 5)" in two.statement
    exactly = told(lambda *setting: (1000, 2000, 0.1) if setting[0] == network else None)
    assert decided(id, exactly).outcome == "reproduced"


@pytest.mark.parametrize("n", [5, 6, 8, 12])
def test_all_pairs_of_fractions_never_pass_where_the_three_do_not(n):
    for held in product(range(n // 2, n + 1), repeat=3):
        parts = [pd.Series([True] * k + [False] * (n - k)) for k in held]
        found = verdict_over_fractions({"RNN": parts}, 0.05 / 7, "", "do")
        if found.outcome == "reproduced":
            assert all(2 * k > n for k in held)


def test_a_smaller_fraction_needs_a_longer_delay_and_a_larger_ratio():
    def reverse(network, way, fraction, scale, i):
        return (1000, round(200_000 * fraction / 500) * 500, 0.1) if scale == 5 and way == "AdamW" else None

    def only_the_delay(network, way, fraction, scale, i):  # 30% also learns more slowly
        return (round(4000 / fraction / 500) * 500, round(40_000 / fraction / 500) * 500, 0.1) if scale == 5 else None

    assert decided("C3", told(reverse)).outcome == "not reproduced"
    assert decided("C3", told(only_the_delay)).outcome == "not reproduced"
    one = decided("C3", told(lambda network, *rest: reverse(network, *rest) if network == "RNN" else None))
    assert one.outcome == "partly" and "LSTM" in one.statement


def test_censored_runs_wait_longest_and_those_that_do_not_memorise_do_not_wait():
    def some_never(network, way, fraction, scale, i):
        return (1000, None, 0.1) if fraction == 0.3 else None

    def never_learns(network, way, fraction, scale, i):
        return (10**9, None, 0.1) if fraction == 0.3 else None

    found = decided("C3", told(some_never))
    assert found.outcome == "reproduced" and found.interval is None  # nobody knows how many times as long
    assert decided("C3", told(never_learns)).outcome == "not reproduced"


def test_small_weights_must_be_sooner_and_wait_less_than_half_as_long():
    def small(t_train, t_val):
        return lambda network, way, fraction, scale, i: (t_train, t_val, 0.1) if scale == 1 else None

    assert decided("C9", told(small(1000, 40_000))).outcome == "reproduced"
    assert decided("C9", told(small(1000, 60_000))).outcome == "not reproduced"  # sooner, but not half the delay
    assert decided("C9", told(small(140_000, 150_000))).outcome == "not reproduced"  # no delay, but later
    assert decided("C9", told(small(10**9, None))).outcome == "not reproduced"


@pytest.mark.parametrize(("count", "outcome"), [(lambda *_: 5, "not reproduced"), (nine_where_it_is_cheap, "partly")])
@pytest.mark.parametrize("id", ["C9", "C10", "C14"])
def test_one_network_alone_is_partly_with_nine_runs_under_adamw(id, count, outcome):
    def lstm_as_under_adamw(network, way, fraction, scale, i):
        if network == "LSTM" and (WAYS[way][0] == 0 or scale == 1):
            return as_the_source(network, "AdamW", fraction, 5.0, i)
        return None

    grid = told(lstm_as_under_adamw, count=count)
    at_70 = [r for r in grid if r.config["train_fraction"] == 0.7]
    assert decided(id, at_70).outcome == outcome


def test_much_weaker_is_less_than_half():
    def resting(at):
        return lambda network, way, fraction, scale, i: (1000, None, at) if WAYS[way][0] == 0 else None

    assert decided("C10", told(resting(0.49))).outcome == "reproduced"
    assert decided("C10", told(resting(0.51))).outcome == "not reproduced"


def test_nothing_is_weaker_than_nothing():
    def nobody(network, way, fraction, scale, i):
        return (1000, None, 0.4 if WAYS[way][0] else 0.1)

    found = decided("C10", a_grid(nobody))
    assert found.outcome == "not reproduced" and "under AdamW 40%" in found.statement


@pytest.mark.parametrize("id", ["C10", "C14"])
def test_smaller_fractions_may_be_left_for_later_and_count_once_they_are_there(id, grid):
    small = [r for r in grid if r.config["train_fraction"] == 0.7]
    assert decided(id, small).outcome == "reproduced" and "50%" not in decided(id, small).statement
    assert "50%" in decided(id, grid).statement and "30%" in decided(id, grid).statement
    without = [r for r in grid if not (r.config["train_fraction"] == 0.7 and "weight_decay" in r.config["optimizer"])]
    assert decided(id, without).outcome == "not tested"


def test_a_single_run_that_groks_refutes_its_denial():
    def one(network, way, fraction, scale, i):
        return (1000, 290_000, 0.1) if (network, way, fraction, i) == ("RNN", "Adam", 0.7, 0) else None

    def early(network, way, fraction, scale, i):  # it generalises, and does not grok
        return (200_000, 290_000, 0.1) if (network, way, fraction, i) == ("RNN", "Adam", 0.7, 0) else None

    found = decided("C14", told(one))
    assert found.outcome == "not reproduced" or "RNN at 70%: 1 of 5 runs grok" in found.statement
    assert decided("C14", told(early)).outcome == "reproduced"


def test_dropout_with_weight_decay_generalises_late_or_not():
    def mostly_never(last):
        return lambda network, way, fraction, scale, i: (
            (1000, None, 0.3) if way == "AdamW, dropout" and (network, fraction) in last else None
        )

    early = told(lambda network, way, *_: (1000, 1000, 0.1) if way == "AdamW, dropout" else None)
    assert decided("C11", early).outcome == "reproduced"
    assert decided("C11", told(mostly_never([("RNN", 0.3)]))).outcome == "partly"
    assert decided("C11", told(mostly_never([("RNN", 0.3), ("LSTM", 0.3)]))).outcome == "partly"
    everywhere = [(network, f) for network in ("RNN", "LSTM") for f in (0.5, 0.7)]
    assert decided("C11", told(mostly_never(everywhere))).outcome == "not reproduced"


@pytest.fixture(scope="module")
def asked():
    return [run for e in planned(find_chapter("recurrent"), {"profile": "evidence"}) for run in e.runs]


@every_rule
def test_the_chapter_plans_the_runs_that_the_rule_reads(id, asked):
    assert claims()[id].chapter == "04_recurrent"
    rows = rule_module(id).rows(settings_table(asked))
    counted = Counter(zip(rows["model.kind"], rows["optimizer.weight_decay"], rows["train_fraction"], strict=True))
    assert rows["key"].is_unique and min(counted.values()) >= 5
    expected = {"C1": 19, "C2": 19, "C3": 38, "C9": 28, "C10": 98, "C11": 30, "C14": 68}
    assert len(rows) == expected[id]


def test_no_two_planned_runs_of_a_network_share_a_seed(asked):
    seeds = Counter((run.model.kind, run.seeds.data) for run in asked)
    assert max(seeds.values()) == 1 and min(seed for _, seed in seeds) >= 10


def test_the_chapter_spends_5_percent_in_equal_parts():
    assert sum(rule_module(id).LEVEL for id in IDS) == pytest.approx(0.05)
    assert len({rule_module(id).LEVEL for id in IDS}) == 1
    assert np.isclose(rule_module("C1").LEVEL, 0.05 / 7)
