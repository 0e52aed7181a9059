"""Records as pandas tables: one row a run, one row an evaluation, or one row a run with its curves for a rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from grokkit.config.run import Run
from grokkit.errors import require_kind, unfit, whole_number
from grokkit.records.known import with_runs
from grokkit.records.passages import passage, threshold_of
from grokkit.records.record import Record

RUN_COLUMNS = ("key", "status", "observed_to", "t_train", "t_val", "delay", "ratio", "threshold")


def runs_table(records: Iterable[Record], threshold: float | None = None) -> pd.DataFrame:
    """One row a run: RUN_COLUMNS, then all its settings ('task.p', 'seeds.init', ...), then its provenance.

    The first switch of a schedule is 'schedule.switches.0.setting' and so on. A setting that is None, as batch.size is
    for full batches, is missing like one that a run's kind does not have: `groupby(..., dropna=False)` keeps both.

    T are in steps, NaN where censored at `observed_to`. threshold: the accuracy at which they are taken; None takes
    each record's own (`grokkit.records.passages.threshold_of`). Runs of a kind that is not known here are passed over,
    with a warning.
    """
    several = _checked("runs_table", records, threshold)
    rows = [_head(record, threshold) | _settings(run) | _provenance(record) for record, run in with_runs(several)]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=list(RUN_COLUMNS))


def curves_table(records: Iterable[Record]) -> pd.DataFrame:
    """One row an evaluation: key, step and every logged metric."""
    several = _checked("curves_table", records)
    parts = [pd.DataFrame({"key": r.key, "step": r.steps, **r.curves}) for r in several]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["key", "step"])


def evidence_table(records: Iterable[Record], threshold: float | None = None, every: int = 1) -> pd.DataFrame:
    """What a claim's rule reads: one row a run, with all its settings ('task.p', 'model.width', ...) and its curves.

    Columns besides the settings: RUN_COLUMNS; `steps` (R,) and each logged metric (R,) as arrays.
    threshold: the accuracy at which t_train and t_val are taken, as in `runs_table`. every: only evaluations at
    multiples of it are used, as if the others had not been made, and a stopped run keeps its last value; 1 uses all.
    """
    rows, every = [], whole_number("evidence_table every", every)
    for record, run in with_runs(_checked("evidence_table", records, threshold)):
        seen = _thinned(record, every)
        rows.append(_head(seen, threshold) | _settings(run) | {"steps": seen.steps} | seen.curves)
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=list(RUN_COLUMNS))


def rows_where(table: pd.DataFrame, **values: Any) -> pd.DataFrame:
    """The rows in which every column named here has that value; of a table without rows nothing is asked."""
    for name, value in values.items():
        table = table[table[name] == value] if len(table) else table
    return table


def settings_table(runs: Iterable[Run]) -> pd.DataFrame:
    """One row a run, trained or not: its key and all its settings ('task.p', 'model.width', ...)."""
    return pd.DataFrame([{"key": run.key} | _settings(run) for run in runs])


def _checked(call: str, records: Iterable[Record], threshold: float | None = None) -> list[Record]:
    """The records as a list; raises BadInput for anything else, and for a threshold that no accuracy can be at."""
    wanted = "several Record, as gk.train returns them or gk.Store(...).read().values() holds them"
    if not isinstance(records, Iterable):
        raise unfit(f"{call} records", wanted, records)
    several = list(records)
    for record in several:
        require_kind(f"{call} records", record, Record, wanted)
    if threshold is not None:
        share = "above 0, at most 1"
        require_kind(f"{call} threshold", threshold, Real, share)
        if not 0 < threshold <= 1:
            raise unfit(f"{call} threshold", share, threshold)
    return several


def _head(record: Record, threshold: float | None) -> dict[str, Any]:
    """RUN_COLUMNS."""
    at = threshold_of(record) if threshold is None else threshold
    watched = {"key": record.key, "status": record.status, "observed_to": record.observed_to}
    return watched | passage(record, at)._asdict() | {"threshold": at}


def _settings(run: Run) -> dict[str, Any]:
    return _flat(run.model_dump())


def _provenance(record: Record) -> dict[str, Any]:
    return {f"provenance.{name}": x for name, x in record.provenance.items() if not isinstance(x, dict)}


def _thinned(record: Record, every: int) -> Record:
    """The record on a coarser grid. A stopped run's last value stands at the next point: it must not look censored."""
    kept = np.flatnonzero(record.steps % every == 0)
    steps = record.steps[kept]
    if record.status == "reached" and steps[-1] < record.steps[-1]:
        kept, steps = np.append(kept, len(record.steps) - 1), np.append(steps, steps[-1] + every)
    curves = {name: values[kept] for name, values in record.curves.items()}
    return replace(record, steps=steps, curves=curves, observed_to=int(max(record.observed_to, steps[-1])))


def _flat(config: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in config.items():
        if name == "switches":  # any number of them
            value = {str(i): switch for i, switch in enumerate(value)}
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat
