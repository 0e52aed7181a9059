"""Writes `registered.toml`: what a rule's key is, and since when."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from grokkit.claims.ledger import ledger
from grokkit.claims.registry import Registration, claim, claims, rule_of
from grokkit.errors import BadInput

FILE = Path(__file__).parent / "registered.toml"
HEAD = """\
# When each rule was fixed. A rule is registered before the runs that it judges; a test compares these moments with the
# runs' own, and these keys (`grokkit.claims.identity`) with the rules as they are now. Written by `grokkit register`.
# was: what the rule was known by while it asked the same question of the same runs by the same tests; until
# 30 November 2026 these were hashes of its source text.
"""


def register(ids: Iterable[str], same_question: bool = False) -> list[str]:
    """Register the rules of these claims as they are now, and return the claims whose entry changed.

    same_question: keep the moment at which a rule was fixed, and its old key as history: only for a change that lets
    the question, the samples, the tests and the levels be what they were. Otherwise it is fixed from now on.
    """
    known = {each.id: each.registration for each in claims().values() if each.registration}
    changed = []
    for id in ids:
        new = _registration(id, known.get(id), same_question)
        if new != known.get(id):
            changed.append(id)
        known[id] = new
    order = [id for id in claims() if id in known]
    FILE.write_text(HEAD + "".join(_entry(id, known[id]) for id in order), encoding="utf-8")
    return changed


def outdated(ids: Iterable[str]) -> list[str]:
    """Claims of the same chapters that are registered and ask something else now: one more claim there lowers the level
    of all."""
    chapters = {claim(id).chapter for id in ids}
    entries = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return [id for id, entry in entries.items() if claim(id).chapter in chapters and rule_of(id).key != entry["rule"]]


def _require_unseen(id: str) -> None:
    """Refuse a new claim where runs have been seen: it would change the level at which their verdicts were found."""
    judged = [row["id"] for row in ledger() if row["keys"] and row["chapter"] == claim(id).chapter]
    if judged:
        raise BadInput(
            f"register {id}: the runs of its chapter have been seen ({', '.join(judged)} read some); a new claim "
            "goes to a chapter none of whose claims has runs."
        )


def _registration(id: str, before: Registration | None, same_question: bool) -> Registration:
    if before is None and same_question:
        raise BadInput(f"register {id}: it has no registration whose question could be the same.")
    found = rule_of(id).key
    if before is None:
        _require_unseen(id)
    if before is not None and before.rule == found:
        return before
    if same_question:
        return Registration(found, before.at, (*before.was, before.rule))
    return Registration(found, datetime.now(UTC).replace(microsecond=0))


def _entry(id: str, registration: Registration) -> str:
    was = ", ".join(f'"{each}"' for each in registration.was)
    history = f"was = [{was}]\n" if was else ""
    return f'\n[{id}]\nrule = "{registration.rule}"\nat = {registration.at.isoformat()}\n{history}'
