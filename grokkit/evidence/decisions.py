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

import pandas as pd

from grokkit.chapters.notebooks import find_chapter, planned
from grokkit.claims import Claim, claims, judge, outcomes, rule_of
from grokkit.claims.ledger import VERDICTS
from grokkit.claims.rule import Rule
from grokkit.records.passages import USUAL
from grokkit.records.record import Record
from grokkit.records.store import Store
from grokkit.records.tables import evidence_table, settings_table
from grokkit.train import Experiment, lacking_runs, train
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
    plans = {chapter: plan_table(experiments) for chapter, experiments in asked.items()}
    held = {chapter: records_of(experiments, store) for chapter, experiments in asked.items()}
    prices = Prices([record for records in store.read_all().values() for record in records])
    given = {chapter: (asked[chapter], plans[chapter], held[chapter]) for chapter in asked}
    found = {claim.id: _found(claim, *given[claim.chapter], prices) for claim in tested}
    for claim in tested:
        _add_longer_watches(found[claim.id]["missing"], rule_of(claim.id), asked[claim.chapter], store, prices)
    return found


def asked_by(chapter: str, store: Store) -> list[Experiment]:
    """The runs that a chapter's evidence asks for; some ask for more once `store` has the first."""
    return planned(find_chapter(chapter), {"profile": PROFILE, "store": str(store.path)})


def plan_table(experiments: Iterable[Experiment]) -> pd.DataFrame:
    """The settings of all runs asked for, in which a rule finds those that it will read."""
    return settings_table(run for e in experiments for run in e.runs)


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


def _found(
    claim: Claim, asked: list[Experiment], plan: pd.DataFrame, held: list[Record], prices: Prices
) -> dict[str, Any]:
    """plan: the table of the settings of all runs asked for; a chapter's claims share it."""
    rows = rule_of(claim.id).rows
    keys = sorted(rows(evidence_table(held, USUAL))["key"]) if held else []
    wanted = set(rows(plan)["key"])
    plain = json.loads(json.dumps(asdict(judge(claim, held, PROFILE))))  # tuples become lists, as they will be read
    return plain | {
        "interval": _published(plain["interval"]),
        "sensitivity": outcomes(claim, held) if keys else {},
        "core_hours": _core_hours(held, keys),
        "keys": keys,
        "missing": _missing(asked, wanted - set(keys), prices),
    }


def _published(interval: list[float] | None) -> list[float] | None:
    """The ends of an interval in the digits that are the same everywhere."""
    return interval and [float(f"{end:.{DIGITS}g}") for end in interval]


def _core_hours(held: Iterable[Record], keys: list[str]) -> float:
    """Time that the runs took, each on one core or its share of a device."""
    chosen = set(keys)
    return round(sum(seconds_of(r.provenance) for r in held if r.key in chosen) / 3600, 2)


def _add_longer_watches(
    missing: dict[str, Any], rule: Rule, asked: list[Experiment], store: Store, prices: Prices
) -> None:
    """Add the runs that the rule reads again after a longer watch, which nobody has kept so far."""
    again = [e for e in asked if rule.longer and e.until.steps >= rule.longer]
    lacking = [(r, e.until, e.measure) for e in again for r in lacking_runs(e.runs, e.until, e.measure, store)]
    read = set(rule.rows(settings_table(run for run, _, _ in lacking))["key"]) if lacking else set()
    more = {run.key: (run, *how) for run, *how in lacking if run.key in read - set(missing["keys"])}
    hours = sum(prices.seconds(*each) for each in more.values()) / 3600
    missing["keys"] = sorted([*missing["keys"], *more])
    missing["runs"], missing["core_hours"] = len(missing["keys"]), round(missing["core_hours"] + hours, 1)


def _missing(asked: list[Experiment], keys: set[str], prices: Prices) -> dict[str, Any]:
    """Which runs there are not yet, and the core-hours that they are expected to take, see `grokkit.train.price`."""
    lacking = {run.key: (run, e.until, e.measure) for e in reversed(asked) for run in e.runs if run.key in keys}
    hours = sum(prices.seconds(*each) for each in lacking.values()) / 3600
    return {"runs": len(keys), "core_hours": round(hours, 1), "keys": sorted(keys)}
