"""The rules on norms say yes, no, partly and too few, each where the answer is known."""

from dataclasses import replace

import numpy as np
import pytest
from judged import decided
from made_up_norms import DECAYS, FORMS, STEPS, T_TRAIN, a_grid, a_record, a_run, fall, silent

import grokkit as gk
from grokkit.claims import rule_of
from grokkit.claims.measures import follows_the_law, relative_lag, trend
from grokkit.records.tables import settings_table

every_rule = pytest.mark.parametrize("id", ["A20", "D13"])
LAW = 80 * np.exp(-1e-3 * STEPS)


def test_levels_share_five_percent():
    assert sum(rule_of(id).level for id in ("A20", "D13")) == pytest.approx(0.05)


# A20: in trend, but not aligned.


def test_a_norm_that_falls_earlier_by_a_quarter_of_the_delay_reproduces():
    found = decided("A20", a_grid())
    assert (found.outcome, found.n) == ("reproduced", 10), found.statement
    assert found.interval == pytest.approx((-0.25, -0.25), abs=0.02)


@pytest.mark.parametrize(("at", "outcome"), [(1300, "not reproduced"), (1700, "reproduced"), (1200, "not reproduced")])
def test_aligned_is_within_a_tenth_of_the_delay_on_either_side(at, outcome):
    moved = a_grid(parameter_l2=fall(at, 80, 30), parameter_linf=fall(at, 3, 0.7))
    assert decided("A20", moved).outcome == outcome


def test_a_norm_that_rises_is_not_in_trend():
    rising = a_grid(parameter_l2=-fall(900, 30, 80) + 110, parameter_linf=fall(900, 0.7, 3))
    assert decided("A20", rising).outcome == "partly"  # the first still falls
    both = a_grid(parameter_l2=fall(900, 30, 80), parameter_linf=fall(900, 0.7, 3))
    assert decided("A20", both).outcome == "not reproduced"


def test_one_norm_alone_is_partly():
    found = decided("A20", a_grid(parameter_linf=fall(1300, 3, 0.7)))
    assert found.outcome == "partly" and found.statement.count("does not pass") == 2


@pytest.mark.parametrize(("apart", "outcome"), [(5, "undecided"), (2, "undecided"), (1, "not reproduced")])
def test_half_of_the_runs_do_not_suffice_and_refute_nothing(apart, outcome):
    aligned = [a_record(a_run(form, seed), parameter_l2=fall(1300, 80, 30), parameter_linf=fall(1300, 3, 0.7))
               for form in FORMS for seed in range(40 + apart, 50)]  # fmt: skip
    mixed = [r for r in a_grid(seeds=range(40, 40 + apart))] + aligned
    assert decided("A20", mixed).outcome == outcome


def test_runs_that_do_not_arrive_are_not_counted():
    found = decided("A20", a_grid(t_val=np.inf))
    assert found.outcome == "not tested" and found.n == 0
    few = a_grid(seeds=range(40, 44)) + [a_record(a_run("as coded", s), t_val=np.inf) for s in range(44, 50)]
    assert decided("A20", few).n == 4


def test_the_gradients_norm_decides_nothing():
    other = a_grid(gradient_l2=fall(1300, 1, 0.1))
    assert decided("A20", other) == decided("A20", a_grid())


def test_a_run_is_looked_at_from_t_train_to_as_long_after_t_val():
    def run(**curves):
        [(_, row)] = gk.evidence_table([a_record(a_run("as coded", 40), **curves)]).iterrows()
        return row

    before, after = STEPS < T_TRAIN, STEPS > 2 * 2000 - T_TRAIN
    wild = np.where(before | after, 1000.0, fall(900, 80, 30))
    for measure in (trend, relative_lag):
        assert measure(run(parameter_l2=wild), norm="parameter_l2") == measure(run(), norm="parameter_l2")
    assert relative_lag(run(), norm="parameter_l2") == pytest.approx(-0.25, abs=0.02)
    assert relative_lag(run(parameter_l2=fall(900, 30, 80)), norm="parameter_l2") == np.inf


# D13: the law of decay.


