"""Each rule on switching weight decay, on tables whose answer is known: yes, no, partly, open, and too few runs."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from judged import decided, lacks
from made_up_switching import BUDGET, EVERY, GRID, WAYS, Story, a_grid, a_record, a_run, as_the_source, falling

import grokkit as gk
from grokkit.chapters.notebooks import find_chapter, planned
from grokkit.claims import claims, rule_of
from grokkit.claims.rules.switching import DECAYS
from grokkit.claims.samples import like
from grokkit.claims.switches import moment
from grokkit.records.tables import settings_table
from grokkit.sources import c

IDS = ["C4", "C5", "C6", "C7", "C8", "C12"]
MAJORITIES = ["C5", "C6", "C7"]
every_rule = pytest.mark.parametrize("id", IDS)


def told(ways, other, only=range(100)):
    """The source's story, but of some ways (WAYS or a precision) `other(story)`, and of those only runs `only`."""
    chosen = [WAYS[way] for way in ways]

    def story(decay, to, at, precision, i):
        usual = as_the_source(decay, to, at, precision, i)
        return other(usual) if (decay, to, at) in chosen and i in only else usual

    return a_grid(story)


def never(story):
    return replace(story, t_val=None)


@pytest.fixture(scope="module")
def grid():
    return a_grid()


@every_rule
def test_a_grid_as_the_source_has_it_reproduces(id, grid):
    found = decided(id, grid)
    assert found.outcome == "reproduced" and found.n == 8 and found.effect, found.statement


@every_rule
def test_four_runs_a_setting_never_decide(id):
    found, enough = decided(id, a_grid(count=4)), 7 if id in MAJORITIES else 5
    assert (found.outcome, found.n) == ("not tested", 4)
    assert lacks(found, 4, enough)


@pytest.mark.parametrize("id", MAJORITIES)
def test_a_majority_is_not_tested_below_the_seven_runs_that_can_pass(id):
    assert decided(id, a_grid(count=7)).outcome == "reproduced"
    found = decided(id, a_grid(count=6))
    assert found.outcome == "not tested" and lacks(found, 6, 7)


@every_rule
@pytest.mark.parametrize("reading", [{"threshold": 0.9}, {"every": 200}, {"every": 500}], ids=str)
def test_another_reading_of_clear_curves_changes_nothing(id, reading, grid):
    assert decided(id, grid, **reading).outcome == "reproduced"


@every_rule
def test_without_any_of_its_rows_nothing_is_decided(id):
    other = a_record(a_run(0.1, None, {}, "float32", 10, task=gk.ModularAddition(p=97)), Story())
    assert (decided(id, [other]).outcome, decided(id, [other]).n) == ("not tested", 0)


def twice(at):
    return gk.Schedule(switches=(gk.Switch(setting="weight_decay", to=0.0, at=at),) * 2)


def once(setting, to, **at):
    return gk.Schedule(switches=(gk.Switch(setting=setting, to=to, at=gk.Moment(**at)),))


DEPARTURES = [
    {"task": gk.ModularAddition.source_c(113)},
    {"model": gk.LSTM(hidden=64)},
    {"model": gk.LSTM(dropout=0.5)},
    {"model": gk.RNN()},
    {"optimizer": gk.AdamW(weight_decay=0.01, beta2=0.999)},
    {"optimizer": gk.AdamW(weight_decay=0.1, beta2=0.999, learning_rate=1e-2)},
    {"train_fraction": 0.7},
    {"batch": gk.Batch(size=32)},
    {"init_scale": 1.0},
    {"precision": "bfloat16"},
    {"seeds": gk.Seeds(data=10, init=11, batch=10)},
    {"schedule": gk.Schedule(warmup=10)},
    {"schedule": twice(gk.Moment(epoch=20))},
    {"schedule": once("learning_rate", 0.0, epoch=20)},
    {"schedule": once("weight_decay", 0.01, epoch=20)},
    {"schedule": once("weight_decay", 0.0, epoch=21)},
    {"schedule": once("weight_decay", 0.0, step=2600)},
    {"schedule": once("weight_decay", 0.0, train_accuracy=0.9, every=500)},
    {"schedule": once("weight_decay", 0.0, train_accuracy=0.99, every=100)},
    {"schedule": once("weight_decay", 0.0, train_accuracy=0.99, every=500, sample=512)},
    {"schedule": once("weight_decay", 0.0, train_accuracy=0.99, every=500, plus=1)},
    {"schedule": once("weight_decay", 0.0, val_accuracy=0.99, every=500, times=1.5)},
]


