"""A chapter's cost: each run once, on its own machine, and what its claims still wait for."""

from __future__ import annotations

from dataclasses import replace

from made_up import a_grid

from grokkit.publishing.costs import by_machine, cost_of, costs


def claim(id: str, verdict: str, keys: list[str], lacking: list[str] = (), hours: float = 0.0) -> dict:
    missing = {"runs": len(lacking), "core_hours": hours, "keys": list(lacking)}
    return {"id": id, "chapter": "02_transformer", "rule": "0", "verdict": verdict, "keys": keys, "missing": missing}


def of_an_hour(record, hardware):
    return replace(record, provenance={"cpu_seconds": 3600.0, "seconds": 9000.0, "hardware": hardware})


def test_a_run_that_two_claims_read_costs_once_and_a_run_that_two_lack_is_left_once():
    records = [of_an_hour(record, name) for record, name in zip(a_grid(lambda *_: 3000), "aab", strict=False)]
    held = {record.key: record for record in records}
    first, second, third = held
    rows = [claim("A1", "reproduced", [first, second]), claim("A2", "not tested", [second, third], ["x", "y"], 4.0)]
    found = cost_of("02_transformer", [*rows, claim("A3", "not tested", [], ["y", "z"], 4.0)], held)
    assert (found.runs, found.spent, found.machines) == (3, 3.0, {"a": 2.0, "b": 1.0})
    assert (found.left_runs, found.left, found.open) == (3, 6.0, ["A2", "A3"])


def test_every_hour_of_the_published_runs_is_on_a_named_machine():
    found = costs()
    assert {id for each in found for id in each.claims} >= {"A1", "B3", "C8"}
    assert all(each.spent > 0 for each in found if each.runs) and all("unknown" not in each.machines for each in found)
    assert by_machine([]) == {}
