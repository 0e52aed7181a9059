"""What a record can answer: a request sees the same part of it whatever else was observed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from grokkit.config.request import Measure, Until
from grokkit.metrics import OBSERVED, is_of_a_layer
from grokkit.records.passages import USUAL
from grokkit.records.record import Record


def answer(records: Iterable[Record], until: Until, measure: Measure) -> Record | None:
    """The part that the request asks for of the shortest sufficient record (of several, the one with the smallest
    digest); None if a run must be trained. Records that go further never change an answer."""
    for record in sorted(records, key=lambda r: (r.observed_to, r.digest)):
        if (part := view(record, until, measure)) is not None:
            return part
    return None


def view(record: Record, until: Until, measure: Measure) -> Record | None:
    """The record as if it had been made for this request; None if it lacks what was asked for or ends too early."""
    if record.sample != measure.sample:
        return None
    if measure.layers and not any(map(is_of_a_layer, record.curves)):
        return None
    if until.every_step and record.watched != until.accuracy:
        return None
    grid, full = _grid(record, until, measure)
    place = np.minimum(np.searchsorted(record.steps, grid), len(record.steps) - 1)
    whole = ~np.isnan(record.curves["val_accuracy_full"][place])  # a loss may be NaN where it was measured, too
    lacking = (record.steps[place] != grid) | (full & ~whole)
    end = int(lacking.argmax()) if lacking.any() else len(grid)
    asked = (name for name in record.curves if _is_asked(name, measure))
    curves = {name: record.curves[name][place[:end]] for name in asked}
    for name in curves:
        if name.endswith("_full"):
            curves[name] = _only_where(full[:end], curves[name])
    part = _cut(record, grid[:end], curves, until)
    return part and _with_observables(replace(part, threshold=until.accuracy or USUAL), measure)


def _is_asked(name: str, measure: Measure) -> bool:
    """Whether a request that does not name the curve has it all the same, or this one names it."""
    if is_of_a_layer(name):
        return measure.layers
    return name in measure.curves or not any(name in curves for curves in OBSERVED.values())


def _only_where(measured: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.where(measured, values, np.float32("nan"))


def _with_observables(part: Record, measure: Measure) -> Record | None:
    """The same with observables at the steps asked for and at its end, which a diverged run lacks; None if one is not
    there."""
    wanted = np.isin(part.steps, measure.observe_at)
    wanted[-1] = part.status != "diverged"
    if any(name not in part.curves or np.isnan(part.curves[name][wanted]).any() for name in measure.curves):
        return None
    seen = {name: _only_where(wanted, part.curves[name]) for name in measure.curves}
    return replace(part, curves=part.curves | seen)


def _grid(record: Record, until: Until, measure: Measure) -> tuple[np.ndarray, np.ndarray]:
    """The evaluations that are asked for; of a run that is watched at every step, up to its arrival and there."""
    grid, full = measure.grid(until.steps).up_to(int(record.steps[-1]))  # beyond it everything is lacking
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