@every_rule
def test_rules_read_only_their_rows_whatever_else_is_in_the_table(id, grid):
    strange = Story(t_val=500, norm=lambda steps: np.full(len(steps), 7.0))
    usual = [dict(a_run(decay, None, {}, "float32", 9)) for decay in (0.0, 0.1)]
    others = [a_record(gk.Run(**whole | departure), strange) for whole in usual for departure in DEPARTURES]
    others = list({record.key: record for record in others}.values())
    assert decided(id, [*others, *grid]) == decided(id, grid)
    rows = rule_of(id).rows(gk.evidence_table([*others, *grid]))
    assert set(rows["key"]) <= {record.key for record in grid}


def test_each_claim_reads_its_own_settings(grid):
    sizes = {id: len(rule_of(id).rows(gk.evidence_table(grid))) for id in IDS}
    assert sizes == {"C4": 24, "C5": 24, "C6": 16, "C7": 16, "C8": 16, "C12": 32}


def test_a_moment_is_read_off_the_curves_at_the_runs_own_threshold(grid):
    moments = {"off at epoch 20": 2600, "off at T_train": 10_000, "off at T_val": 36_000, "off at 1.25 T_val": 45_000}
    for way, expected in (moments | {"on at 2 T_train": 20_000}).items():
        for threshold in (0.99, 0.5):
            run = like(c.switched(way)).rows(gk.evidence_table(grid, threshold=threshold)).iloc[0]
            assert moment(run) == expected, way
    assert gk.Batch(size=32, short_last=True).steps_in_epoch(cell_run().train_examples) == c.EPOCH


def cell_run():
    return a_run(0.1, None, {}, "float32", 0)


def test_one_run_without_weight_decay_that_arrives_refutes_c4_where_it_is(grid):
    def one(precision):
        return a_grid(
            lambda decay, to, at, kind, i: (
                Story(t_val=150_000, end=c.STEPS) if (decay, to, kind, i) == (0, None, precision, 3) else None
            )
        )

    assert decided("C4", one("float32")).outcome == "partly"
    assert decided("C4", one("float64")).outcome == "partly"
    assert decided("C4", told(["off"], lambda story: replace(story, t_val=150_000))).outcome == "not reproduced"
    for whom in (range(8), [0]):
        slow = told(["off"], lambda story: replace(story, t_train=10**9), only=whom)
        assert decided("C4", slow).outcome == "not reproduced"
    assert decided("C4", told(["on"], never)).outcome == "undecided"  # nobody arrives, with weight decay or without


def test_never_needs_the_sources_budget():
    short = told(["off"], lambda story: replace(story, end=c.STEPS - EVERY), only=range(4))
    assert decided("C4", short).outcome == "not tested"


def test_low_and_rising_must_both_hold_for_every_run():
    half = told(["off at T_train"], lambda story: replace(story, rest=0.51), only=[0])
    flat = told(["off at T_train"], lambda story: replace(story, norm=lambda s: np.full(len(s), 300.0)), only=[0])
    falls_again = told(
        ["off at T_train"], lambda story: replace(story, norm=lambda s: 300 - np.abs(s - BUDGET / 2) / 1000), only=[0]
    )
    for records in (half, flat, falls_again):
        assert decided("C5", records).outcome == "partly"
    both = ["off at T_train", "off at epoch 20"]
    assert decided("C5", told(both, lambda story: replace(story, t_val=60_000))).outcome == "not reproduced"
    assert decided("C5", told(["on"], never)).outcome == "undecided"
    assert decided("C5", told(both, lambda story: replace(story, rest=0.51), only=range(5))).outcome == "undecided"
    assert decided("C5", told(both, lambda story: replace(story, rest=0.51), only=range(7))).outcome == "not reproduced"


