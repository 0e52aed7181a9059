"""The rules of the chapter on sharpness say yes, no, partly and too few, each where the answer is known."""

import numpy as np
import pytest
from judged import decided, lacks
from made_up_sharpness import BUDGET, RADII, a_grid, a_record, a_run, as_told

import grokkit as gk
from grokkit.claims import rule_of
from grokkit.claims.own import flatness_orders
from grokkit.claims.rules.sharpness import TUNED, every_radius, judged
from grokkit.claims.samples import Reading
from grokkit.claims.tuning import chosen_radius
from grokkit.records.tables import settings_table
from grokkit.sources.a import INITIALISERS, SHARPNESS_AWARE

IDS = ("A21", "A22", "A24")
NEVER = np.inf
every_rule = pytest.mark.parametrize("id", IDS)


def ordered(sharpness, norm, runs=6):
    """A24's grid: kind k has validation accuracy k / 20 at the step observed, and those functions of k otherwise."""
    kinds = [(method, initialiser) for method in ("AdamW", *TUNED) for initialiser in ("model", "orthogonal")]
    tuning = [r for r in a_grid(runs=0) if r.config["seeds"]["data"] % 100 >= 50]
    return tuning + [
        a_record(
            a_run(*kind, i),
            4000,
            val_accuracy=k / 20 + 0.001 * i,
            hessian_top=sharpness(k),
            rise_random=sharpness(k),
            parameter_l2=norm(k),
        )
        for k, kind in enumerate(kinds)
        for i in range(runs)
    ]


def flat_is_better(k):
    return 100.0 - k


def unrelated(k):
    return float(k * 7 % 10)


def a_grid_as_told(id):
    return ordered(flat_is_better, unrelated) if id == "A24" else a_grid()


@every_rule
def test_a_grid_as_the_source_tells_it_reproduces(id):
    found = decided(id, a_grid_as_told(id))
    assert found.outcome == "reproduced", found.statement
    assert found.n == 6 and found.effect and found.interval


@every_rule
def test_four_seeds_never_decide(id):
    grid = ordered(flat_is_better, unrelated, runs=4) if id == "A24" else a_grid(runs=4)
    found = decided(id, grid)
    assert found.outcome == "not tested" and found.n == 4
    assert lacks(found, 4, 6 if id == "A24" else 5)


@every_rule
def test_without_the_tuning_nothing_is_decided(id):
    grid = [r for r in a_grid_as_told(id) if r.config["seeds"]["data"] % 100 < 50]
    found = decided(id, grid)
    assert found.outcome == "not tested" and found.n == 0


@every_rule
def test_runs_at_another_radius_than_the_tunings_are_not_read(id):
    grid = [r for r in a_grid_as_told(id) if r.config["seeds"]["data"] % 100 < 50]
    elsewhere = [r for r in a_grid(runs=0, best=0.5) if r.config["seeds"]["data"] % 100 >= 50]
    assert decided(id, grid + elsewhere).outcome == "not tested"


def test_the_radius_is_the_one_that_arrives_first_then_the_most_accurate_then_the_smallest():
    def tried(times, **shape):
        pairs = zip(RADII, times, strict=True)
        return gk.evidence_table(
            [a_record(a_run("AdaSAM", "model", i, rho, tuning=True), t, **shape) for rho, t in pairs for i in range(2)]
        )

    assert chosen_radius(tried((3000, 4000, 2000))) == 0.5
    assert chosen_radius(tried((3000, 2000, 2000))) == 0.1
    assert chosen_radius(tried((NEVER, NEVER, NEVER))) == 0.02
    table = tried((NEVER, NEVER, NEVER))
    table.loc[table["optimizer.rho"] == 0.1, "val_accuracy"] = table["val_accuracy"].map(lambda x: x + 0.1)
    assert chosen_radius(table) == 0.1
    assert np.isnan(chosen_radius(table[table["optimizer.rho"] == 0.1]))
    assert np.isnan(chosen_radius(table.iloc[::2]))


def test_another_threshold_chooses_no_other_radius():
    """At 30%, which all runs have from the start, every radius would arrive at once."""
    table = gk.evidence_table(a_grid(runs=0, best=0.5), threshold=0.3)
    assert chosen_radius(every_radius("AdaSAM", "model", tuning=True).rows(table)) == 0.5


