"""Records as pandas tables: one row a run, or one row an evaluation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from grokkit.passages import passage
from grokkit.record import Record

RUN_COLUMNS = ("key", "status", "observed_to", "t_train", "t_val", "delay", "ratio")


def runs_table(records: Iterable[Record], threshold: float = 0.99) -> pd.DataFrame:
    """One row a run: RUN_COLUMNS, then its settings flattened ('task.p', 'seeds.init', ...), then its provenance.

    Settings at their defaults appear only if some run of the table departs from them. T are in steps, NaN
    where censored at `observed_to`.
    """
    rows = []
    for record in records:
        head = {"key": record.key, "status": record.status, "observed_to": record.observed_to}
        provenance = {f"provenance.{name}": x for name, x in record.provenance.items() if not isinstance(x, dict)}
        rows.append(head | passage(record, threshold)._asdict() | _flat(record.config) | provenance)
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=list(RUN_COLUMNS))


def curves_table(records: Iterable[Record]) -> pd.DataFrame:
    """One row an evaluation: key, step and every logged metric."""
    parts = [pd.DataFrame({"key": r.key, "step": r.steps, **r.curves}) for r in records]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["key", "step"])


def _flat(config: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in config.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat
