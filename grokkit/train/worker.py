"""Trains the runs of one shape in this process: stores what finishes, checkpoints what does not."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import numpy as np
import torch

from grokkit.config.request import Measure, Status, Until
from grokkit.config.run import Run
from grokkit.engine import Event, Kernel, Session, Shape, Stack, Trajectory, kernel
from grokkit.metrics import METRICS, PASSAGES
from grokkit.records.record import Record
from grokkit.records.store import Store
from grokkit.train.checkpoints import Checkpoints
from grokkit.train.machine import arithmetic, environment, one_thread, versions
from grokkit.train.progress import Progress

CHECKPOINT_SECONDS = 120.0


@dataclass
class Worker:
    """One process's part of a sweep. `paused()` is asked between chunks of steps; True ends the work early."""

    store: Store
    until: Until
    measure: Measure
    device: torch.device
    compiled: bool
    progress: Progress
    paused: Callable[[], bool]

    def __post_init__(self) -> None:
        self.checkpoints = Checkpoints.of(arithmetic(self.device, self.compiled), self.measure, self.until.watched)
        self.grid = self.measure.grid(self.until.steps)

    def train(self, waiting: Iterator[Run], slots: int) -> None:
        """Train every run that `waiting` gives, `slots` at a time; returns early, with checkpoints, when paused."""
        with one_thread():
            first = list(islice(waiting, slots))
            if not first or self.paused():
                return
            ready = kernel(Shape.of(first[0]), self.device, self.compiled)
            following = (self._begin(run, ready) for run in waiting)
            begun = [self._begin(run, ready) for run in first]
            idle = [replace(begun[0])] if len(begun) < min(slots, 2) else []  # see `slots_for`
            session = Session(Stack(ready, begun + idle, self.until.watched), following, self.until, self.measure)
            session.active = set(range(len(begun)))
            self._work(session)

    def _begin(self, run: Run, ready: Kernel) -> Trajectory:
        return self.checkpoints.load(run, self.grid) or Trajectory.start(run, ready.task)

    def _work(self, session: Session) -> None:
        saved = time.monotonic()
        while session.active:
            for event in session.proceed():
                self._handle(session, event)
            paused = self.paused()
            if paused or time.monotonic() - saved > CHECKPOINT_SECONDS:
                saved = self._checkpoint(session)
            if paused:
                return

    def _checkpoint(self, session: Session) -> float:
        for slot in session.active:
            self.checkpoints.save(session.stack.snapshot(slot))
        return time.monotonic()

    def _handle(self, session: Session, event: Event) -> None:
        if event.status:
            self.store.add(self._record(event.trajectory, event.status))
        if event.status == "budget":
            self.checkpoints.keep(session.stack.snapshot(event.slot))
        elif event.status:
            self.checkpoints.drop(event.trajectory.run)
        self.progress.look(event.trajectory, event.status)

    def _record(self, trajectory: Trajectory, status: Status) -> Record:
        run = trajectory.run
        always = [name for name in METRICS if name not in PASSAGES or self.until.every_step]
        names = dict.fromkeys([*always, *self.measure.curves, *(name for row in trajectory.rows for name in row)])
        with np.errstate(over="ignore"):  # a float64 run may leave float32's range: infinity then
            curves = {name: np.array([row.get(name, np.nan) for row in trajectory.rows], np.float32) for name in names}
        return Record(
            run.key,
            json.loads(run.to_json()),
            np.array(trajectory.steps, dtype=np.int64),
            curves,
            observed_to=trajectory.steps[-1],
            status=status,
            sample=self.measure.sample,
            watched=self.until.watched,
            provenance=self._provenance(trajectory),
        )

    def _provenance(self, trajectory: Trajectory) -> dict[str, Any]:
        return {
            **versions(),
            **environment(self.device, self.compiled),
            "precision": trajectory.run.precision,
            "seconds": round(trajectory.seconds, 3),
            "cpu_seconds": round(trajectory.cpu_seconds, 3),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        }
