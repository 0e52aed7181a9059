"""Which runs come next: missing ones only, claims by what an hour decides, seeds complete, shards apart."""

import pytest
from queued import ASIDES, CHAPTER, plan_a_tiny_book, runs
from tiny import MEASURE, UNTIL, a_run

import grokkit as gk
from grokkit.claims import rule_of
from grokkit.evidence.needs import Asked, watched_again
from grokkit.evidence.queue import (
    Lot,
    experiments_of,
    in_order,
    sharded,
    still_waiting,
    waiting,
)
from grokkit.sources import b
from grokkit.train import Experiment


def asked(run, until=UNTIL, measure=MEASURE):
    return Asked(run.key, run, until, measure)


def lot(name, *seeds, chapter=CHAPTER):
    return Lot(name, chapter, [asked(run) for run in runs(*seeds)])


def seeds_of(some):
    return [each.run.seeds.init for each in some.runs]


def an_hour(each):
    return 3600.0


@pytest.fixture
def book(monkeypatch):
    plan_a_tiny_book(monkeypatch)


def trained(folder, *seeds):
    gk.train(runs(*seeds), until=UNTIL, measure=MEASURE, store=folder)
    return gk.Store(folder)


def test_what_the_store_answers_is_not_waited_for(tmp_path, book):
    lots = waiting(trained(tmp_path, 1, 4, ASIDES[0]))
    assert [(each.name, seeds_of(each)) for each in lots] == [("A1", [0]), ("A2", [0, 2, 3]), (CHAPTER, [ASIDES[1]])]
    after = still_waiting(lots, trained(tmp_path, 0))
    assert [(each.name, seeds_of(each)) for each in after] == [("A2", [2, 3]), (CHAPTER, [ASIDES[1]])]


def test_a_shorter_record_than_asked_for_does_not_answer(tmp_path, book, monkeypatch):
    store = trained(tmp_path, 0, 1, 2, 3, 4, *ASIDES)
    assert waiting(store) == []
    longer = gk.Until(steps=2 * UNTIL.steps, accuracy=None)
    plan_a_tiny_book(monkeypatch, [Experiment(runs(4), longer, MEASURE)])
    assert [(each.name, seeds_of(each)) for each in waiting(store)] == [("A3", [4])]


def test_a_longer_watch_of_a_run_that_a_rule_can_read_already_is_no_claims_need(tmp_path, monkeypatch):
    longer = gk.Until(steps=2 * UNTIL.steps, accuracy=None)
    plan_a_tiny_book(monkeypatch, [Experiment(runs(4), UNTIL, MEASURE), Experiment(runs(4), longer, MEASURE)])
    [first, rest] = waiting(gk.Store(tmp_path))
    assert (first.name, first.runs[0].until) == ("A3", UNTIL)
    assert (rest.name, rest.runs[0].until) == (CHAPTER, longer)
    [rest] = waiting(trained(tmp_path, 4))
    assert (rest.name, rest.runs[0].until) == (CHAPTER, longer)


def test_a_longer_watch_is_the_need_of_a_rule_that_asks_what_becomes_of_a_run(tmp_path):
    """B8 alone does, at three times the steps; the queue once left such runs to the chapter's rest."""
    cell, other = (b.toy("regression", data=seed, init=seed) for seed in (19, 1))
    asked = [Asked(run.key, run, gk.Until(steps=n), MEASURE) for run in (cell, other) for n in (100_000, 300_000)]
    assert (rule_of("B8").longer, rule_of("B3").longer) == (300_000, 0)
    assert watched_again(asked, {cell.key}, rule_of("B8").longer) == [asked[1]]
    assert watched_again(asked, {cell.key}, rule_of("B3").longer) == []


def test_claims_and_chapters_can_be_named_and_keep_their_order(tmp_path, book):
    lots = waiting(gk.Store(tmp_path), ["A3", CHAPTER, "A1", "A3"])
    assert [each.name for each in lots] == ["A3", CHAPTER, "A1"]
    assert [each.name for each in in_order(lots, an_hour, given=True)] == ["A3", CHAPTER, "A1"]
    with pytest.raises(gk.BadInput, match="Claim or chapter 'A4' is unknown"):
        waiting(gk.Store(tmp_path), ["A4"])


