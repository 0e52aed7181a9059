"""Several records as one answer: a sequence of them, and the three tables that are read of them."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from grokkit.records.record import Record
from grokkit.records.tables import curves_table, evidence_table, runs_table


class Records(tuple[Record, ...]):
    """Records in the order in which their runs were asked for; they show themselves as their table."""

    def table(self, threshold: float | None = None) -> pd.DataFrame:
        """Make one row a run: when it learned and when it generalised (`grokkit.runs_table`).

        threshold: accuracy that counts as arrived, a fraction; None is the one that was asked for.
        """
        return runs_table(self, threshold)

    def curves(self) -> pd.DataFrame:
        """Make one row an evaluation of each run (`grokkit.curves_table`)."""
        return curves_table(self)

    def evidence(self, threshold: float | None = None) -> pd.DataFrame:
        """Make one row a run with its settings and curves (`grokkit.evidence_table`).

        threshold: as in `table`.
        """
        return evidence_table(self, threshold)

    def once(self) -> Records:
        """Keep each run once, at its first place, as the last experiment that asks for it wants it."""
        return Records({record.key: record for record in self}.values())

    def __add__(self, others: Iterable[Record]) -> Records:  # type: ignore[override]
        return Records([*self, *others])

    def __repr__(self) -> str:
        return self.table().to_string(index=False) if self else "<no records>"

    def _repr_html_(self) -> str:
        return self.table().to_html(index=False)
