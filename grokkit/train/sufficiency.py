"""What a record can answer: a request sees the same part of it whatever else was observed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from grokkit.record import Record
from grokkit.request import Measure, Until


def answer(records: Iterable[Record], until: Until, measure: Measure) -> Record | None:
    """The part that the request asks for of the shortest sufficient record (of several, the one with the smallest
    digest); None if a run must be trained. Records that go further never change an answer."""
    for record in sorted(records, key=lambda r: (r.observed_to, r.digest)):
        if (part := view(record, until, measure)) is not None:
            return part
    return None


def view(record: Record, until: Until, measure: Measure) -> Record | None:
    """The record as if it had been made for this request; None if it lacks an evaluation or ends too early."""
    if record.provenance.get("sample") != measure.sample:
        return None
    if until.every_step and record.provenance.get("watched") != until.accuracy:
        return None
    grid, full = _grid(record, until, measure)
    place = np.minimum(np.searchsorted(record.steps, grid), len(record.steps) - 1)
    whole = ~np.isnan(record.curves["val_accuracy_full"][place])  # a loss may be NaN where it was measured, too
    lacking = (record.steps[place] != grid) | (full & ~whole)
    end = int(lacking.argmax()) if lacking.any() else len(grid)
    curves = {name: values[place[:end]] for name, values in record.curves.items()}
    for name in curves:
        if name.endswith("_full"):
            curves[name] = np.where(full[:end], curves[name], np.float32("nan"))
    return _cut(record, grid[:end], curves, until)


def _grid(record: Record, until: Until, measure: Measure) -> tuple[np.ndarray, np.ndarray]:
    """The evaluations that are asked for; of a run that is watched at every step, up to its arrival and there."""
    grid, full = measure.steps(until.steps)
    if not _arrives(record, until) or record.observed_to > until.steps:
        return grid, full
    before = grid < record.observed_to
    return np.append(grid[before], record.observed_to), np.append(full[before], True)


def _arrives(record: Record, until: Until) -> bool:
    return until.every_step and record.status == "reached"


def _cut(record: Record, steps: np.ndarray, curves: dict[str, np.ndarray], until: Until) -> Record | None:
    train, val = curves["train_accuracy"], curves["val_accuracy"]
    for end in range(1, len(steps) + 1):
        status = until.status(steps[:end], train[:end], val[:end])
        if steps[end - 1] == record.observed_to and (record.status == "diverged" or _arrives(record, until)):
            status = record.status
        if status:
            return replace(
                record,
                steps=steps[:end],
                curves={name: x[:end] for name, x in curves.items()},
                observed_to=int(steps[end - 1]),
                status=status,
            )
    return None
