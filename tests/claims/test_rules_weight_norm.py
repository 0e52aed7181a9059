"""The rules on the norm of the weights say yes, no, partly and too few, each where the answer is known."""

import numpy as np
import pytest
from judged import decided
from made_up_weight_norm import PLAN, a_record, everything, group, landscape

from grokkit.claims import claims, rule_of
from grokkit.claims.arrivals import arrives_before, groks_at, may_arrive, ratio_at
from grokkit.claims.landscapes import best_norm, is_l_shaped, is_u_shaped
from grokkit.records.tables import evidence_table, settings_table

IDS = [each.id for each in claims().values() if each.chapter == "13_weight_norm"]


def outcome(id, **at):
    found = decided(id, everything(**at))
    return found.outcome, found.n


def test_levels_share_five_percent():
    assert IDS == ["D14", "D15", "D16", "D19", "D20"]
    assert sum(rule_of(id).level for id in IDS) == pytest.approx(0.05)


@pytest.mark.parametrize("id", IDS)
def test_what_a_claim_says_reproduces_it(id):
    assert outcome(id) == ("reproduced", 9)


@pytest.mark.parametrize("id", IDS)
def test_rules_read_fresh_seeds_alone(id):
    seen = rule_of(id).rows(settings_table(run for each in PLAN.experiments for run in each.runs))
    assert len(seen) and seen["seeds.init"].min() == 1000
    early = evidence_table(everything())
    early.loc[:, ["seeds.init", "seeds.data", "seeds.batch"]] -= 100
    assert not len(rule_of(id).rows(early))


def test_every_run_is_read_by_a_rule():
    runs = settings_table(run for each in PLAN.experiments for run in each.runs)
    read = {key for id in IDS for key in rule_of(id).rows(runs)["key"]}
    assert read == set(runs["key"])


def test_six_runs_are_too_few():
    few = {name: group(name, seeds=6) for name in ("teacher-student, scale 2", "teacher-student, scale 1")}
    assert outcome("D15", **few)[0] == "not tested"


# D14: an L and a U.


@pytest.mark.parametrize(
    ("where", "expected"), [(["MNIST"], "partly"), (["MNIST", "teacher-student"], "not reproduced")]
)
def test_a_test_loss_that_only_falls_is_no_u(where, expected):
    """Nor has its training loss an L: at the largest norm, where the bottom is, all of it has still fallen."""
    falling = {f"{data}, held": landscape(f"{data}, held", best=20.0, train=lambda norm: 1.0) for data in where}
    assert outcome("D14", **falling)[0] == expected


def test_a_training_loss_that_rises_again_is_no_l():
    second_arm = landscape("MNIST, held", train=lambda norm: norm**-6.0 + norm**7)
    found = decided("D14", everything(**{"MNIST, held": second_arm}))
    assert found.outcome == "partly" and "L, MNIST: 0 of 9" in found.statement


@pytest.mark.parametrize(("walls", "yes"), [(3.0, True), (0.35, True), (0.25, False)])
def test_a_wall_is_twice_as_high(walls, yes):
    runs = evidence_table(landscape("MNIST, held", walls=walls, seeds=1))
    assert is_u_shaped([runs]).tolist() == [yes]


def test_a_network_that_diverged_has_an_infinite_loss():
    runs = evidence_table(landscape("MNIST, held", seeds=1))
    runs.at[0, "val_loss"] = np.full(3, np.nan)
    runs.at[12, "train_loss"] = np.full(3, np.nan)
    assert is_u_shaped([runs])[0] and not is_l_shaped([runs])[0]


def test_a_landscape_without_one_of_its_norms_does_not_count():
    whole = landscape("teacher-student, held")
    assert decided("D20", everything(**{"teacher-student, held": whole[1:]})).n == 8


# D15, D16, D19: late and not late.


def test_a_standard_scale_that_groks_leaves_half_of_the_claim():
    assert outcome("D15", **{"teacher-student, scale 1": group("teacher-student, scale 1")})[0] == "partly"


def test_a_large_scale_that_waits_eight_times_as_long_refutes():
    late = group("teacher-student, scale 2", t_val=700)
    both = {"teacher-student, scale 2": late, "teacher-student, scale 1": group("teacher-student, scale 1")}
    assert outcome("D15", **both)[0] == "not reproduced"


def test_few_images_that_generalise_at_one_norm_leave_part_of_the_claim():
    found = decided("D16", everything(**{"MNIST, 100 images": group("MNIST, 100 images")}))
    assert found.outcome == "partly" and "100 images: 0 of 9 landscapes pass 60% at no norm" in found.statement


def test_a_delay_that_is_halved_is_not_removed():
    assert outcome("D19", **{"sums, fixed": group("sums, fixed", t_val=700)})[0] == "partly"


def test_without_a_delay_nothing_can_be_removed():
    none = {name: group(name, t_val=700) for name in ("sums, free", "sums, fixed")}
    assert outcome("D19", **none)[0] == "not reproduced"


def test_times_are_those_of_the_rules_own_accuracy():
    [run] = PLAN.groups["sums, free"].runs[:1]
    runs = evidence_table([a_record(run), a_record(run, t_val=np.inf), a_record(run, t_train=np.inf)])
    assert ratio_at(runs, accuracy=0.95).tolist() == pytest.approx([1995 / 100, np.inf, np.inf], rel=0.3)
    assert groks_at(runs, accuracy=0.95, late=10.0).tolist() == [True, False, False]
    assert arrives_before(runs, accuracy=0.95, late=10.0).tolist() == [False, False, False]
    assert may_arrive(runs, accuracy=0.95, within=200_000).tolist() == [False, True, True]
    assert not may_arrive(runs, accuracy=0.95, within=100_000).any()


# D20: where the bottom of the U is.


@pytest.mark.parametrize(("best", "expected"), [(0.8, "reproduced"), (1.6, "reproduced"), (0.63, "partly")])
def test_a_tenth_of_a_decade_below_the_standard_norm_passes_as_at(best, expected):
    held = landscape("teacher-student, held", best=best)
    found = decided("D20", everything(**{"teacher-student, held": held}))
    assert found.outcome == expected and f"(median {best:.3g})" in found.statement


def test_the_best_norm_is_that_of_the_least_validation_loss():
    assert best_norm([evidence_table(landscape("MNIST, held", best=0.4, seeds=1))]).tolist() == [0.4]