def test_what_is_kept_is_95_percent_in_nine_evaluations_of_ten():
    late = ["off at T_val", "off at 1.25 T_val"]

    def dips(every, to=0.5):
        return lambda story: replace(story, kept=lambda steps: np.where(steps // EVERY % every == 0, to, 1.0))

    assert decided("C6", told(late, dips(11))).outcome == "reproduced"
    assert decided("C6", told(late, dips(9))).outcome == "not reproduced"
    assert decided("C6", told(late, dips(9, to=0.96))).outcome == "reproduced"
    assert decided("C6", told(late[1:], dips(9), only=[0])).outcome == "partly"


@pytest.mark.parametrize("id", ["C5", "C6"])
def test_runs_that_are_not_watched_after_their_switch_do_not_count(id):
    ways = [way for way in WAYS if way.startswith("off at")]
    found = decided(id, told(ways, lambda story: replace(story, end=20_000), only=range(4)))
    assert found.outcome == "not tested"


def test_late_weight_decay_must_bring_grokking_hold_the_norm_and_be_what_does_it():
    way = ["on at 2 T_train"]
    assert decided("C7", told(way, lambda story: replace(story, t_val=19_500), only=[0])).outcome == "undecided"
    assert decided("C7", told(way, lambda story: replace(story, t_val=19_500))).outcome == "not reproduced"
    rising = told(way, lambda story: replace(story, norm=lambda s: 500 + s / 1000), only=[0])
    assert decided("C7", rising).outcome == "undecided"
    without = told(["off"], lambda story: replace(story, t_val=30_000))
    assert decided("C7", without).outcome == "not reproduced"


@pytest.mark.parametrize(("id", "of_id"), [("C7", "on at 2 T_train"), ("C8", "on at 2 T_train, double")])
def test_a_short_budget_never_refutes(id, of_id):
    late = ["on at 2 T_train", "on at 2 T_train, double"]
    found = decided(id, told(late, never))
    assert found.outcome == "undecided" and "longer runs" in found.statement
    assert decided(id, told([of_id], never)).outcome == "undecided"
    long = told([of_id], lambda story: replace(story, t_val=None, end=c.STEPS))
    assert decided(id, long).outcome == "not reproduced"


def test_a_run_whose_norm_has_risen_again_speaks_against_c7_however_short_it_is():
    rising = told(["on at 2 T_train"], lambda s: replace(s, t_val=None, norm=lambda steps: 500 + steps / 1000))
    assert decided("C7", rising).outcome == "not reproduced"


def test_where_nobody_arrives_at_either_value_neither_is_sooner():
    late = ["on at 2 T_train", "on at 2 T_train, double"]
    long = told(late, lambda story: replace(story, t_val=None, end=c.STEPS))
    assert decided("C8", long).outcome == "undecided"


def test_double_must_be_sooner_and_shrink_the_norm_markedly():
    double = ["on at 2 T_train, double"]
    assert decided("C8", told(double, lambda s: replace(s, t_val=s.t_val + 15_000))).outcome == "undecided"
    assert decided("C8", told(double, lambda s: replace(s, t_val=s.t_val + 25_000))).outcome == "not reproduced"
    assert decided("C8", told(double, lambda s: replace(s, norm=falling(20_000, 0.1)))).outcome == "not reproduced"
    assert decided("C8", told(double, lambda s: replace(s, norm=falling(20_000, 0.125)))).outcome == "not reproduced"
    assert decided("C8", told(double, lambda s: replace(s, norm=falling(20_000, 0.13)))).outcome == "reproduced"


def test_more_weight_decay_is_earlier_over_the_whole_grid():
    def reverse(decay, to, at, precision, i):
        return Story(t_val=round(100 * decay) * 1000 + EVERY * i) if to is None and decay else None

    def all_alike(decay, to, at, precision, i):
        return Story(t_val=20_000 + EVERY * i) if to is None and decay else None

    assert decided("C12", a_grid(reverse)).outcome == "not reproduced"
    assert decided("C12", a_grid(all_alike)).outcome == "undecided"
    censored = a_grid(lambda decay, to, at, precision, i: Story() if decay == DECAYS[0] else None)
    assert decided("C12", censored).outcome == "reproduced" and decided("C12", censored).interval is None


@pytest.fixture(scope="module")
def asked():
    return [run for e in planned(find_chapter("switching"), {"profile": "evidence"}) for run in e.runs]


@every_rule
def test_the_chapter_plans_the_runs_that_the_rule_reads(id, asked):
    assert claims()[id].chapter == "10_switching"
    rows = rule_of(id).rows(settings_table(asked))
    expected = {"C4": 18, "C5": 24, "C6": 16, "C7": 13, "C8": 16, "C12": 23}
    assert rows["key"].is_unique and len(rows) == expected[id]


def test_no_two_planned_runs_share_a_seed_and_none_was_used_to_choose(asked):
    seeds = Counter(run.seeds.data for run in asked)
    assert max(seeds.values()) == 1 and min(seeds) >= 10


def test_the_chapter_spends_5_percent_in_equal_parts():
    assert [rule_of(id).level for id in IDS] == [0.05 / 6] * 6
    assert len(GRID) == len({str(each) for each in GRID})
