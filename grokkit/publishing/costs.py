"""What the evidence cost, chapter by chapter and machine by machine, and what the rest is expected to cost."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from grokkit.claims import ledger
from grokkit.evidence.forecasts import FORECASTS
from grokkit.records.record import Record
from grokkit.records.store import Store, evidence_folder
from grokkit.train.price import seconds_of


class Cost(NamedTuple):
    """Core-hours of a chapter. Two of its claims may read one run, which counts once.

    claims, open: their ids, and of those without a verdict yet. machines: hardware -> core-hours spent there.
    left_runs, left: what its open claims still wait for. forecast: what its runs would have been expected to take by
    those of all other chapters; None where that is not known.
    """

    chapter: str
    claims: list[str]
    open: list[str]
    runs: int
    machines: dict[str, float]
    left_runs: int
    left: float
    forecast: float | None = None

    @property
    def spent(self) -> float:
        return sum(self.machines.values())


def costs() -> list[Cost]:
    """Return a row for each chapter that has a rule, in the order of the book."""
    folder = evidence_folder()
    held = Store(folder).read() if folder else {}
    told = forecasts(folder) if folder else {}
    rows = [row for row in ledger() if row["rule"]]
    chapters = sorted({row["chapter"] for row in rows})
    found = [cost_of(chapter, [row for row in rows if row["chapter"] == chapter], held) for chapter in chapters]
    return [each._replace(forecast=told.get(each.chapter)) for each in found]


def forecasts(folder: Path) -> dict[str, float]:
    """Return chapter -> core-hours, as they were published with the evidence in that folder."""
    file = folder / FORECASTS
    told = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return {chapter: each["core_hours"] for chapter, each in told.items()}


def cost_of(chapter: str, rows: list[dict[str, Any]], held: Mapping[str, Record]) -> Cost:
    """Add up what the claims of a chapter read and lack; `rows` as `ledger` gives them."""
    read = {key for row in rows for key in row["keys"]}
    lacking = {key: row["missing"] for row in rows for key in row["missing"]["keys"]}
    each = {key: missing["core_hours"] / missing["runs"] for key, missing in lacking.items()}
    waiting = [row["id"] for row in rows if row["verdict"] == "not tested"]
    spent = by_machine(held[key] for key in read)
    return Cost(chapter, [row["id"] for row in rows], waiting, len(read), spent, len(each), sum(each.values()))


def by_machine(records: Iterable[Record]) -> dict[str, float]:
    """Core-hours of records on each hardware, most first."""
    spent: dict[str, float] = {}
    for record in records:
        name = record.provenance.get("hardware", "unknown")
        spent[name] = spent.get(name, 0.0) + seconds_of(record.provenance) / 3600
    return dict(sorted(spent.items(), key=lambda item: (-item[1], item[0])))
