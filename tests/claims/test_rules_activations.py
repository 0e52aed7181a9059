"""The rule on activations says yes, no, partly and too few, each where the answer is known."""

from dataclasses import replace

import numpy as np
import pytest
from made_up_activations import BEST, FIRST_SEED, JUDGED, OTHERS, RATES, a_grid, a_run, as_told, made

import grokkit as gk
from grokkit.claims import rule_of
from grokkit.claims.tuning import best_rate
from grokkit.records.tables import settings_table
from grokkit.sources import a

A23 = rule_of("A23")
NEVER = np.inf


def decided(records, **reading):
    return A23(gk.evidence_table(records, **reading))


def changed(times, rates=RATES):
    """The source's times, but for some activations (at some rates)."""
    return lambda name, rate: times[name] if name in times and rate in rates else as_told(name, rate)


def test_the_grid_is_the_rules():
    assert (*JUDGED, *OTHERS) == a.ACTIVATIONS


def test_a_grid_as_the_source_tells_it_reproduces():
    found = decided(a_grid())
    assert (found.outcome, found.n) == ("reproduced", 5), found.statement
    assert 4 < found.interval[0] <= found.interval[1] < 5.5


def test_four_seeds_never_decide():
    few = decided(a_grid(seeds=range(4)))
    assert few.outcome == "not tested" and few.n == 4


def test_the_sources_rate_decides_alone():
    levelled = dict.fromkeys(OTHERS, 1800.0)
    assert decided(a_grid(changed(levelled, rates=RATES[1:]))) == decided(a_grid(tuned=False)) == decided(a_grid())


@pytest.mark.parametrize("slow", JUDGED)
def test_both_powers_must_be_much_faster_and_best(slow):
    assert decided(a_grid(changed({slow: 13_000.0}))).outcome == "not reproduced"
    half = decided(a_grid(changed({slow: 7500.0})))  # more than half of ReLU's, and behind ReLU^3
    assert half.outcome == "not reproduced"


@pytest.mark.parametrize("other", OTHERS[1:])
def test_every_other_activation_must_be_slower(other):
    found = decided(a_grid(changed({other: 2000.0})))
    assert found.outcome == "partly" and "refuted" in found.statement.split("faster than all others")[1]


def test_much_is_half():
    told = [decided(a_grid(changed({"relu": t}, rates=(5e-4,)))).statement for t in (8900.0, 8000.0, 7000.0)]
    much = [statement.split("faster than all others")[0] for statement in told]
    assert ["does not pass" in each for each in much] == [False, True, True]
    assert ["refuted" in each for each in much] == [False, False, True]


def test_a_power_that_was_not_watched_long_enough_refutes_nothing():
    found = decided(a_grid(changed({name: NEVER for name in (*JUDGED, *OTHERS)})))
    assert found.outcome == "undecided" and "refuted" not in found.statement
    late = changed({"relu^2": NEVER})  # the others arrived before its budget ended: longer would not help
    assert decided(a_grid(late)).outcome == "not reproduced"


def test_others_that_never_arrive_are_slower_by_as_much_as_was_seen():
    """Given up at 20,000 steps: twice 11,000 may be more than they need."""
    assert decided(a_grid(changed(dict.fromkeys(OTHERS, NEVER)))).outcome == "reproduced"
    slow = dict.fromkeys(OTHERS, NEVER) | dict.fromkeys(JUDGED, 11_000.0)
    assert decided(a_grid(changed(slow))).outcome == "partly"


def test_a_diverged_run_never_arrives():
    grid = [replace(r, status="diverged") if r.config["model"].get("activation") == "relu^2" else r for r in a_grid()]
    assert decided(grid).outcome == "not reproduced"


def tuning(grid, name):
    runs = gk.evidence_table(grid)
    return runs[(runs["model.activation"] == name) & (runs["seeds.init"] >= FIRST_SEED[name] + 50)]


def test_the_best_rate_is_known_once_all_were_tried():
    for name in (*JUDGED, "relu"):
        tried = tuning(a_grid(), name)
        assert best_rate(tried, RATES) == BEST[name]
        assert best_rate(tried[tried["optimizer.learning_rate"] != 4e-3], RATES) is None


def test_a_rate_at_which_a_tuning_run_does_not_arrive_is_not_chosen():
    grid = a_grid(changed({"relu": NEVER}, rates=(2e-3,)))
    assert best_rate(tuning(grid, "relu"), RATES) == 1e-3


def test_batch_normalisation_and_our_own_activations_decide_nothing():
    normed = [a_run(name, seed, batch_norm=True) for name in (*JUDGED, "relu") for seed in range(5)]
    coded = [made(run, lambda *_: 900) for run in normed]
    ours = [made(a_run(name, seed), lambda *_: 500) for name in ("tanh", "quadratic") for seed in range(5)]
    assert decided(a_grid()) == decided(a_grid() + coded + ours)


OTHER = {
    "seeds of another activation": {"seeds": gk.Seeds.all(1999)},
    "seeds that differ": {"seeds": gk.Seeds(data=1000, init=1001, batch=1000)},
    "fraction": {"train_fraction": 0.3},
    "precision": {"precision": "float64"},
    "batch": {"batch": gk.Batch(size=128, sampling="replacement")},
    "weight decay": {"optimizer": gk.AdamW(learning_rate=5e-4, weight_decay=0.1)},
    "rate": {"optimizer": gk.AdamW(learning_rate=3e-4)},
    "optimizer": {"optimizer": gk.Adam(learning_rate=5e-4)},
    "modulus": {"task": gk.ModularAddition(p=23)},
    "hidden": {"model": gk.MLP(hidden=(512,))},
    "dropout": {"model": gk.MLP(dropout=0.1)},
    "scale": {"init_scale": 2.0},
    "network": {"model": gk.Transformer()},
}


def test_the_rule_reads_only_its_rows():
    grid = a_grid(tuned=False)
    others = [relabelled(a_run("relu^1.5", 9, **settings)) for settings in OTHER.values()]
    tuned = [r for r in a_grid() if r.key not in {each.key for each in grid}]
    mixed = gk.evidence_table(others + tuned + grid)
    assert set(A23.rows(mixed)["key"]) == {r.key for r in grid}
    assert A23(mixed) == decided(grid)


def relabelled(run):
    """A record that says 4,000 steps, whatever the run."""
    return replace(made(a_run("relu^1.5", 9)), key=run.key, config=run.canonical())


def test_rows_are_known_before_any_run_is_trained():
    runs = [r.run for r in a_grid(tuned=False)]
    others = [a_run("tanh", 0), a_run("relu", 0, batch_norm=True), a_run("relu", 50, 1e-3)]
    planned = A23.rows(settings_table(runs + others))
    assert set(planned["key"]) == {run.key for run in runs} and len(planned) == 35
