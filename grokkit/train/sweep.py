"""`train`: the one call that trains what a store lacks and returns all that was asked for."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Literal

import pandas as pd

from grokkit.engine.observing import require_observables
from grokkit.errors import BadInput, GrokkitError, Interrupted, unknown
from grokkit.record import Record
from grokkit.request import Measure, Until
from grokkit.run import Run
from grokkit.store import Store
from grokkit.tables import runs_table
from grokkit.train.groups import Group, groups_of, slots_for
from grokkit.train.machine import require_precision, resolve_device, why_uncompiled
from grokkit.train.pool import Job, train_in_pool
from grokkit.train.progress import Display, Silent
from grokkit.train.sufficiency import answer
from grokkit.train.worker import Worker


class Missing(GrokkitError):
    """Records that were asked for are not in the store, and training was not wanted."""


def train(
    runs: Iterable[Run],
    *,
    until: Until | None = None,
    measure: Measure | None = None,
    store: Store | str | None = None,
    device: str = "cpu",
    workers: int = 1,
    compiled: bool | None = None,
    missing: Literal["train", "report", "raise"] | None = None,
    display: Display | None = None,
    deadline: float | None = None,
) -> pd.DataFrame:
    """Train the runs that the store cannot answer yet; return one row a run (`grokkit.runs_table`).

    The same call repeats an experiment and loads it. `missing="report"` trains nothing and returns what is
    there; "raise" wants all of it; None is $GROKKIT_MISSING, else "train". `workers`: processes of one thread each
    that share the work on a CPU. `compiled` None compiles where a C++ compiler is. `deadline`: `time.time()` at
    which to stop, with checkpoints and without the rows of what is left.
    Raises BadInput, DeviceError or StoreError before any work, Interrupted after Ctrl-C.
    """
    return runs_table(
        records(
            runs,
            until=until,
            measure=measure,
            store=store,
            device=device,
            workers=workers,
            compiled=compiled,
            missing=missing,
            display=display,
            deadline=deadline,
        )
    )


def records(
    runs: Iterable[Run],
    *,
    until: Until | None = None,
    measure: Measure | None = None,
    store: Store | str | None = None,
    device: str = "cpu",
    workers: int = 1,
    compiled: bool | None = None,
    missing: Literal["train", "report", "raise"] | None = None,
    display: Display | None = None,
    deadline: float | None = None,
) -> list[Record]:
    """As `train`, but the records themselves, in the order of the runs."""
    until, measure = until or Until(), measure or Measure()
    runs = _checked(runs, until, measure)
    store = store if isinstance(store, Store) else Store.find(store)
    lacking = lacking_runs(runs, until, measure, store)
    missing = missing or os.environ.get("GROKKIT_MISSING", "train")
    if missing not in ("train", "report", "raise"):
        raise unknown("train missing", missing, ("train", "report", "raise"))
    if lacking and missing == "raise":
        raise Missing(
            f"{len(lacking)} of {len(runs)} runs are not in {store.path}; the first is {lacking[0].to_json()}."
        )
    if lacking and missing == "train":
        sweep = _Sweep(until, measure, store, device, workers, compiled, display, deadline)
        sweep.train(lacking)
    return _answers(runs, until, measure, store)


def lacking_runs(runs: Iterable[Run], until: Until, measure: Measure, store: Store) -> list[Run]:
    """The runs that `store` cannot answer, each once."""
    held = store.read_all()
    unique = {run.key: run for run in runs}
    return [run for run in unique.values() if answer(held.get(run.key, []), until, measure) is None]


def _answers(runs: list[Run], until: Until, measure: Measure, store: Store) -> list[Record]:
    held = store.read_all()
    found = (answer(held.get(run.key, []), until, measure) for run in runs)
    return [record for record in found if record]


def _checked(runs: Iterable[Run], until: Until, measure: Measure) -> list[Run]:
    runs = [runs] if isinstance(runs, Run) else list(runs)
    for run in runs:
        if not isinstance(run, Run):
            raise BadInput(f"train runs: every entry must be a Run; {run!r} came.")
        until.require_full_batches(run)
        measure.require_events(run)
        require_observables(measure.observables, run)
    return runs


class _Sweep:
    """The missing runs of one call, on this process or on several."""

    def __init__(
        self,
        until: Until,
        measure: Measure,
        store: Store,
        device: str,
        workers: int,
        compiled: bool | None,
        display: Display | None,
        deadline: float | None,
    ) -> None:
        if workers < 1:
            raise BadInput(f"train workers: at least 1; {workers} came.")
        self.until, self.measure, self.store, self.display, self.deadline = until, measure, store, display, deadline
        self.device = resolve_device(device)
        reason = why_uncompiled(self.device)
        if compiled and reason:
            raise BadInput(f"train compiled: impossible here, {reason}; leave it out to train uncompiled, slower.")
        self.compiled = reason is None if compiled is None else compiled
        self.workers = workers if self.device.type == "cpu" else 1

    def train(self, runs: list[Run]) -> None:
        for run in runs:
            require_precision(run, self.device)
        self.store.ensure_writable()
        groups = groups_of(runs)
        workers = min(self.workers, len(runs))
        shown = self.display.expecting(len(runs), self.until) if self.display else nullcontext()
        with _interrupts() as interrupted, shown:
            if workers == 1:
                self._in_process(groups, interrupted)
            else:
                train_in_pool(groups, self._job(groups, workers), workers, self.display, interrupted)
        if interrupted():
            raise Interrupted(self._farewell(runs))

    def _in_process(self, groups: list[Group], interrupted: Callable[[], bool]) -> None:
        def paused() -> bool:
            return interrupted() or (self.deadline is not None and time.time() > self.deadline)

        worker = Worker(
            self.store, self.until, self.measure, self.device, self.compiled, self.display or Silent(), paused
        )
        for group in groups:
            worker.train(iter(group.runs), slots_for(group, self.device.type, 1))

    def _job(self, groups: list[Group], workers: int) -> Job:
        slots = [slots_for(group, self.device.type, workers) for group in groups]
        return Job(
            str(self.store.path), self.until, self.measure, str(self.device), self.compiled, slots, self.deadline
        )

    def _farewell(self, runs: list[Run]) -> str:
        left = len(lacking_runs(runs, self.until, self.measure, self.store))
        return (
            f"Interrupted: {len(runs) - left} of {len(runs)} runs are finished and stored in {self.store.path}; "
            "the others have checkpoints. The same call or command goes on from there."
        )


@contextmanager
def _interrupts() -> Iterator[Callable[[], bool]]:
    """Ctrl-C as a question that can be asked, so that no step is cut in two; a second Ctrl-C is the usual one."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    before = signal.getsignal(signal.SIGINT)

    def note(*_: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)
