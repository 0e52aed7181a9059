"""What a record can answer: a request sees the same part of it whatever else was observed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from grokkit.record import Record
from grokkit.request import Measure, Until


def answer(records: Iterable[Record], until: Until, measure: Measure) -> Record | None:
    """The part of the first sufficient record that the request asks for, or None if a run must be trained."""
    for record in records:
        if (part := view(record, until, measure)) is not None:
            return part
    return None


def view(record: Record, until: Until, measure: Measure) -> Record | None:
    """The record as if it had been made for this request; None if it lacks an evaluation or ends too early."""
    if record.provenance.get("sample") != measure.sample:
        return None
    grid, full = measure.steps(until.steps)
    asked = grid <= record.observed_to
    place = np.searchsorted(record.steps, grid[asked])
    if not np.array_equal(record.steps[np.minimum(place, len(record.steps) - 1)], grid[asked]):
        return None
    curves = {name: values[place] for name, values in record.curves.items()}
    if np.isnan(curves["val_accuracy_full"][full[asked]]).any():  # a loss may be NaN where it was measured, too
        return None
    for name in curves:
        if name.endswith("_full"):
            curves[name] = np.where(full[asked], curves[name], np.float32("nan"))
    return _cut(record, grid[asked], curves, until)


def _cut(record: Record, steps: np.ndarray, curves: dict[str, np.ndarray], until: Until) -> Record | None:
    train, val = curves["train_accuracy"], curves["val_accuracy"]
    for end in range(1, len(steps) + 1):
        status = until.status(steps[:end], train[:end], val[:end])
        if steps[end - 1] == record.observed_to and record.status == "diverged":
            status = "diverged"
        if status:
            return replace(
                record,
                steps=steps[:end],
                curves={name: x[:end] for name, x in curves.items()},
                observed_to=int(steps[end - 1]),
                status=status,
            )
    return None
