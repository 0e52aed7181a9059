"""The ledger: one row for every claim, the tested and the untested alike.

What the rules found is read from `verdicts.json`, which `grokkit.evidence.decisions` writes beside the evidence.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from grokkit.claims.registry import Claim, claims
from grokkit.claims.verdict import Verdict
from grokkit.records.store import evidence_folder

VERDICTS = "verdicts.json"
NO_RULE = asdict(Verdict("not tested", n=0, interval=None, statement="No rule decides this claim."))
UNTESTED: dict[str, Any] = {
    **NO_RULE,
    "sensitivity": {},
    "core_hours": 0.0,
    "keys": [],
    "missing": {"runs": 0, "core_hours": 0.0, "keys": []},
}
PUBLISHED = ("id", "source", "verdict", "n", "interval", "chapter", "rule", "profile")


def ledger() -> list[dict[str, Any]]:
    """All claims in the order of their ids, each with its verdict.

    id, source, where, statement, chapter: as in `Claim`. verdict, n, interval, effect, found, profile: as in
    `Verdict` (`found` is its statement). rule: the rule's key, "" where there is none. sensitivity: the
    outcome under other readings of the same runs. core_hours: what those runs cost. keys: of the runs. missing: how
    many runs its chapter asks for and the evidence lacks, what they would cost at most (None: nobody knows yet), and
    their keys.
    """
    found = verdicts()
    return [_row(claim, found.get(claim.id, UNTESTED)) for claim in claims().values()]


def ledger_json() -> str:
    """The ledger as a JSON array of objects with the keys `PUBLISHED`, in that order."""
    return json.dumps([{key: row[key] for key in PUBLISHED} for row in ledger()], indent=2, allow_nan=False)


def verdicts() -> dict[str, dict[str, Any]]:
    """Claim id -> what was found, as it was published with the evidence; empty where no evidence is."""
    folder = evidence_folder()
    file = folder / VERDICTS if folder else None
    return json.loads(file.read_text(encoding="utf-8")) if file and file.is_file() else {}


def _row(claim: Claim, found: dict[str, Any]) -> dict[str, Any]:
    interval = found["interval"]
    return {
        "id": claim.id,
        "source": claim.source,
        "where": claim.where,
        "statement": claim.statement,
        "verdict": found["outcome"],
        "n": found["n"],
        "interval": tuple(interval) if interval else None,
        "effect": found["effect"],
        "found": found["statement"],
        "chapter": claim.chapter,
        "rule": found["rule_hash"],
        "profile": found["profile"],
        "sensitivity": found["sensitivity"],
        "core_hours": found["core_hours"],
        "keys": found["keys"],
        "missing": found["missing"],
    }
