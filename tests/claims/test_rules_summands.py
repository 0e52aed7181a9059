"""The rules of the chapter on summands say yes, no, partly and too few, each where the answer is known."""

from dataclasses import replace

import numpy as np
import pytest
from judged import decided, lacks
from made_up_summands import BUDGET, MODULI, NETWORKS, a_control, a_grid, a_record, a_run, as_told

import grokkit as gk
from grokkit.claims import rule_of
from grokkit.claims.measures import lag
from grokkit.claims.rules.summands import adding
from grokkit.records.tables import settings_table
from grokkit.sources import a

IDS = ("A16", "A17", "A18", "A19")
NEVER, FULL = np.inf, 100_000
every_rule = pytest.mark.parametrize("id", IDS)


def changed(which, at, times):
    """The source's times, but for one network (None: all) at some n."""
    return lambda network, n, seed: times if which in (network, None) and n in at else as_told(network, n, seed)


@every_rule
def test_a_grid_as_the_source_tells_it_reproduces(id):
    found = decided(id, a_grid())
    assert found.outcome == "reproduced", found.statement
    assert found.n == (7 if id in ("A17", "A18") else 5) and found.effect


@every_rule
def test_four_seeds_never_decide(id):
    found = decided(id, a_grid(seeds=4, more=0, floats=4))
    assert found.outcome == "not tested" and found.n == 4
    assert lacks(found, 4, 7 if id in ("A17", "A18") else 5)


@every_rule
def test_one_network_alone_decides_nothing_that_needs_another(id):
    for network in NETWORKS:
        only = [r for r in a_grid() if r.config["model"] == a_run(network, 2, 20).canonical()["model"]]
        needed = {"A16": "MLP", "A18": "as coded"}.get(id)
        assert (decided(id, only).outcome == "not tested") is (network != needed)


OTHERS = {
    "seen before": {"seeds": gk.Seeds.all(19)},
    "seeds that differ": {"seeds": gk.Seeds(data=30, init=31, batch=30)},
    "fraction": {"train_fraction": 0.3},
    "precision": {"precision": "float64"},
    "batch": {"batch": gk.Batch(size=128, sampling="replacement")},
    "full batch": {"batch": gk.Batch(size=None)},
    "no warm-up": {"schedule": gk.Schedule()},
    "weight decay": {"optimizer": gk.AdamW(learning_rate=5e-4, weight_decay=0.1)},
    "learning rate": {"optimizer": gk.AdamW(learning_rate=2e-3)},
    "optimizer": {"optimizer": gk.SAM(learning_rate=1e-3)},
    "modulus": {"task": gk.ModularAddition(p=7, summands=4)},
    "task": {"task": gk.Addition(p=97)},
    "width": {"model": gk.Transformer(width=64)},
    "layers": {"model": gk.Transformer(layers=1)},
    "hidden": {"model": gk.MLP(hidden=(512,))},
    "toy": {"model": gk.MLP.toy()},
}


@every_rule
def test_rules_read_only_their_rows(id):
    others = {
        run.key: a_record(run, 9000, 300)
        for network in NETWORKS
        for n in MODULI
        for settings in OTHERS.values()
        for run in [a_run(network, n, 30, **settings)]
    }
    grid = a_grid()
    mixed = [*others.values(), *grid]
    rows = rule_of(id).rows(gk.evidence_table(mixed))
    assert len(rows) and set(rows["key"]) <= {r.key for r in grid}
    assert decided(id, mixed) == decided(id, grid)


@every_rule
def test_rows_are_known_before_any_run_is_trained(id):
    planned = [a_run(network, n, seed) for network in NETWORKS for n in MODULI for seed in range(20, 27)]
    planned += [a_run(network, 5, 20, alpha=0.0364) for network in ("MLP", "as coded")]
    trained = [a_record(run, 300, 3000) for run in planned]
    rows = rule_of(id).rows
    assert set(rows(settings_table(planned))["key"]) == set(rows(gk.evidence_table(trained))["key"])


def test_levels_share_five_percent():
    assert sum(rule_of(id).level for id in IDS) == pytest.approx(0.05)


# A16: the MLP's delay.


def test_late_means_twice_as_late_at_every_n():
    at_once = decided("A16", a_grid(changed("MLP", (5,), (800, 1500))))
    assert at_once.outcome == "partly" and "0 of 5 runs" in at_once.statement  # the delay still falls
    for t_train, outcome in ((800, "reproduced"), (900, "partly")):
        assert decided("A16", a_grid(changed("MLP", (5,), (t_train, 1600)))).outcome == outcome


def test_a_delay_that_grows_does_not_shrink_and_grokking_stays_clear():
    def growing(network, n, seed):
        return 300, 1000 * n

    found = decided("A16", a_grid(growing))
    assert found.outcome == "partly" and "does not pass" in found.statement.split("delay:")[1]


def test_an_mlp_that_never_arrives_neither_groks_nor_shrinks():
    never = changed("MLP", MODULI, (300, NEVER))
    assert decided("A16", a_grid(never)).outcome == "undecided"
    found = decided("A16", a_grid(never, budget=FULL))
    assert found.outcome == "not reproduced" and found.interval is None and "e+308" not in found.statement
    first = decided("A16", a_grid(changed("MLP", (2,), (300, NEVER)))).statement
    assert "n = 2 minus n = 5 (P =" in first  # a difference that is infinite has no interval


def test_sixteen_of_twenty_can_be_clear_if_no_n_lacks_it():
    def spread(network, n, seed):
        return (2000, 2100) if network == "MLP" and seed == 20 else as_told(network, n, seed)

    def gathered(network, n, seed):
        return (2000, 2100) if network == "MLP" and n == 2 and seed < 24 else as_told(network, n, seed)

    assert "clear: 4 of 5, 4 of 5, 4 of 5, 4 of 5 runs" in decided("A16", a_grid(spread)).statement
    assert "P = 0.0059: passes" in decided("A16", a_grid(spread)).statement
    assert "P = 1: does not pass" in decided("A16", a_grid(gathered)).statement


def test_the_small_training_set_is_told_and_decides_nothing():
    alone, beside = (decided("A16", a_grid() + control) for control in ([], a_control("MLP", 300, NEVER)))
    assert (alone.outcome, alone.n, alone.interval) == (beside.outcome, beside.n, beside.interval)
    assert "never at n = 5 with as few training sums" in beside.statement


# A17: rising together.


def run_of(t_train, t_val, **shape):
    [(_, run)] = gk.evidence_table([a_record(a_run("as coded", 5, 20), t_train, t_val, **shape)]).iterrows()
    return run


def test_a_lag_is_taken_below_the_top_that_a_run_reaches():
    assert lag(run_of(1000, 2000)) == 2
    assert lag(run_of(1000, 1400, top=0.7)) == 1.4
    assert lag(run_of(1000, NEVER)) == NEVER
    assert lag(run_of(1000, 1000, top=0.4)) == NEVER  # nothing has risen


def test_together_means_within_half_of_trainings_time():
    for t_val, outcome in ((5900, "reproduced"), (6000, "not reproduced")):
        assert decided("A17", a_grid(changed(None, (4, 5), (4000, t_val)))).outcome == outcome


@pytest.mark.parametrize(("network", "at"), [("width 128", (4, 5)), (None, (4,)), ("as coded", (4,))])
def test_every_form_and_every_n_must_rise_together(network, at):
    apart = changed(network, at, (1000, 9000))
    found = decided("A17", a_grid(apart))
    assert found.outcome == "not reproduced" and found.statement.count("0 of 7 runs rise together") >= 1
    assert decided("A17", a_grid(apart, more=4, floats=9)).outcome == "partly"  # nine pass alone, seven do not


def test_most_of_the_runs_at_each_n_and_not_of_both_together():
    def but_four(network, n, seed):
        return (1000, 9000) if (network, n) == ("width 128", 4) and seed < 26 else as_told(network, n, seed)

    found = decided("A17", a_grid(but_four))
    assert found.outcome == "undecided" and "width 128, n = 4: 3 of 7 runs" in found.statement


def test_runs_seen_before_the_rule_was_what_it_is_are_not_read():
    seen = [a_record(a_run("as coded", 5, seed), 1000, NEVER, budget=FULL) for seed in (20, 21)]
    assert decided("A17", a_grid() + seen) == decided("A17", a_grid())


def test_a_network_that_only_memorises_does_not_rise_together_once_it_was_watched_for_long():
    memorising = changed(None, (4, 5), (1000, NEVER))
    assert decided("A17", a_grid(memorising, floating=None)).outcome == "undecided"
    assert decided("A17", a_grid(memorising, floating=None, budget=FULL)).outcome == "not reproduced"


# A18: floating near 95%.


def climbing(steps):
    return 0.9 + 0.08 * steps / steps.max()


@pytest.mark.parametrize(
    ("floating", "outcome"),
    [(0.95, "reproduced"), (0.91, "reproduced"), (0.89, "not reproduced"), (0.985, "not reproduced")],
)
def test_near_95_percent_has_two_ends(floating, outcome):
    assert decided("A18", a_grid(floating=floating, budget=FULL)).outcome == outcome