def test_decay_alone_follows_the_law_at_any_rate_and_learning_does_not():
    found = decided("D13", a_grid())
    assert found.outcome == "partly" and found.n == 9, found.statement
    assert "decay alone: 9 of 9 runs, of 3 seeds, follow it" in found.statement
    assert found.statement.count("0 of 10") == 2
    assert found.interval[1] < 0.01


def test_learning_that_follows_the_law_reproduces():
    assert decided("D13", a_grid(parameter_l2=LAW)).outcome == "reproduced"


def test_after_t_val_and_before_t_train_the_law_need_not_hold():
    bent = np.where(STEPS < T_TRAIN, 5.0, np.where(STEPS > 2000, 7.0, LAW))
    assert decided("D13", a_grid(parameter_l2=bent)).outcome == "reproduced"


@pytest.mark.parametrize(("speed", "close"), [(0.91, True), (0.89, False), (1.09, True), (1.11, False)])
def test_close_is_a_tenth_of_the_decay(speed, close):
    runs = gk.evidence_table([a_record(a_run("as coded", 40), parameter_l2=80 * np.exp(-1e-3 * speed * STEPS))])
    assert follows_the_law(runs).tolist() == [close]


def test_decay_alone_that_goes_another_way_is_not_reproduced():
    learning = [r for r in a_grid() if r.config["optimizer"].get("eps") is None]
    constant = [silent(seed, decay, np.full(len(STEPS), 41.0)) for decay in DECAYS for seed in (40, 41, 42)]
    assert decided("D13", learning + constant).outcome == "not reproduced"


def test_each_rate_is_the_runs_own():
    at_one = [silent(seed, decay, 41 * np.exp(-1e-3 * STEPS)) for decay in DECAYS for seed in (40, 41, 42)]
    learning = [r for r in a_grid() if r.config["optimizer"].get("eps") is None]
    assert "3 of 9 runs, of 3 seeds, follow it" in decided("D13", learning + at_one).statement


# Both.


@every_rule
def test_four_seeds_never_decide(id):
    learning = a_grid(seeds=range(40, 44))
    found = decided(id, learning)
    assert found.outcome == "not tested" and found.n == 4


OTHERS = {
    "seen before": {"seeds": gk.Seeds.all(39)},
    "seeds that differ": {"seeds": gk.Seeds(data=40, init=41, batch=40)},
    "fraction": {"train_fraction": 0.3},
    "precision": {"precision": "float64"},
    "full batch": {"batch": gk.Batch(size=None)},
    "weight decay": {"decay": 0.1},
    "another epsilon": {"eps": 1e-3},
    "optimizer": {"optimizer": gk.SAM(learning_rate=1e-3)},
    "modulus": {"task": gk.ModularAddition(p=47)},
    "width": {"model": gk.Transformer(width=64)},
    "scale": {"init_scale": 2.0},
    "network": {"model": gk.MLP()},
}


@every_rule
def test_rules_read_only_their_rows(id):
    others = [
        a_record(a_run("as coded", 49, **settings), parameter_l2=np.ones(len(STEPS))) for settings in OTHERS.values()
    ]
    grid = a_grid()
    mixed = others + grid
    rows = rule_of(id).rows(gk.evidence_table(mixed))
    read = {r.key for r in grid} if id == "D13" else {r.key for r in grid if r.config["optimizer"].get("eps") is None}
    assert set(rows["key"]) == read
    assert decided(id, mixed) == decided(id, grid)


@every_rule
def test_rows_are_known_before_any_run_is_trained(id):
    grid = a_grid()
    planned = settings_table(r.run for r in grid)
    rows = rule_of(id).rows
    assert set(rows(planned)["key"]) == set(rows(gk.evidence_table(grid))["key"]) != set()


@every_rule
def test_a_diverged_run_is_no_evidence_and_a_coarser_reading_can_be_made(id):
    grid = [replace(r, status="diverged") if r.config["seeds"]["init"] == 40 else r for r in a_grid()]
    assert decided(id, grid).outcome == decided(id, a_grid(), every=500).outcome
