"""From findings to a verdict: five outcomes, none of them by too few runs, refuted by a bound only."""

from dataclasses import dataclass
from operator import itemgetter

import numpy as np
import pandas as pd
import pytest

from grokkit.analysis.statistics import majority_test, minority_test
from grokkit.claims import asking, claims, registering
from grokkit.claims.asking import Mostly
from grokkit.claims.diagrams import at_look
from grokkit.claims.findings import Finding, runs_needed, verdict
from grokkit.claims.registering import outdated, register
from grokkit.claims.rule import Rule, asks
from grokkit.claims.samples import Reading
from grokkit.errors import BadInput

LEVEL = 0.01


def judged(*findings, level=LEVEL):
    return verdict(findings, level, "share")


@dataclass(frozen=True)
class Runs:
    """A sample of runs of which it is known what they show, and what they might."""

    shown: tuple[bool, ...]
    possible: tuple[bool, ...]
    decide: int

    def read(self, read):
        return pd.DataFrame({"shown": self.shown, "possible": self.possible})

    def needs(self, read):
        return self.decide


def shown(k, n, may_hold=(), needs=5):
    holds = (True,) * k + (False,) * (n - k)
    runs = Runs(holds, tuple(may_hold) or holds, needs)
    question = asks("here", Mostly(runs, itemgetter("shown"), itemgetter("possible")), told="runs show it")
    [finding] = question(Reading(pd.DataFrame()))
    return finding


@pytest.mark.parametrize("n", [5, 6])
def test_runs_that_all_show_it_are_too_few_where_so_many_could_not_pass(n):
    found = judged(shown(n, n))
    assert found.outcome == "not tested" and f"{n} runs so far, and 7 decide" in found.statement


@pytest.mark.parametrize(
    ("k", "outcome"),
    [(8, "reproduced"), (7, "undecided"), (4, "undecided"), (2, "undecided"), (1, "not reproduced")],
)
def test_of_eight_runs_seven_leave_it_open_and_one_refutes_it(k, outcome):
    assert judged(shown(k, 8)).outcome == outcome


def test_a_share_is_refuted_where_its_one_sided_bound_is_one_half():
    for n in range(5, 40):
        for k in range(n + 1):
            holds = [True] * k + [False] * (n - k)
            assert not (majority_test(holds) <= 0.05 and minority_test(holds) <= 0.05)
            assert minority_test(holds) == pytest.approx(majority_test([not each for each in holds]))
    assert minority_test([]) == 1 and minority_test([True] * 1 + [False] * 7) <= 0.05 < minority_test(
        [True] * 2 + [False] * 6
    )


def test_runs_that_might_have_shown_it_later_never_refute():
    assert judged(shown(0, 8)).outcome == "not reproduced"
    open_end = judged(shown(0, 8, may_hold=[True] * 8))
    assert open_end.outcome == "undecided" and "longer runs or another question would decide" in open_end.statement


@pytest.mark.parametrize(
    ("n", "looks", "told"),
    [
        (9, (9, 12), "about 12 diagrams would decide, if they went on like these; the next look is at 12."),
        (12, (9, 12), "about 16 diagrams would decide, if they went on like these; no look is left."),
        (9, (), "about 12 diagrams would decide, if they went on like these."),
    ],
)
def test_an_open_claim_says_what_it_counts_and_when_it_is_looked_at_again(n, looks, told):
    found = Finding("here", n, 0.02, None, "seen", 0.9, least_p=0.5**n, unit="diagram", looks=looks)
    assert judged(found).statement.endswith(f"here: {told}")


@pytest.mark.parametrize(("n", "told"), [(0, "no landscapes"), (1, "1 landscape"), (4, "4 landscapes")])
def test_a_claim_without_enough_says_what_is_lacking(n, told):
    found = Finding("here", n, 0.5**n, None, "", needs=9, unit="landscape")
    assert judged(found).statement == f"here: {told} so far, and 9 decide."


def test_seeds_are_counted_once_they_have_a_run_in_every_column():
    sums, both = np.ones((2, 3)), np.ones((4, 1))
    assert (asking._unit(sums), asking._unit(both)) == ("complete seed", "comparable run")


def test_an_open_claim_says_how_many_runs_would_decide():
    told = judged(Finding("here", 6, 0.05, None, "seen")).statement
    assert "here: about 13 runs would decide, if they went on like these." in told
    leaning_to_no = judged(Finding("here", 6, 0.9, None, "seen", against=0.1)).statement
    assert "about 10 runs would decide" in leaning_to_no


