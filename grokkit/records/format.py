"""One file of records: its Parquet columns, reading it, and bringing it onto the disk in one step. No pickle.

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
Leaves out folders and names (`grokkit.records.store`).
"""

from __future__ import annotations

import io
import json
import os
import re
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from grokkit.errors import BadInput
from grokkit.metrics import METRICS, OBSERVED
from grokkit.records.record import Record
from grokkit.records.sound import fault_of

STEPS = pa.list_(pa.int64())
CURVE = pa.list_(pa.float32())
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
OTHER = pa.struct([("name", pa.string()), ("values", CURVE)])


LARGEST = 2**32
"""Bytes that one file may unpack to: two thousand records take a hundredth of it."""


class Problem(NamedTuple):
    """A file, and a sentence about it whose subject is the file."""

    file: Path
    sentence: str

    def __str__(self) -> str:
        return f"{self.file} {self.sentence}"


class Stored(NamedTuple):
    """A record and the file it came from. `digest` is that of the content, computed once."""

    file: Path
    digest: str
    record: Record


class Contents(NamedTuple):
    """What was found in a file, or in a whole folder."""

    stored: list[Stored]
    problems: list[Problem]


class Row(NamedTuple):
    """A record as it was read, beside the key and digest that were written with it; or what is wrong with it."""

    key: str
    digest: str
    record: Record | None
    fault: str | None


OTHER_NUMBERS = "holds other numbers for key {key} than were written (digest differs)"


class NotRecords(ValueError):
    """Bytes that are not a file of records; the message says why."""


def load(file: Path) -> Contents:
    """The records in one file; what cannot be used becomes a problem. `FileNotFoundError` if it has gone."""
    try:
        rows = decode(file.read_bytes())
    except FileNotFoundError:
        raise
    except NotRecords as error:
        return Contents([], [Problem(file, f"{error}.")])
    except OSError as error:
        return Contents([], [Problem(file, f"cannot be read ({error.strerror}).")])
    stored = [Stored(file, row.digest, row.record) for row in rows if row.record and not row.fault]
    told = [_told_of(i, row) for i, row in enumerate(rows) if row.fault]
    return Contents(stored, [Problem(file, sentence) for sentence in told])


def _told_of(place: int, row: Row) -> str:
    if row.fault == OTHER_NUMBERS:
        return f"{OTHER_NUMBERS.format(key=row.key)}."
    return f"has a record that is passed over: row {place} (key {row.key[:64]}) {row.fault}."


def put(file: Path, data: bytes) -> None:
    """All of `data` under its final name and on the disk, or nothing."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    with suppress(OSError):  # makes the new name survive a power cut; some systems and network folders cannot
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def encode(records: Iterable[Record]) -> bytes:
    """One Parquet file that holds `records`, in the order of key and digest; `BadInput` for a malformed record."""
    records = sorted(map(_checked, records), key=lambda record: (record.key, record.digest))
    columns = {
        "key": pa.array([record.key for record in records], COLUMNS["key"]),
        "digest": pa.array([record.digest for record in records], COLUMNS["digest"]),
        "status": pa.array([record.status for record in records], COLUMNS["status"]),
        "observed_to": pa.array([record.observed_to for record in records], COLUMNS["observed_to"]),
        "steps": _lists([record.steps for record in records], np.int64),
        **{name: _lists([record.curves.get(name) for record in records], np.float32) for name in CURVES},
        OTHERS: _named_lists([_others(record) for record in records]),
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
    steps, curves = _arrays(_whole(table.column("steps"))), _curves(table)
    rows = []
    for i, (its_steps, its_curves) in enumerate(zip(steps, curves, strict=True)):
        told = {name: column[i] for name, column in plain.items()}
        record = _record(told, its_steps, its_curves)
        fault = _fault(record, told["digest"]) if record else "has a configuration or provenance that is no JSON"
        rows.append(Row(told["key"], told["digest"], record, fault))
    return rows


def _record(told: dict[str, Any], steps: np.ndarray, curves: dict[str, np.ndarray]) -> Record | None:
    """A row as a record, whatever it says; None if its texts cannot be read."""
    try:
        config, provenance = json.loads(told["config"]), _read_provenance(told["provenance"])
    except (ValueError, RecursionError):
        return None
    return Record(told["key"], config, steps, curves, told["observed_to"], told["status"], **provenance)


def _fault(record: Record, digest: str) -> str | None:
    try:
        if (fault := fault_of(record)) is None and record.digest != digest:
            return OTHER_NUMBERS
    except (TypeError, ValueError, RecursionError) as error:
        return f"cannot be understood ({_first_line(error)})"
    return fault


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
    by_name = {name: _arrays(_whole(table.column(name))) for name in columns}
    others: list[dict[str, np.ndarray]] = [{} for _ in range(table.num_rows)]
    if OTHERS in table.column_names and table.schema.field(OTHERS).type == pa.list_(OTHER):
        others = _named_arrays(_whole(table.column(OTHERS)))
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


def _lists(values: list[np.ndarray | None], dtype: type) -> pa.ListArray:
    """One list per entry, null for None. Built from one flat array: exact bits, and fast for thousands of runs."""
    parts = [np.zeros(0, dtype) if v is None else np.asarray(v, dtype) for v in values]
    flat = np.concatenate([np.zeros(0, dtype), *parts])
    return _cut(pa.array(flat), [part.size for part in parts], [v is None for v in values])


def _named_lists(rows: list[dict[str, np.ndarray]]) -> pa.ListArray:
    """One list of names with their values per row, null where there are none."""
    names = pa.array([name for row in rows for name in row], pa.string())
    values = _lists([x for row in rows for x in row.values()], np.float32)
    pairs = pa.StructArray.from_arrays([names, values], fields=list(OTHER))
    return _cut(pairs, [len(row) for row in rows], [not row for row in rows])


def _cut(flat: pa.Array, sizes: list[int], absent: list[bool]) -> pa.ListArray:
    """An array as lists of these sizes; null where absent."""
    offsets = pa.array(np.cumsum([0, *sizes]), pa.int32())
    return pa.ListArray.from_arrays(offsets, flat, mask=pa.array(absent, pa.bool_()))


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _arrays(lists: pa.ListArray) -> list[np.ndarray | None]:
    """The inverse of `_lists`, as views into its buffer."""
    flat = lists.values.to_numpy(zero_copy_only=True)
    return [None if ends is None else flat[slice(*ends)] for ends in _ends(lists)]


def _named_arrays(lists: pa.ListArray) -> list[dict[str, np.ndarray]]:
    """The inverse of `_named_lists`."""
    pairs = lists.values
    names, values = pairs.field("name"), pairs.field("values")
    if pairs.null_count or names.null_count or values.null_count:
        raise NotRecords(f"has damaged rows (a curve of '{OTHERS}' lacks its name or its values)")
    curves = list(zip(names.to_pylist(), _arrays(values), strict=True))
    return [dict(curves[slice(*ends)] if ends else ()) for ends in _ends(lists)]


def _ends(lists: pa.ListArray) -> list[tuple[int, int] | None]:
    """Where each list begins and ends among the values; None for null."""
    ends, valid = lists.offsets.to_pylist(), lists.is_valid().to_pylist()
    return [(a, b) if ok else None for a, b, ok in zip(ends, ends[1:], valid, strict=False)]


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
