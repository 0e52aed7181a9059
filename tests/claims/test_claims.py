import json
import math
import sys
import tomllib
from importlib.resources import files

import pytest

from grokkit.claims import Verdict, all_rules, claim, claims, ledger, ledger_json, sources
from grokkit.errors import BadInput

CLAIMS_PER_SOURCE = {"A": 25, "B": 18, "C": 14, "D": 20}
IDS = [f"{source}{number}" for source, count in CLAIMS_PER_SOURCE.items() for number in range(1, count + 1)]
DECIDED = ["reproduced", "partly", "not reproduced", "undecided"]


def verdict(outcome="reproduced", n=5, interval=(0.5, 2.0)):
    return Verdict(outcome, n, interval, statement="It holds.", rule_hash="00ff", profile="evidence")


def test_the_file_holds_each_of_the_77_ids_once():
    rows = tomllib.loads((files("grokkit.claims") / "claims.toml").read_text(encoding="utf-8"))["claims"]
    assert len(IDS) == 77
    assert sorted(row["id"] for row in rows) == sorted(IDS)


def test_claims_come_in_the_order_of_their_ids():
    assert list(claims()) == IDS
    assert [each.id for each in claims().values()] == IDS


@pytest.mark.parametrize("id", IDS)
def test_every_claim_says_what_and_where(id):
    one = claim(id)
    assert one.source == id[0]
    assert one.source in sources()
    for text in (one.where, one.statement):
        assert text
    for text in (one.where, one.statement, one.setting):
        assert text == " ".join(text.split())
        assert "*" not in text
    assert one.statement[-1] in '.?"'


def test_every_source_has_a_title_and_a_description():
    assert list(sources()) == list(CLAIMS_PER_SOURCE)
    assert all(source.title and source.document for source in sources().values())


def test_changing_the_returned_dict_changes_no_later_answer():
    claims().clear()
    assert list(claims()) == IDS


@pytest.mark.parametrize(("id", "nearest"), [("A99", "A9"), ("D021", "D2"), ("B1 ", "B1")])
def test_unknown_id_names_the_nearest(id, nearest):
    with pytest.raises(BadInput, match=f"claim '{id}' is unknown; did you mean '{nearest}"):
        claim(id)


@pytest.mark.parametrize("outcome", DECIDED)
def test_five_runs_decide_and_four_do_not(outcome):
    assert verdict(outcome, n=5).outcome == outcome
    with pytest.raises(BadInput, match="3 or 4 describe, they never decide"):
        verdict(outcome, n=4)


@pytest.mark.parametrize("n", [0, 3, 4, 5, 100])
def test_not_tested_carries_any_number_of_runs(n):
    assert verdict("not tested", n=n, interval=None).n == n


@pytest.mark.parametrize("n", [-1, 5.0, True, "5"])
def test_runs_are_counted_in_whole_numbers(n):
    with pytest.raises(BadInput, match="number of runs"):
        verdict("not tested", n=n)


@pytest.mark.parametrize("interval", [(2.0, 1.0), (math.nan, 1.0), (0.0, math.inf), (1.0,)])
def test_interval_has_two_finite_ends_in_order(interval):
    with pytest.raises(BadInput, match="interval"):
        verdict(interval=interval)


def test_misspelt_outcome_names_the_nearest():
    with pytest.raises(BadInput, match="did you mean 'reproduced'"):
        verdict("reproducd")


def test_a_claim_without_evidence_is_not_tested(monkeypatch):
    monkeypatch.setattr(sys.modules["grokkit.claims.ledger"], "evidence_folder", lambda: None)
    assert [row["id"] for row in ledger()] == IDS
    for row in ledger():
        assert row["statement"] == claim(row["id"]).statement
        untested = {"verdict": "not tested", "n": 0, "interval": None, "rule": "", "profile": "", "keys": []}
        assert row.items() >= untested.items()


def test_a_rule_is_there_exactly_where_one_is_registered():
    assert set(all_rules()) == {each.id for each in claims().values() if each.registration}
    assert all((each.rule is None) == (each.registration is None) for each in claims().values())
    assert all(each.chapter for each in claims().values() if each.registration)


def test_ledger_json_round_trips_with_exactly_the_promised_keys():
    rows = json.loads(ledger_json())
    promised = ["id", "source", "verdict", "n", "interval", "chapter", "rule", "profile"]
    assert all(list(row) == promised for row in rows)
    assert rows == json.loads(json.dumps([{key: row[key] for key in promised} for row in ledger()]))
