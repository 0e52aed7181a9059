"""When a recorded run's switches acted."""

from __future__ import annotations

from grokkit.config.schedules import fired, foreseen
from grokkit.records.record import Record


def switch_steps(record: Record) -> list[int | None]:
    """The step of each switch of a recorded run's schedule, in its order; None where its event was not seen."""
    run = record.run
    found, names = foreseen(run), ("train_accuracy", "val_accuracy")
    for t, *accuracies in zip(record.steps.tolist(), *(record.curves[name] for name in names), strict=True):
        row = dict(zip(names, accuracies, strict=True))
        found = [fired(s.at, t, row) if k is None else k for k, s in zip(found, run.schedule.switches, strict=True)]
    return found
