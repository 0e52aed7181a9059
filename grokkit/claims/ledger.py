"""The ledger: one row for every claim, the tested and the untested alike.

No claim has a rule yet, so every row says "not tested".
"""

from __future__ import annotations

import json
from typing import Any

from grokkit.claims.registry import Claim, claims
from grokkit.claims.verdict import Verdict

NO_RULE = Verdict("not tested", n=0, interval=None, statement="No rule decides this claim.")

PUBLISHED = ("id", "source", "verdict", "n", "interval", "chapter", "rule", "profile")


def ledger() -> list[dict[str, Any]]:
    """All claims in the order of their ids, each with its verdict; `rule` is the rule's hash, "" where none is."""
    return [_row(claim, NO_RULE) for claim in claims().values()]


def ledger_json() -> str:
    """The ledger as a JSON array of objects with the keys `PUBLISHED`, in that order."""
    return json.dumps([{key: row[key] for key in PUBLISHED} for row in ledger()], indent=2, allow_nan=False)


def _row(claim: Claim, verdict: Verdict) -> dict[str, Any]:
    return {
        "id": claim.id,
        "source": claim.source,
        "where": claim.where,
        "statement": claim.statement,
        "verdict": verdict.outcome,
        "n": verdict.n,
        "interval": verdict.interval,
        "chapter": claim.chapter,
        "rule": verdict.rule_hash,
        "profile": verdict.profile,
    }
