"""What a record must be before anything believes it: of its configuration, in order, in range and whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args

import numpy as np

from grokkit.config.request import Status
from grokkit.config.run import NUMERICS, key_of
from grokkit.records.record import Record

NUMBERS = "seconds", "cpu_seconds"
NAMES = "device", "hardware", "precision", "torch", "grokkit", "revision"
"""Entries of a provenance that are added up, and that are counted or shown."""


def fault_of(record: Record) -> str | None:
    """Say what is wrong with a record, as half a sentence whose subject it is; None if nothing is."""
    return (
        _fault_of_identity(record.key, record.config)
        or _fault_of_watch(record)
        or _fault_of_steps(record.steps, record.observed_to)
        or _fault_of_curves(record.curves, len(record.steps))
        or _fault_of_provenance(record.provenance)
    )


def _fault_of_identity(key: Any, config: Any) -> str | None:
    if not isinstance(key, str) or not re.fullmatch(r"[0-9a-f]{16}", key):
        return "has a key that is not 16 hex digits"
    if not isinstance(config, dict):
        return "has a configuration that is no JSON object"
    if key not in (key_of(config, numerics) for numerics in range(NUMERICS, 0, -1)):
        return "has a key that is not that of its configuration"
    return None


def _fault_of_watch(record: Record) -> str | None:
    if record.status not in get_args(Status):
        return f"has the status '{record.status}'; {', '.join(get_args(Status))} are known"
    if not (record.sample is None or (type(record.sample) is int and record.sample > 0)):
        return f"was evaluated on {record.sample!r} examples"
    if not (record.watched is None or (type(record.watched) is float and 0 < record.watched <= 1)):
        return f"was watched for an accuracy of {record.watched!r}"
    return None


def _fault_of_steps(steps: np.ndarray, observed_to: int) -> str | None:
    if not len(steps):
        return "has no steps"
    if steps[0] < 0 or (np.diff(steps) <= 0).any():
        return "has steps that do not rise from 0 or above"
    if observed_to < steps[-1]:
        return f"was measured at step {steps[-1]} and observed to step {observed_to}"
    return None


def _fault_of_curves(curves: Mapping[str, np.ndarray], points: int) -> str | None:
    for name, values in curves.items():
        if np.shape(values) != (points,):
            return f"has a curve '{name}' of shape {np.shape(values)} for {points} steps"
        if "accuracy" in name and ((values < 0) | (values > 1)).any():
            return f"has values of '{name}' that are no accuracies"
    return None


def _fault_of_provenance(provenance: Any) -> str | None:
    if not isinstance(provenance, dict):
        return "has a provenance that is no JSON object"
    for name in NUMBERS:
        value = provenance.get(name, 0.0)
        if type(value) not in (int, float) or not 0 <= value < np.inf:
            return f"has a provenance with '{name}' {value!r}"
    odd = next((name for name in NAMES if not isinstance(provenance.get(name, ""), str)), None)
    return odd and f"has a provenance with '{odd}' {provenance[odd]!r}"
