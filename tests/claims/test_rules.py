"""Each rule on tables whose answer is known: it must say yes, no, partly, and that there are too few runs."""

import itertools
import re
from collections import defaultdict

import numpy as np
import pytest
from judged import lacks
from made_up import BUDGET, a_grid, resting

import grokkit as gk
from grokkit.claims import claim, claims, judge, rule_of
from grokkit.claims.asking import order_known
from grokkit.claims.findings import Finding, verdict
from grokkit.claims.written import ideas_of, text_of

REGISTERED = [each for each in claims().values() if each.registration]
TRANSFORMERS = [each for each in REGISTERED if each.chapter == "02_transformer"]


def late(form, p, alpha, seed):
    """As the source has it: faster for larger p and larger alpha."""
    return int(round((2000 * 97 / p * (0.4 / alpha) ** 2 + 20 * (seed % 3)) / 100)) * 100


def reverse(form, p, alpha, seed):
    return int(round((2000 * p / 97 * (alpha / 0.4) ** 2 + 20 * (seed % 3)) / 100)) * 100 + 700


def wobbling(steps, t_val):
    """Falls that are the larger the later it arrives."""
    return steps / t_val * (1 - (steps // 100 % 2) * np.minimum(t_val / 20_000, 0.9))


def decided(id, records, **reading):
    return claim(id).rule(gk.evidence_table(records, **reading))


@pytest.mark.parametrize("id", ["A1", "A3", "A5"])
def test_a_grid_as_the_source_has_it_reproduces(id):
    found = decided(id, a_grid(late))
    assert found.outcome == "reproduced" and found.n == 8
    assert found.interval[0] > 1 and found.effect


@pytest.mark.parametrize("id", ["A3", "A5"])
def test_a_grid_the_other_way_round_does_not(id):
    assert decided(id, a_grid(reverse)).outcome == "not reproduced"


def test_late_means_twice_as_late():
    assert decided("A1", a_grid(lambda *_: 600)).outcome == "reproduced"
    assert decided("A1", a_grid(lambda *_: 500)).outcome == "not reproduced"


def test_a_run_that_never_arrives_does_not_count_as_late():
    found = decided("A1", a_grid(lambda *_: None))
    assert found.outcome == "not reproduced" and found.interval is None


def test_the_plateau_must_be_there_and_most_of_the_way():
    assert decided("A2", a_grid(lambda *_: 3000, curve=resting)).outcome == "reproduced"
    climbing = decided("A2", a_grid(lambda *_: 3000))
    assert climbing.outcome == "not reproduced" and climbing.interval[0] == 0
    assert "0 of 8 runs" in climbing.statement


def test_a_plateau_that_is_never_left_is_none():
    assert decided("A2", a_grid(lambda *_: None, curve=resting)).outcome == "not reproduced"


def test_smaller_moduli_fluctuate_more_and_are_sharper():
    found = decided("A4", a_grid(late, curve=wobbling))
    assert found.outcome == "reproduced" and found.interval[0] > 0
    assert decided("A4", a_grid(reverse, curve=wobbling)).outcome == "not reproduced"


def test_fluctuation_without_sharpness_is_partly():
    def falling(steps, t_val):  # falls are the larger the later it arrives; every rise is as large as every other
        return np.where(steps // 100 % 40 < 38, 0.5 - 0.01 * (steps // 100 % 40) * t_val / 4000, 0.5)

    found = decided("A4", a_grid(late, curve=lambda steps, t_val: np.clip(falling(steps, t_val), 0, 1)))
    assert found.outcome == "partly", found.statement


@pytest.mark.parametrize("id", ["A3", "A4"])
def test_runs_that_never_arrive_have_no_order(id):
    assert decided(id, a_grid(lambda *_: None, seeds=range(10, 15))).outcome == "undecided"


def test_five_runs_cannot_pass_a_majority_at_1_percent_and_seven_can():
    for n, outcome in ((5, "not tested"), (6, "not tested"), (7, "reproduced")):
        assert decided("A1", a_grid(late, seeds=range(10, 10 + n))).outcome == outcome
    assert lacks(decided("A1", a_grid(late, seeds=range(10, 15))), 5, 7)


@pytest.mark.parametrize(("late_ones", "outcome"), [(7, "undecided"), (2, "undecided"), (1, "not reproduced")])
def test_a_majority_is_refuted_by_seven_of_eight_and_less_is_undecided(late_ones, outcome):
    found = decided("A1", a_grid(lambda form, p, alpha, seed: 3000 if seed < 10 + late_ones else 500))
    assert (found.outcome, found.n) == (outcome, 8), found.statement
    assert ("refuted" in found.statement) is (outcome == "not reproduced")


def test_a_chapter_spends_no_more_than_5_percent():
    spent = defaultdict(float)
    for each in REGISTERED:
        spent[each.chapter] += rule_of(each.id).level
    assert spent and all(level <= 0.05 + 1e-12 for level in spent.values())


def test_what_was_seen_says_which_tests_pass_and_every_interval():
    def only_as_coded(form, p, alpha, seed):
        return late(form, p, alpha, seed) if form == "as coded" else 500

    told = decided("A1", a_grid(only_as_coded)).statement
    assert "as coded: 8 of 8" in told and "(interval 6.67 to 6.67, P = 0.0039: passes)" in told
    assert "(interval 1.67 to 1.67, P = 1: does not pass; of the opposite P = 0.0039: refuted)" in told


def test_a_run_that_comes_twice_is_refused_and_none_at_all_decides_nothing():
    grid = a_grid(late)
    with pytest.raises(gk.BadInput, match="a run came twice"):
        judge(claim("A1"), [*grid, grid[0]])
    assert judge(claim("A1"), []).outcome == "not tested"


@pytest.mark.parametrize("id", ["A1", "A3", "A5"])
def test_one_form_alone_is_partly(id):
    def only_as_coded(form, p, alpha, seed):
        return late(form, p, alpha, seed) if form == "as coded" else 500

    assert decided(id, a_grid(only_as_coded)).outcome == "partly"


@pytest.mark.parametrize("each", TRANSFORMERS, ids=lambda each: each.id)
def test_four_seeds_never_decide(each):
    found = decided(each.id, a_grid(late, seeds=range(10, 14)))
    assert found.outcome == "not tested" and found.n == 4
    assert lacks(found, 4, 7 if each.id in ("A1", "A2") else 5)


@pytest.mark.parametrize("each", TRANSFORMERS, ids=lambda each: each.id)
def test_rules_read_only_their_rows_whatever_else_is_in_the_table(each):
    records = a_grid(late)
    mixed = [r for r in a_grid(reverse, seeds=range(50, 58)) if r.config["seeds"]["data"] == 50]
    for record in mixed:  # seeds that differ, as in the chapter's Latin square
        record.config["seeds"]["init"] = 51
    assert decided(each.id, records) == decided(each.id, [*mixed, *records])
    rows = rule_of(each.id).rows(gk.evidence_table([*mixed, *records]))
    assert set(rows["key"]) <= {record.key for record in records}


def test_alpha_02_may_be_left_for_later_and_no_other():
    grid = a_grid(late)
    assert decided("A5", [r for r in grid if r.config.get("train_fraction") != 0.2]).outcome == "reproduced"
    assert decided("A5", [r for r in grid if r.config.get("train_fraction") != 0.3]).outcome == "not tested"


def test_censored_runs_are_the_latest_of_all():
    def some_never(form, p, alpha, seed):
        return None if alpha == 0.2 else late(form, p, alpha, seed)

    assert decided("A5", a_grid(some_never)).outcome == "reproduced"
    assert gk.evidence_table(a_grid(some_never))["observed_to"].max() == BUDGET


def test_another_threshold_and_another_grid_read_the_same_curves():
    [record] = [r for r in a_grid(lambda *_: 3000, seeds=[10]) if r.config.get("train_fraction") == 0.5][:1]
    assert gk.evidence_table([record])["t_val"].item() == 3000
    assert gk.evidence_table([record], threshold=0.9)["t_val"].item() == 2700
    thin = gk.evidence_table([record], every=500)
    assert thin["t_train"].item() == 500 and (thin["steps"].item() % 500 == 0).all()


@pytest.mark.parametrize("every", [200, 500])
def test_a_coarser_grid_never_makes_an_arrival_look_censored(every):
    grid = a_grid(lambda form, p, alpha, seed: 2000 + 100 * seed)  # stopped 500 steps later, often between two points
    plain, coarse = gk.evidence_table(grid), gk.evidence_table(grid, every=every)
    assert coarse["t_val"].notna().all() and (coarse["t_val"] - plain["t_val"]).between(0, every).all()


def test_every_setting_must_pass_and_some_settings_pay_for_the_choice():
    def judged(*p_values, n=5, **others):
        found = [Finding(f"s{i}", n, p, None, "seen", **others) for i, p in enumerate(p_values)]
        return verdict(found, 0.01, "").outcome

    assert judged(0.01, 0.01) == "reproduced"
    assert judged(0.005, 0.5) == "partly"
    assert judged(0.01, 0.5) == "undecided"
    assert judged(0.01, 0.5, against=0.06) == "undecided"
    assert judged(0.01, 0.5, against=0.05) == "not reproduced"
    assert judged(0.005, 0.5, against=0.05) == "partly"
    assert judged(0.001, 0.001, n=4) == judged(0.001, 0.001, needs=6) == "not tested"
    assert judged(0.001, 0.001, least_p=0.011) == "not tested" and judged(0.001, least_p=0.01) == "reproduced"


def test_an_open_test_says_how_many_runs_would_decide_it():
    def told(**seen):
        return verdict([Finding("here", 8, interval=None, told="seen", **seen)], 0.01, "").statement

    assert "here: about 16 runs would decide, if they went on like these." in told(p_value=0.045)
    assert "here: about 14 runs would decide" in told(p_value=0.9, against=0.1)
    assert "longer runs or another question would decide, more of the same would not" in told(p_value=0.6)


@pytest.mark.exact
@pytest.mark.parametrize("each", REGISTERED, ids=lambda each: each.id)
def test_the_rule_is_the_one_that_was_registered(each):
    assert each.rule.key == each.registration.rule


@pytest.mark.parametrize("each", REGISTERED, ids=lambda each: each.id)
def test_reasons_stand_above_every_rule(each):
    text = text_of(each.id)
    reasons = " ".join(itertools.takewhile(lambda line: line.startswith("# "), text.splitlines()))
    assert re.match(rf"# ([A-D]\d+, )*{each.id}(, [A-D]\d+)*: ", reasons) and len(reasons) > 80
    assert re.search(rf"^({each.id}|.*, {each.id}|{each.id}, .*) = ", text, flags=re.MULTILINE) and ideas_of(each.id)


@pytest.mark.parametrize(
    ("times", "given_up", "known"),
    [
        ([1, 2, 3], [], True),
        ([1, 2, np.inf], [], True),  # watched for long enough
        ([1, 2, np.inf], {2: 2}, True),  # the latest, whenever it arrives
        ([1, 5, np.inf], {2: 2}, False),  # before or after the second?
        ([1, np.inf, np.inf], {2: 9}, False),  # the second never arrives; the third may
        ([1, np.inf, np.inf], {1: 9, 2: 9}, False),  # which of the two?
    ],
)
def test_an_order_is_known_if_no_later_arrival_can_change_it(times, given_up, known):
    ends = np.full(3, np.inf)
    for place in given_up:
        ends[place] = given_up[place]
    assert order_known(np.array([times]), ends[None]) is known
    assert order_known(np.array([[1.0, 2, 3], times]), np.array([[np.inf] * 3, ends])) is known