def test_the_claim_that_an_hour_decides_most_of_comes_first_and_shared_runs_count_once():
    dear = {4: 3 * 3600.0}
    lots = [lot("A1", 0, 1), lot("A2", 0, 1, 2), lot("A3", 4), lot(CHAPTER, 7, 8)]
    found = in_order(lots, lambda each: dear.get(each.run.seeds.init, 3600.0))
    assert [(each.name, seeds_of(each), each.decides, each.seconds / 3600) for each in found] == [
        ("A2", [0, 1, 2], ("A1", "A2"), 3),  # two in three hours, where A1 alone is one in two
        ("A3", [4], ("A3",), 3),
        (CHAPTER, [7, 8], (), 2),
    ]


def test_a_claim_becomes_cheaper_by_the_runs_of_those_before_it():
    lots = [lot("A1", 0, 1, 2, 3), lot("A2", 0, 1, 2, 3, 4, 5, 6), lot("A3", 8, 9, 10, 11, 12)]
    found = in_order(lots, an_hour)
    assert [(each.name, len(each.runs)) for each in found] == [("A2", 7), ("A3", 5)]
    lots[1] = lot("A2", 0, 1, 2, 3, *range(20, 26))
    found = in_order(lots, an_hour)
    assert [(each.name, len(each.runs)) for each in found] == [("A1", 4), ("A3", 5), ("A2", 6)]


def test_a_chapters_rest_decides_nothing_wherever_it_stands():
    found = in_order([lot(CHAPTER, 7, 8), lot("A3", 4)], an_hour, given=True)
    assert [(each.name, each.decides, each.seconds) for each in found] == [
        (CHAPTER, (), 7200), ("A3", ("A3",), 3600)
    ]  # fmt: skip


def test_the_given_order_is_kept_and_what_is_complete_on_the_way_is_not_named_again():
    found = in_order([lot("A3", 4), lot("A2", 0, 1, 2), lot("A1", 0, 1)], an_hour, given=True)
    assert [(each.name, each.decides) for each in found] == [("A3", ("A3",)), ("A2", ("A2", "A1"))]


def test_shards_share_all_runs_and_none_twice():
    lots = [lot("A1", *range(10)), lot("A2", *range(10, 30))]
    parts = [sharded(lots, an_hour, f"{k}/3") for k in (1, 2, 3)]
    keys = [each.key for part in parts for one in part for each in one.runs]
    assert len(keys) == len(set(keys)) == 30
    assert all(one.seconds == 3600 * len(one.runs) for part in parts for one in part)
    assert [seeds_of(one) for one in sharded(lots, an_hour, "1/1")] == [seeds_of(one) for one in lots]


@pytest.mark.parametrize("shard", ["0/2", "3/2", "2", "a/b", "1/2/3", ""])
def test_a_shard_that_is_none_is_refused(shard):
    with pytest.raises(gk.BadInput, match="next --shard takes K/N"):
        sharded([lot("A1", 0)], an_hour, shard)


def big(seed, size):
    return a_run(seed, model=gk.MLP(hidden=(2048, 2048)), batch=gk.Batch(size=size))


def test_large_runs_train_seed_by_seed_in_the_order_of_the_plan():
    plan = [big(seed, size) for size in (20, 21) for seed in (5, 3, 4)]
    found = [run for e in experiments_of(Lot("A1", CHAPTER, list(map(asked, plan)))) for run in e.runs]
    assert [(run.seeds.init, run.batch.size) for run in found] == [
        (seed, size) for seed in (3, 4, 5) for size in (20, 21)
    ]


def test_small_runs_fill_their_slots_with_several_seeds():
    rates = [0.001 * k for k in range(1, 41)]
    plan = [a_run(seed, rate=rate) for rate in rates for seed in range(7)]
    found = experiments_of(Lot("A1", CHAPTER, list(map(asked, plan))))
    assert [sorted({run.seeds.init for run in e.runs}) for e in found] == [[0, 1, 2], [3, 4, 5], [6]]
    assert sum(len(e.runs) for e in found) == len(plan)


def test_what_is_asked_goes_with_each_run():
    longer = gk.Until(steps=50, accuracy=None)
    [first, second] = experiments_of(Lot("A1", CHAPTER, [asked(a_run(1)), asked(a_run(2), longer)]))
    assert (first.until, second.until) == (UNTIL, longer)
