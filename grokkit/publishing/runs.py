"""The runs behind each verdict as files that a spreadsheet opens: `runs/<id>.csv` beside the ledger's page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from grokkit.claims import ledger
from grokkit.evidence.decisions import asked_by
from grokkit.records.passages import USUAL
from grokkit.records.record import Record
from grokkit.records.store import Store, evidence_folder
from grokkit.records.tables import runs_table
from grokkit.sources import a


def write_runs(folder: Path) -> None:
    """Write a file for every claim that has runs: their settings, seeds and times, and what they cost."""
    evidence = evidence_folder()
    held = Store(evidence).read() if evidence else {}
    folder.mkdir(exist_ok=True)
    for found in ledger():
        if found["keys"]:
            runs_behind(found, held).to_csv(folder / f"{found['id']}.csv", index=False)


def runs_behind(found: Mapping[str, Any], held: Mapping[str, Record]) -> pd.DataFrame:
    """The runs of a row of the ledger as `runs_table` has them, T at the accuracy that its chapter asks for.

    Those of source A have its name for their network in the column `form`: it gives two of most.
    """
    asked = thresholds(found["chapter"])
    records = [replace(held[key], threshold=asked.get(key)) for key in found["keys"]]
    table = runs_table(records)
    if found["source"] == "A":
        table.insert(1, "form", forms_of(records))
    return table


def forms_of(records: Iterable[Record]) -> list[str | None]:
    """Source A's name for the network of each record."""
    return [a.form_of(record.run.model) for record in records]


@cache
def thresholds(chapter: str) -> dict[str, float]:
    """Key of a run that a chapter asks for -> the accuracy that it waits for."""
    return {run.key: e.until.accuracy or USUAL for e in asked_by(chapter, Store.find()) for run in e.runs}
