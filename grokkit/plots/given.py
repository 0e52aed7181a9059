"""What figures are given: records as `grokkit.train` returns them, or a table of them that may hold more."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from grokkit.errors import BadInput
from grokkit.records.record import Record
from grokkit.records.tables import curves_table, evidence_table

Given = pd.DataFrame | Record | Iterable[Record]

_WAYS = {
    "step": "`records.curves()` has one row an evaluation",
    "steps": "`records.evidence()` has one row a run, with its curves",
    "panel": "`table.assign(panel='all')` makes one panel of all rows",
    "phase": "`table.assign(phase=[...])` adds what `grokkit.phase` finds of each run",
}
"""Column -> the call that gives it."""


def evaluations(given: Given) -> pd.DataFrame:
    """Make one row an evaluation of records; a table stays as it is."""
    return given if isinstance(given, pd.DataFrame) else curves_table(_records(given))


def runs_with_curves(given: Given) -> pd.DataFrame:
    """Make one row a run of records, its curves in it; a table stays as it is."""
    return given if isinstance(given, pd.DataFrame) else evidence_table(_records(given))


def _records(given: Record | Iterable[Record]) -> list[Record]:
    records = [given] if isinstance(given, Record) else list(given)
    if strange := [each for each in records if not isinstance(each, Record)]:
        raise BadInput(f"A figure takes a table or records, as `grokkit.train` returns them; {strange[0]!r} came.")
    return records


def require(table: pd.DataFrame, columns: Iterable[str], figure: str) -> None:
    """Raise BadInput for a table without these columns, with the call that gives them where there is one."""
    missing = sorted(set(columns) - set(table.columns))
    if not missing:
        return
    ways = [way for name, way in _WAYS.items() if name in missing]
    has = [f"it has {', '.join(map(str, table.columns))}"]
    raise BadInput(f"{figure} table: it lacks the columns {', '.join(missing)}; {', and '.join(ways or has)}.")
