"""The bytes of a file of records: its Parquet columns, and the records in them. No pickle.

    key, digest, status   string
    observed_to           int64, optimizer steps
    steps                 list<int64>, optimizer steps
    <name of a curve>     list<float32>, one value per entry of `steps`; null where the record lacks the curve
    other_curves          list<struct<name, values>>: curves of single layers, and what has no column of its own
    config, provenance    string holding JSON; of the configuration what departs from its defaults: the run's identity;
                          beside the provenance stand `sample` and `watched` of the record
    settings              string holding JSON: the whole configuration, defaults too; null for a kind not known here

One row a record, and the same columns in every file, so that `pandas.read_parquet` of a file, a folder or a list shows
the same table without this code. Older files have a column for every curve that one of their records has, and no
other: whoever reads several of these puts their columns together (the page on the API says how). The digest is stored
beside the content it was made from, so a flipped bit is noticed (it does not cover provenance and settings).
Leaves out the disk (`grokkit.records.files`), folders and names (`grokkit.records.store`).
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from grokkit.errors import BadInput
from grokkit.metrics import METRICS, OBSERVED
from grokkit.records.columns import CURVE, OTHER, arrays, lists, named_arrays, named_lists, whole
from grokkit.records.record import Record
from grokkit.records.sound import fault_of

STEPS = pa.list_(pa.int64())
COLUMNS = {
    "key": pa.string(),
    "digest": pa.string(),
    "status": pa.string(),
    "observed_to": pa.int64(),
    "steps": STEPS,
    "config": pa.string(),
    "provenance": pa.string(),
}
CURVES = (*METRICS, *(name for curves in OBSERVED.values() for name in curves))
"""The curves that have a column, in every file."""
SETTINGS = "settings"
OTHERS = "other_curves"


LARGEST = 2**32
"""Bytes that one file may unpack to: two thousand records take a hundredth of it."""


class Row(NamedTuple):
    """A record as it was read, beside the digest that was written with it; `problem`: why it cannot be used, if so.

    As of a file's problem, the subject of that sentence is the file.
    """

    digest: str
    record: Record | None
    problem: str | None


class NotRecords(ValueError):
    """Bytes that are not a file of records; the message says why."""


def encode(records: Iterable[Record]) -> bytes:
    """One Parquet file that holds `records`, in the order of key and digest; `BadInput` for a malformed record."""
    records = sorted(map(_checked, records), key=lambda record: (record.key, record.digest))
    columns = {
        "key": pa.array([record.key for record in records], COLUMNS["key"]),
        "digest": pa.array([record.digest for record in records], COLUMNS["digest"]),
        "status": pa.array([record.status for record in records], COLUMNS["status"]),
        "observed_to": pa.array([record.observed_to for record in records], COLUMNS["observed_to"]),
        "steps": lists([record.steps for record in records], np.int64),
        **{name: lists([record.curves.get(name) for record in records], np.float32) for name in CURVES},
        OTHERS: named_lists([_others(record) for record in records]),
        "config": pa.array([json.dumps(record.config, sort_keys=True) for record in records], COLUMNS["config"]),
        SETTINGS: pa.array([_settings(record) for record in records], pa.string()),
        "provenance": pa.array([provenance_text(record) for record in records], COLUMNS["provenance"]),
    }
    file = io.BytesIO()
    # Measured on 40 steps x 12 curves: dictionaries cost a third of a packed run's 2 kB, and the Arrow schema and
    # statistics double a file of one run (5 kB).
    pq.write_table(
        pa.table(columns), file, compression="zstd", use_dictionary=False, store_schema=False, write_statistics=False
    )
    return file.getvalue()


def decode(data: bytes) -> list[Row]:
    """The rows of one Parquet file, with read-only arrays; `NotRecords` if it is anything else."""
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        _check_size(file.metadata, len(data))
        table = file.read(use_threads=False)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise NotRecords(f"is cut short, damaged or not a Parquet file ({_first_line(error)})") from error
    _check_columns(table)
    try:
        return _rows(table.combine_chunks())
    except (pa.ArrowException, ValueError) as error:
        raise NotRecords(f"has damaged rows ({_first_line(error)})") from error


def _check_size(told: pq.FileMetaData, size: int) -> None:
    """Refuse what would unpack to more than LARGEST, or has rows that take no place, before it is unpacked."""
    # Of a damaged file `row_group(i).column(j)` ends the process, so nothing is asked of single columns.
    unpacked = sum(told.row_group(i).total_byte_size for i in range(told.num_row_groups))
    if told.num_rows > size or unpacked > LARGEST:
        raise NotRecords(f"would unpack to {told.num_rows} records in {unpacked / 1e9:.1f} GB, which is too much")


def _rows(table: pa.Table) -> list[Row]:
    plain = {name: table.column(name).to_pylist() for name in COLUMNS if name != "steps"}
    steps, curves = arrays(whole(table.column("steps"))), _curves(table)
    rows = []
    for i, (its_steps, its_curves) in enumerate(zip(steps, curves, strict=True)):
        told = {name: column[i] for name, column in plain.items()}
        record = _record(told, its_steps, its_curves)
        rows.append(Row(told["digest"], record, _problem(i, told, record)))
    return rows


def _problem(place: int, told: dict[str, Any], record: Record | None) -> str | None:
    fault = _fault(record) if record else "has a configuration or provenance that is no JSON"
    if fault:
        return f"has a record that is passed over: row {place} (key {told['key'][:64]}) {fault}."
    if record.digest != told["digest"]:
        return f"holds other numbers for key {record.key} than were written (digest differs)."
    return None


def _record(told: dict[str, Any], steps: np.ndarray, curves: dict[str, np.ndarray]) -> Record | None:
    """A row as a record, whatever it says; None if its texts cannot be read."""
    try:
        config, provenance = json.loads(told["config"]), _read_provenance(told["provenance"])
    except (ValueError, RecursionError):
        return None
    return Record(told["key"], config, steps, curves, told["observed_to"], told["status"], **provenance)


def _fault(record: Record) -> str | None:
    try:
        return fault_of(record)
    except (TypeError, ValueError, RecursionError) as error:
        return f"cannot be understood ({_first_line(error)})"


def provenance_text(record: Record) -> str:
    """Where a record was made, and what was watched on how many examples: one JSON object, as a file has it."""
    watched = {} if record.watched is None else {"watched": record.watched}
    return json.dumps({**record.provenance, "sample": record.sample, **watched}, sort_keys=True)


def _read_provenance(text: str) -> dict[str, Any]:
    """The fields of a record that `provenance_text` wrote."""
    provenance = json.loads(text)
    if not isinstance(provenance, dict):
        return {"provenance": provenance}
    return {name: provenance.pop(name, None) for name in ("sample", "watched")} | {"provenance": provenance}


def _curves(table: pa.Table) -> list[dict[str, np.ndarray]]:
    """The curves of each row: name -> values."""
    columns = (name for name in table.column_names if _is_curve(table.schema, name))
    by_name = {name: arrays(whole(table.column(name))) for name in columns}
    others: list[dict[str, np.ndarray]] = [{} for _ in range(table.num_rows)]
    if OTHERS in table.column_names and table.schema.field(OTHERS).type == pa.list_(OTHER):
        others = named_arrays(whole(table.column(OTHERS)))
    return [
        {name: values[i] for name, values in by_name.items() if values[i] is not None} | rest
        for i, rest in enumerate(others)
    ]


def _is_curve(schema: pa.Schema, name: str) -> bool:
    return name not in COLUMNS and schema.field(name).type == CURVE


def _check_columns(table: pa.Table) -> None:
    if len(set(table.column_names)) < table.num_columns:
        raise NotRecords("is not a file of records: two of its columns have the same name")
    for name, type_ in COLUMNS.items():
        if name not in table.column_names or table.schema.field(name).type != type_ or table.column(name).null_count:
            raise NotRecords(f"is not a file of records: it has no complete column '{name}' of type {type_}")


def _checked(record: Record) -> Record:
    """The record, if a row can hold it exactly and a file can be named after it."""
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", record.key):
        raise BadInput(f"record key '{record.key}' cannot be part of a file name; 16 hex digits are expected.")
    taken = sorted(set(record.curves) & {*COLUMNS, OTHERS, SETTINGS})
    if taken:
        raise BadInput(f"record {record.key}: a curve cannot be named {', '.join(taken)}; the store's columns are.")
    for name, values in record.curves.items():
        if np.shape(values) != np.shape(record.steps):
            raise BadInput(
                f"record {record.key}: curve '{name}' has shape {np.shape(values)}, "
                f"steps have {np.shape(record.steps)}; one value per step is needed."
            )
    for part in ("config", "observed_to", "provenance"):
        _check_json(record.key, part, getattr(record, part))
    if fault := fault_of(record):
        raise BadInput(f"record {record.key} {fault}.")
    return record


def _check_json(key: str, part: str, value: Any) -> None:
    try:
        json.dumps(value)
    except (TypeError, ValueError) as error:
        raise BadInput(f"record {key}: {part} must be made of plain JSON values, but {error}.") from error


def _settings(record: Record) -> str | None:
    """The whole configuration, for those who read files without our code; nothing here reads it."""
    try:
        return json.dumps(record.run.model_dump(mode="json"), sort_keys=True)
    except BadInput:
        return None


def _others(record: Record) -> dict[str, np.ndarray]:
    return {name: record.curves[name] for name in sorted(set(record.curves) - set(CURVES))}


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