def test_a_run_that_may_still_come_to_float_does_not_refute():
    """At 20,000 steps it is on its way, or has not left the ground."""
    assert decided("A18", a_grid(floating=0.89)).outcome == decided("A18", a_grid(floating=0.1)).outcome == "undecided"
    gone = [replace(r, status="diverged") for r in a_grid(floating=0.1)]
    assert decided("A18", gone).outcome == "not reproduced"


def test_a_run_that_fits_does_not_float_even_if_it_falls_again():
    assert decided("A18", a_grid(floating=None)).outcome == "not reproduced"
    falling = [
        a_record(a_run("as coded", 5, seed), 1000, NEVER, height=lambda steps: np.where(steps == 1000, 0.99, 0.95))
        for seed in range(20, 27)
    ]
    assert decided("A18", falling).outcome == "not reproduced"


def test_a_run_that_still_climbs_does_not_float():
    for budget, outcome in ((BUDGET, "undecided"), (FULL, "not reproduced")):
        runs = [a_run("as coded", 5, seed) for seed in range(20, 27)]
        found = decided("A18", [a_record(run, 100, 100, height=climbing, budget=budget) for run in runs])
        assert found.outcome == outcome and "0 have levelled off" in found.statement


def test_all_of_seven_must_float_and_six_cannot_decide():
    assert decided("A18", a_grid(floats=6)).outcome == "not tested"
    mixed = a_grid(floats=6) + [a_record(a_run("as coded", 5, 28), 6000, 7000)]
    assert decided("A18", mixed).outcome == "undecided"


def test_the_reading_of_times_does_not_move_a_float():
    for reading in ({"threshold": 0.9}, {"every": 500}):
        assert decided("A18", a_grid(), **reading).outcome == "reproduced"


def test_the_controls_say_why_and_decide_nothing():
    told = decided("A18", a_grid() + a_control("as coded", 500, NEVER)).statement
    assert "at width 128 0 of 7 never reach it" in told
    assert "with as few training sums as n = 4 0 of 5 never reach it" in told


# A19: steps to generalise.


def test_the_opposite_order_is_not_reproduced():
    def reverse(network, n, seed):
        return 300, 9000 - 1000 * n

    assert decided("A19", a_grid(reverse, floating=None)).outcome == "not reproduced"


def test_only_an_order_that_longer_watching_could_not_change_refutes():
    def reverse_but(never):
        return lambda network, n, seed: (300, NEVER if network != "MLP" and n in never else 9000 - 1000 * n)

    one, two = (a_grid(reverse_but(never), floating=None) for never in ((2,), (2, 3)))
    assert decided("A19", one).statement.count("refuted") == 3  # at n = 2 it is the latest, whenever it arrives
    assert decided("A19", two).statement.count("refuted") == 1  # the MLP's
    long = a_grid(reverse_but((2, 3)), floating=None, budget=FULL)
    assert decided("A19", long).statement.count("refuted") == 3
    late = [a_record(r.run, 300, NEVER, budget=1000) if r.config["model"]["kind"] == "mlp" else r
            for r in a_grid(floating=None)]  # fmt: skip
    assert "refuted" not in decided("A19", late).statement


def test_growth_must_be_seen_at_every_step_and_two_that_never_arrive_show_none():
    flat = decided("A19", a_grid(changed("as coded", (4,), (2000, 2500))))
    assert flat.outcome == "partly" and "not rising everywhere" in flat.statement
    both = decided("A19", a_grid(changed("as coded", (4, 5), (6000, NEVER)), floating=None))
    assert both.outcome == "partly" and "as coded: median T_val 2,000, 3,100, never, never" in both.statement
    assert both.interval is None
    last = decided("A19", a_grid(changed("as coded", (5,), (6000, NEVER)), floating=None))
    assert last.outcome == "reproduced" and 2 < last.interval[0] <= last.interval[1] < 3


@pytest.mark.parametrize("n", [2, 4, 5])
def test_the_peak_must_stand_above_every_other_n(n):
    found = decided("A19", a_grid(changed("MLP", (n,), (300, 6000))))
    assert found.outcome == "partly" and "does not pass" in found.statement.split("MLP:")[1]


def test_an_mlp_that_never_arrives_at_three_has_its_peak_there():
    assert decided("A19", a_grid(changed("MLP", (3,), (300, NEVER)))).outcome == "reproduced"
    assert "does not pass" in decided("A19", a_grid(changed("MLP", (3, 4), (300, NEVER)))).statement


def test_all_runs_of_one_network_suffice_to_read_its_rows():
    table = gk.evidence_table([a_record(a_run("MLP", 2, 20), 300, 3000)])
    assert "model.width" not in table and not any(len(adding(form, 2).rows(table)) for form in a.FORMS)
    assert len(adding("MLP (text)", 2).rows(table)) == 1