OTHERS = {
    "seeds that differ": {"seeds": gk.Seeds(data=1009, init=1008, batch=1009)},
    "another method's seed": {"seeds": gk.Seeds.all(7009)},
    "fraction": {"train_fraction": 0.3},
    "precision": {"precision": "float64"},
    "batch": {"batch": gk.Batch()},
    "schedule": {"schedule": gk.Schedule(warmup=7)},
    "learning rate": {"optimizer": gk.AdamW(learning_rate=2e-3)},
    "weight decay": {"optimizer": gk.SAM(weight_decay=0.5)},
    "modulus": {"task": gk.ModularAddition(p=47)},
    "width": {"model": gk.Transformer()},
    "network": {"model": gk.MLP()},
    "scale": {"init_scale": 2.0},
}


@every_rule
def test_rules_read_only_their_rows(id):
    grid = a_grid_as_told(id)
    others = [a_record(a_run(m, "model", 9, **settings), 900) for m in SHARPNESS_AWARE for settings in OTHERS.values()]
    others = list({r.key: r for r in others}.values())
    mixed = [*others, *grid]
    assert set(rule_of(id).rows(gk.evidence_table(mixed))["key"]) <= {r.key for r in grid}
    assert decided(id, mixed) == decided(id, grid)


@every_rule
def test_rows_are_known_before_any_run_is_trained(id):
    grid = a_grid_as_told(id)
    planned = [r.run for r in grid]
    rows = rule_of(id).rows
    assert set(rows(settings_table(planned))["key"]) == set(rows(gk.evidence_table(grid))["key"])
    assert not rows(settings_table(planned))["key"].duplicated().any()


def test_levels_share_five_percent():
    assert sum(rule_of(id).level for id in IDS) == pytest.approx(0.05)


def changed(method, initialiser, time):
    return lambda m, i: time if method in (m, None) and initialiser in (i, None) else as_told(m, i)


# A21: much faster, everywhere.


def test_much_faster_is_less_than_half_the_steps():
    assert decided("A21", a_grid(changed("AdaSAM", "model", 850))).outcome == "reproduced"
    slower = decided("A21", a_grid(changed("AdaSAM", "model", 1200)))
    assert slower.outcome == "partly" and "3 of 4 pass by themselves" in slower.statement
    assert "4 medians are smaller at equal steps" in slower.statement


def test_neither_form_that_never_arrives_is_faster_however_long_it_had():
    def never(method, initialiser):
        return NEVER if method.startswith("AdaSAM") else as_told(method, initialiser)

    found = decided("A21", a_grid(never))
    assert found.outcome == "not reproduced" and found.interval is None and "never, never" in found.statement
    assert decided("A21", a_grid(never, budget=800)).outcome == "undecided"  # AdamW has not arrived, either


def test_adamw_that_does_not_arrive_can_confirm_and_not_refute():
    slow = decided("A21", a_grid(changed("AdamW", None, NEVER)))
    assert slow.outcome == "reproduced" and slow.interval is None

    def neither(method, initialiser):
        return NEVER

    for budget in (BUDGET, 100_000):  # that nobody arrives is no order
        found = decided("A21", a_grid(neither, budget=budget))
        assert found.outcome == "undecided" and "longer runs or another question" in found.statement


def test_one_initialiser_under_which_it_is_not_much_faster_refutes_a_form():
    equal = decided("A21", a_grid(changed("AdaSAM", "orthogonal", 3600)))
    assert equal.outcome == "partly" and equal.statement.split("with weight decay")[0].count("refuted") == 1
    both = a_grid(lambda m, i: 3600 if i == "orthogonal" and m.startswith("AdaSAM") else as_told(m, i))
    assert decided("A21", both).outcome == "not reproduced"


def test_one_initialiser_less_decides_nothing():
    lacking = [r for r in a_grid() if r.config.get("initialiser") != "orthogonal"]
    assert decided("A21", lacking).outcome == "not tested"


# A22: initialisation.


def test_initialisers_that_do_not_differ_by_half_change_nothing_strongly():
    found = decided("A22", a_grid(changed("AdamW", "orthogonal", 2800)))
    assert found.outcome == "partly" and "does not pass" in found.statement.split("gain")[0]


