"""Every registered rule applied to the evidence: verdicts, the runs behind them, how they change, what they cost.

`decide` needs the chapters, which say what runs a claim rests on; its result is written to `verdicts.json` beside
the evidence, where the ledger reads it (`grokkit.claims.ledger`). A test compares the two.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from grokkit.chapters import find_chapter, planned
from grokkit.claims import Claim, claims, judge, outcomes, rule_module
from grokkit.claims.ledger import VERDICTS
from grokkit.engine import Shape
from grokkit.record import Record
from grokkit.run import Run
from grokkit.store import Store
from grokkit.tables import evidence_table, settings_table
from grokkit.train import Experiment, records
from grokkit.train.groups import Group, arithmetic_of_step

PROFILE = "evidence"
CORES = "cpu"
"""The device whose paces tell what missing runs cost: a core-hour is one of these."""
DOUBLE = 2.0
"""What an operation in double precision costs, in those of single precision."""
DIGITS = 8
"""That the ends of an interval are published with: far more than pages print, and no more than every machine gets right
(scipy finds the end of a share's interval to ten)."""
_LIST = re.compile(r"\[\n\s+([^\[\]{}]*?)\n\s+\]")
"""A list of plain values as `json.dumps` spreads it over lines."""


def decide(store: Store) -> dict[str, dict[str, Any]]:
    """Claim id -> what its rule finds in `store`, and what is missing there, as plain JSON values."""
    tested = [claim for claim in claims().values() if claim.registration]
    asked = {chapter: asked_by(chapter) for chapter in {claim.chapter for claim in tested}}
    held = {chapter: records_of(experiments, store) for chapter, experiments in asked.items()}
    paces = _paces(record for records in store.read_all().values() for record in records)
    return {claim.id: _found(claim, asked[claim.chapter], held[claim.chapter], paces) for claim in tested}


def asked_by(chapter: str) -> list[Experiment]:
    """The runs that a chapter's evidence asks for."""
    return planned(find_chapter(chapter), {"profile": PROFILE})


def records_of(experiments: Iterable[Experiment], store: Store) -> list[Record]:
    """The records in `store` of all runs asked for, each once."""
    found = [r for e in experiments for r in records(**vars(e), store=store, missing="report")]
    return list({record.key: record for record in found}.values())


def write_verdicts(store: Store, folder: Path) -> Path:
    """Decide all claims and write `verdicts.json` into `folder`."""
    file = folder / VERDICTS
    text = json.dumps(decide(store), indent=1)
    file.write_text(_LIST.sub(_on_one_line, text) + "\n", encoding="utf-8")
    return file


def _on_one_line(spread: re.Match[str]) -> str:
    return "[" + re.sub(r",\n\s+", ", ", spread[1]) + "]"


def _found(claim: Claim, asked: list[Experiment], held: list[Record], paces: dict[Shape, float]) -> dict[str, Any]:
    rows = rule_module(claim.id).rows
    keys = sorted(rows(evidence_table(held))["key"]) if held else []
    wanted = set(rows(settings_table(run for e in asked for run in e.runs))["key"])
    plain = json.loads(json.dumps(asdict(judge(claim, held, PROFILE))))  # tuples become lists, as they will be read
    return plain | {
        "interval": _published(plain["interval"]),
        "sensitivity": outcomes(claim, held) if keys else {},
        "core_hours": _core_hours(held, keys),
        "keys": keys,
        "missing": _missing(asked, wanted - set(keys), paces),
    }


def _published(interval: list[float] | None) -> list[float] | None:
    """The ends of an interval in the digits that are the same everywhere."""
    return interval and [float(f"{end:.{DIGITS}g}") for end in interval]


def _core_hours(held: Iterable[Record], keys: list[str]) -> float:
    """Time that the runs took, each on one core or its share of a device."""
    chosen = set(keys)
    return round(sum(r.provenance.get("seconds", 0.0) for r in held if r.key in chosen) / 3600, 2)


def _missing(asked: list[Experiment], keys: set[str], paces: dict[Shape, float]) -> dict[str, Any]:
    """Which runs there are not yet, and the core-hours they take if each spends its whole budget.

    core_hours: None where nothing that was run tells the pace, see `_pace`.
    """
    budgets = {run: e.until.steps for e in asked for run in e.runs if run.key in keys}
    seconds = [steps * _pace(Shape.of(run), paces) for run, steps in budgets.items()]
    hours = None if np.isnan(sum(seconds)) else round(sum(seconds) / 3600, 1)
    return {"runs": len(keys), "core_hours": hours, "keys": sorted(keys)}


def _pace(shape: Shape, paces: dict[Shape, float]) -> float:
    """Seconds a step of that shape; where no run has it, that of its kin in proportion to the arithmetic of a step.

    Kin are shapes with the same kind of network under the same optimizer; without any it is NaN.
    """
    if shape in paces:
        return paces[shape]
    kin = [other for other in paces if (other.model.kind, other.rule) == (shape.model.kind, shape.rule)]
    return float(np.median([paces[other] * _work(shape) / _work(other) for other in kin])) if kin else np.nan


@lru_cache
def _work(shape: Shape) -> float:
    """Arithmetic of a step, in operations of single precision."""
    return arithmetic_of_step(Group(shape, [])) * (DOUBLE if shape.precision == "float64" else 1)


def _paces(whole: Iterable[Record]) -> dict[Shape, float]:
    """Seconds a step on a core of the runs of each shape, median.

    whole: records as they are stored. What a request sees of one may end earlier than the seconds that it took.
    """
    paces = defaultdict(list)
    for record in whole:
        if record.observed_to and record.provenance.get("device") == CORES and "seconds" in record.provenance:
            shape = Shape.of(Run.from_json(json.dumps(record.config)))
            paces[shape].append(record.provenance["seconds"] / record.observed_to)
    return {shape: float(np.median(found)) for shape, found in paces.items()}
