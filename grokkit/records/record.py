"""What one run left behind: its curves, how far it was observed, and where it was made.

A record is written once. It holds float32 curves sampled at evaluation steps; quantities such as
T_train and T_val are read off them (`grokkit.records.passages`), never stored.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grokkit.config.request import Status
from grokkit.config.run import Run


@dataclass(frozen=True, eq=False, repr=False)
class Record:
    """One finished run.

    key: the run's identity (`Run.key`), 16 hex digits.
    config: the run's configuration as plain JSON values (`Run.canonical()`).
    steps: int64 (R,), optimizer steps done when the curves were measured, strictly increasing, from 0.
    curves: name -> float32 (R,), one value per entry of `steps`; NaN where a quantity was not measured.
    observed_to: the last step up to which this run was watched.
    status: see `Status`.
    provenance: versions, device, precision, seconds, revision: plain JSON values.
    sample: how many examples of each set an evaluation used (`Measure.sample`); None where it is not known.
    watched: the accuracy that every single step was watched for (`Until.every_step`); None where only evaluations tell.
    threshold: the accuracy that whoever asked for this record waits for (`Until.accuracy`); None without a request. It
    belongs to the question, so no store keeps it.
    """

    key: str
    config: dict[str, Any]
    steps: np.ndarray
    curves: dict[str, np.ndarray]
    observed_to: int
    status: Status
    provenance: dict[str, Any] = field(default_factory=dict)
    sample: int | None = None
    watched: float | None = None
    threshold: float | None = None

    @property
    def run(self) -> Run:
        """The run that left this record; `BadInput` if its task, model or optimizer is not known here."""
        return Run(**self.config)

    def __repr__(self) -> str:
        kinds = " by ".join(str(self.config.get(part, {}).get("kind")) for part in ("task", "model"))
        return f"<Record {self.key}: {kinds}, {self.status}, observed to step {self.observed_to:,}>"

    @property
    def digest(self) -> str:
        """16 hex digits over everything that was measured (not over provenance): equal runs, equal digests."""
        h = hashlib.sha256(json.dumps([self.key, self.config, self.observed_to, self.status], sort_keys=True).encode())
        h.update(np.ascontiguousarray(self.steps, dtype="<i8").tobytes())
        for name in sorted(self.curves):
            h.update(name.encode())
            h.update(_standard_nan(self.curves[name]).tobytes())
        return h.hexdigest()[:16]


def _standard_nan(values: np.ndarray) -> np.ndarray:
    """Little-endian float32 with one NaN: processors differ in the bits of theirs."""
    return np.where(np.isnan(values), np.float32("nan"), values).astype("<f4")