def test_the_poorest_is_the_tunings_not_the_tests():
    found = decided("A22", a_grid(changed("AdamW", "xavier_uniform", 5000)))
    assert "under orthogonal and model" in found.statement


def test_a_gain_that_is_largest_under_the_best_is_not_most_under_the_poorest():
    even = decided("A22", a_grid(lambda m, i: 200 if (m, i) == ("AdaSAM", "model") else as_told(m, i) * 1.2))
    told = even.statement.split("gain ")
    assert even.outcome == "partly" and "does not pass" in told[1] + told[2] and "passes" in told[-1]
    assert "refuted" not in told[1] + told[2]
    most = decided("A22", a_grid(lambda m, i: 100 if (m, i) == ("AdaSAM", "model") else as_told(m, i) * 1.2))
    assert "refuted" in most.statement.split("gain with weight decay")[0].split("gain as printed")[1]


def test_equal_speeds_and_equal_gains_refute():
    found = decided("A22", a_grid(lambda m, i: 2000 if m == "AdamW" else 1000))
    assert found.outcome == "not reproduced" and "refuted" in found.statement.split("gain")[0]


def test_what_never_arrives_gains_nothing():
    def never(method, initialiser):
        return NEVER if method.startswith("AdaSAM") else as_told(method, initialiser)

    found = decided("A22", a_grid(never))
    assert found.outcome == "partly" and "median gain 1.00 under orthogonal" in found.statement
    assert "refuted" not in found.statement  # no gain under either is no order
    late = decided("A22", a_grid(changed("AdamW", "orthogonal", NEVER), budget=BUDGET))
    assert late.outcome == "reproduced"


# A24: flatness against the norm.


@pytest.mark.parametrize(
    ("sharpness", "norm", "outcome"),
    [
        (flat_is_better, unrelated, "reproduced"),
        (flat_is_better, flat_is_better, "partly"),  # the norm orders them as well
        (unrelated, unrelated, "not reproduced"),  # no better than the norm in any seed
        (unrelated, lambda k: float(k), "undecided"),  # better than a norm that misleads, and no order of its own
        (unrelated, flat_is_better, "not reproduced"),  # the norm orders them better in every seed
        (lambda k: float(k), unrelated, "not reproduced"),  # sharp is better
    ],
)
def test_flatness_must_order_the_networks_and_better_than_the_norm(sharpness, norm, outcome):
    found = decided("A24", ordered(sharpness, norm))
    assert found.outcome == outcome, found.statement


def test_networks_that_have_not_fit_their_training_sums_are_no_minima():
    grid = ordered(flat_is_better, unrelated)
    for record in grid:
        if record.config["optimizer"]["kind"] == "sam":
            record.curves["train_accuracy"][:] = 0.9
    assert "over 8 kinds" in decided("A24", grid).statement


def test_runs_that_were_not_observed_do_not_count():
    grid = ordered(flat_is_better, unrelated)
    for record in grid:
        record.curves.pop("hessian_top")
    assert decided("A24", grid).outcome == "not tested"
    assert decided("A24", a_grid(runs=0)).outcome == "not tested"


def test_five_runs_cannot_show_that_flatness_orders_better_and_six_can():
    five = decided("A24", ordered(flat_is_better, unrelated, runs=5))
    assert (five.outcome, five.n) == ("not tested", 5) and lacks(five, 5, 6)


def test_what_the_order_is_tested_on_are_kinds_of_network():
    [question] = rule_of("A24").questions
    rather, eigenvalue, _ = flatness_orders(
        Reading(gk.evidence_table(ordered(flat_is_better, unrelated))), *question.about
    )
    assert eigenvalue.n == 10 and "over 10 kinds of network" in eigenvalue.told and rather.n == 6


@pytest.mark.parametrize("reading", [{"threshold": 0.9}, {"every": 200}, {"every": 500}])
def test_other_readings_find_the_step_that_was_observed(reading):
    assert decided("A24", ordered(flat_is_better, unrelated), **reading).outcome == "reproduced"


def test_each_network_has_seeds_of_its_own():
    seeds = [r.config["seeds"]["data"] for r in a_grid() if r.config["seeds"]["data"] % 100 < 50]
    assert len(seeds) == len(set(seeds))
    read = Reading(gk.evidence_table(a_grid()))
    assert all(len(read(judged(m, i))) == 6 for m in SHARPNESS_AWARE for i in INITIALISERS)
