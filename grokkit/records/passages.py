"""When a run arrived: T_train, T_val, delay and ratio, with censoring.

T is the first evaluated step at which an accuracy reaches the threshold; where a run was watched at every step for
that very threshold, the first step of all. A run that never gets there is
censored at the last step it was observed: its T is NaN and its `observed_to` says how long it was awaited.
Diverged runs are censored too: they never arrive.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from grokkit.errors import BadInput
from grokkit.records.record import Record

USUAL = 0.99
"""The accuracy that counts as arrived where nothing says another."""


class Passage(NamedTuple):
    """Steps; NaN where censored. delay = t_val - t_train; ratio = t_val / t_train."""

    t_train: float
    t_val: float
    delay: float
    ratio: float


def first_passage(steps: np.ndarray, accuracy: np.ndarray, threshold: float) -> float:
    """The first of `steps` at which `accuracy` is at least `threshold`; NaN if none is."""
    arrived = np.flatnonzero(np.asarray(accuracy) >= np.float32(threshold))
    return float(steps[arrived[0]]) if len(arrived) else float("nan")


def threshold_of(record: Record) -> float:
    """Return the accuracy that the record was asked for with; without a request the one that every step was watched
    for; else the usual 0.99."""
    return record.threshold or record.watched or USUAL


def passage(record: Record, threshold: float | None = None) -> Passage:
    """T_train, T_val, delay and ratio of a record on its sampled accuracies; all NaN if the run diverged.

    threshold: the accuracy that counts as arrived; None takes the record's own (`threshold_of`). Of a run that was
    watched at every step for this threshold they are exact.
    """
    threshold = threshold_of(record) if threshold is None else threshold
    if not 0 < threshold <= 1:
        raise BadInput(f"threshold: must lie above 0 and at most at 1; {threshold} came.")
    if record.status == "diverged":
        return Passage(*[float("nan")] * 4)
    t_train, t_val = (_time(record, which, threshold) for which in ("train", "val"))
    ratio = t_val / t_train if t_train > 0 else float("nan")
    return Passage(t_train, t_val, t_val - t_train, ratio)


def _time(record: Record, which: str, threshold: float) -> float:
    if record.watched == threshold:
        return float(record.curves[f"{which}_passage"][-1])
    return first_passage(record.steps, record.curves[f"{which}_accuracy"], threshold)
