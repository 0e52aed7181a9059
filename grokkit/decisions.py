"""Every registered rule applied to the evidence: verdicts, the runs behind them, how they change, what they cost.

`decide` needs the chapters, which say what runs a claim rests on; its result is written to `verdicts.json` beside
the evidence, where the ledger reads it (`grokkit.claims.ledger`). A test compares the two.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grokkit.chapters import find_chapter, planned
from grokkit.claims import Claim, claims, judge, outcomes, rule_module
from grokkit.claims.ledger import VERDICTS
from grokkit.record import Record
from grokkit.store import Store
from grokkit.tables import evidence_table
from grokkit.train import records

PROFILE = "evidence"


def decide(store: Store) -> dict[str, dict[str, Any]]:
    """Claim id -> what its rule finds in `store`, as plain JSON values (`grokkit.claims.ledger`)."""
    tested = [claim for claim in claims().values() if claim.registration]
    held = {chapter: chapter_records(chapter, store) for chapter in {claim.chapter for claim in tested}}
    return {claim.id: _found(claim, held[claim.chapter]) for claim in tested if held[claim.chapter]}


def chapter_records(chapter: str, store: Store) -> list[Record]:
    """The records in `store` of all runs that a chapter's evidence asks for, each once."""
    asked = planned(find_chapter(chapter), {"profile": PROFILE})
    found = [r for e in asked for r in records(e.runs, until=e.until, measure=e.measure, store=store, missing="report")]
    return list({record.key: record for record in found}.values())


def write_verdicts(store: Store, folder: Path) -> Path:
    """Decide all claims and write `verdicts.json` into `folder`."""
    file = folder / VERDICTS
    file.write_text(json.dumps(decide(store), indent=1) + "\n", encoding="utf-8")
    return file


def _found(claim: Claim, held: list[Record]) -> dict[str, Any]:
    keys = sorted(rule_module(claim.id).rows(evidence_table(held))["key"])
    plain = json.loads(json.dumps(asdict(judge(claim, held, PROFILE))))  # tuples become lists, as they will be read
    return plain | {"sensitivity": outcomes(claim, held), "core_hours": _core_hours(held, keys), "keys": keys}


def _core_hours(held: Iterable[Record], keys: list[str]) -> float:
    """Time that the runs took, each on one core or its share of a device."""
    chosen = set(keys)
    return round(sum(r.provenance.get("seconds", 0.0) for r in held if r.key in chosen) / 3600, 2)
