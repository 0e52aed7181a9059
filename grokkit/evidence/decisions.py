"""Every registered rule applied to the evidence: verdicts, the runs behind them, how they change, what they cost.

`decide` needs the chapters, which say what runs a claim rests on; its result is written to `verdicts.json` beside
the evidence, where the ledger reads it (`grokkit.claims.ledger`). A test compares the two.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grokkit.chapters.notebooks import find_chapter, planned
from grokkit.claims import Claim, claims, judge, outcomes, rule_of
from grokkit.claims.ledger import VERDICTS
from grokkit.evidence.needs import Asked, Needs
from grokkit.records.passages import USUAL
from grokkit.records.record import Record
from grokkit.records.store import Store
from grokkit.records.tables import evidence_table
from grokkit.train import Experiment, train
from grokkit.train.price import Prices, seconds_of

PROFILE = "evidence"
DIGITS = 8
"""That the ends of an interval are published with: far more than pages print, and no more than every machine gets right
(scipy finds the end of a share's interval to ten)."""
_LIST = re.compile(r"\[\n\s+([^\[\]{}]*?)\n\s+\]")
"""A list of plain values as `json.dumps` spreads it over lines."""


def decide(store: Store) -> dict[str, dict[str, Any]]:
    """Claim id -> what its rule finds in `store`, and what is missing there, as plain JSON values."""
    tested = [claim for claim in claims().values() if claim.registration]
    asked = {chapter: asked_by(chapter, store) for chapter in {claim.chapter for claim in tested}}
    held = {chapter: records_of(experiments, store) for chapter, experiments in asked.items()}
    needs = {chapter: Needs.of(experiments, store) for chapter, experiments in asked.items()}
    prices = Prices([record for records in store.read_all().values() for record in records])
    return {claim.id: _found(claim, held[claim.chapter], needs[claim.chapter], prices) for claim in tested}


def asked_by(chapter: str, store: Store) -> list[Experiment]:
    """The runs that a chapter's evidence asks for; some ask for more once `store` has the first."""
    return planned(find_chapter(chapter), {"profile": PROFILE, "store": str(store.path)})


def records_of(experiments: Iterable[Experiment], store: Store) -> list[Record]:
    """The records in `store` of all runs asked for, each once."""
    return list(train(experiments, store=store, missing="report").once())


def write_verdicts(store: Store, folder: Path) -> Path:
    """Decide all claims and write `verdicts.json` into `folder`."""
    file = folder / VERDICTS
    text = json.dumps(decide(store), indent=1)
    file.write_text(_LIST.sub(_on_one_line, text) + "\n", encoding="utf-8")
    return file


def _on_one_line(spread: re.Match[str]) -> str:
    return "[" + re.sub(r",\n\s+", ", ", spread[1]) + "]"


def _found(claim: Claim, held: list[Record], needs: Needs, prices: Prices) -> dict[str, Any]:
    rule = rule_of(claim.id)
    keys = sorted(rule.rows(evidence_table(held, USUAL))["key"]) if held else []
    plain = json.loads(json.dumps(asdict(judge(claim, held, PROFILE))))  # tuples become lists, as they will be read
    return plain | {
        "interval": _published(plain["interval"]),
        "sensitivity": outcomes(claim, held) if keys else {},
        "core_hours": _core_hours(held, keys),
        "keys": keys,
        "missing": _missing(needs.of_rule(rule), prices),
    }


def _published(interval: list[float] | None) -> list[float] | None:
    """The ends of an interval in the digits that are the same everywhere."""
    return interval and [float(f"{end:.{DIGITS}g}") for end in interval]


def _core_hours(held: Iterable[Record], keys: list[str]) -> float:
    """Time that the runs took, each on one core or its share of a device."""
    chosen = set(keys)
    return round(sum(seconds_of(r.provenance) for r in held if r.key in chosen) / 3600, 2)


def _missing(needed: list[Asked], prices: Prices) -> dict[str, Any]:
    """Which runs there are not yet, and the core-hours that they are expected to take, see `grokkit.train.price`."""
    longest = {each.key: each for each in sorted(needed, key=lambda each: each.until.steps)}
    hours = sum(prices.seconds(each.run, each.until, each.measure) for each in longest.values()) / 3600
    return {"runs": len(longest), "core_hours": round(hours, 1), "keys": sorted(longest)}