def test_one_setting_refutes_a_claim_that_speaks_of_several_and_one_that_passes_saves_a_part_of_it():
    good, bad, dull = shown(10, 10), shown(0, 10), shown(5, 10)
    assert judged(dull, bad).outcome == "not reproduced"
    assert judged(good, bad).outcome == "partly"
    assert judged(dull, dull).outcome == "undecided"
    assert judged(good, good).outcome == "reproduced"


def test_a_finding_is_judged_from_the_runs_that_it_needs():
    nine = shown(8, 8, needs=9)
    assert judged(nine).outcome == "not tested" and runs_needed(nine, LEVEL) == 9
    assert runs_needed(shown(8, 8), 0.05 / 12) == 8 and runs_needed(shown(8, 8), 0.05) == 5
    ranks = Finding("ranks", 5, 0.004, None, "seen")
    assert judged(ranks).outcome == "reproduced" and runs_needed(ranks, LEVEL) == 5
    assert judged(ranks._replace(n=4)).outcome == "not tested"


@pytest.mark.parametrize(("n", "read"), [(3, 3), (8, 8), (9, 9), (10, 9), (11, 9), (12, 12), (15, 12)])
def test_diagrams_are_judged_at_their_looks(n, read):
    assert list(at_look({seed: seed for seed in reversed(range(n))}, (9, 12))) == list(range(read))


def test_two_looks_err_no_more_often_than_their_level():
    """A claim that holds in half of all diagrams: all of 9 pass, or else 11 of 12; for MNIST all of 8, or 10 of 11."""

    def size(first, second, level):
        chance = np.array([1.0])
        for _ in range(first):
            chance = np.convolve(chance, [0.5, 0.5])
        passes = np.array([majority_test([True] * k + [False] * (first - k)) <= level for k in range(first + 1)])
        going_on = np.where(passes, 0.0, chance)
        for _ in range(second - first):
            going_on = np.convolve(going_on, [0.5, 0.5])
        late = [majority_test([True] * k + [False] * (second - k)) <= level for k in range(second + 1)]
        return chance[passes].sum() + going_on[late].sum()

    assert size(9, 12, 0.05 / 12) == pytest.approx(0.00415, abs=5e-6)
    assert size(8, 11, 0.05 / 6) == pytest.approx(0.0078, abs=5e-5)


@pytest.fixture
def of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(registering, "FILE", tmp_path / "registered.toml")
    return tmp_path / "registered.toml"


def test_registering_what_stands_changes_nothing(of_its_own):
    assert register(["A1", "B1"]) == []
    assert of_its_own.read_text() == (registering.Path(registering.__file__).parent / "registered.toml").read_text()


def test_another_question_gets_another_day_and_the_same_one_a_history(of_its_own, monkeypatch):
    monkeypatch.setattr(Rule, "key", "0123456789abcdef")
    before = claims()["A1"].registration
    assert register(["A1"], same_question=True) == ["A1"]
    told = of_its_own.read_text()
    history = ", ".join(f'"{each}"' for each in (*before.was, before.rule))
    assert f"was = [{history}]" in told and f"at = {before.at.isoformat()}" in told
    assert register(["A1"]) == ["A1"]
    [entry] = [part for part in of_its_own.read_text().split("\n\n") if part.startswith("[A1]")]
    assert "was" not in entry and before.at.isoformat() not in entry
    assert outdated(["A2"]) == ["A2", "A3", "A4", "A5"]  # registered with other keys than the one that all have here
    with pytest.raises(BadInput, match="has no registration"):
        register(["C13"], same_question=True)
    with pytest.raises(BadInput, match="C13 has no rule; write one in grokkit/claims/rules/CHAPTER.py, as C13 = rule"):
        register(["C13"])


def test_a_chapter_whose_runs_have_been_seen_takes_no_new_claim(of_its_own, monkeypatch):
    """It would change the level at which the verdicts of the others were found."""
    before = claims()["A16"].registration
    monkeypatch.setattr(registering, "claims", lambda: {k: v for k, v in claims().items() if k != "A16"})
    with pytest.raises(BadInput, match=r"register A16: the runs of its chapter have been seen \(A16"):
        register(["A16"])
    assert before and not of_its_own.exists()
    monkeypatch.setattr(registering, "ledger", lambda: [])
    assert register(["A16"]) == ["A16"]
