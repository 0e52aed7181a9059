"""`train`: the one call that trains what a store lacks and returns all that was asked for."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Literal

from grokkit.config.request import Measure, Until
from grokkit.config.run import Run
from grokkit.engine.observing import require_observables
from grokkit.errors import BadInput, GrokkitError, Interrupted, require_kind, unknown
from grokkit.records.record import Record
from grokkit.records.records import Records
from grokkit.records.store import Store
from grokkit.train.arguments import (
    compiling,
    listed,
    require_place_and_time,
    require_request,
    require_runs,
    worker_count,
)
from grokkit.train.checkpoints import require_writable_cache
from grokkit.train.experiment import Experiment
from grokkit.train.groups import Part, parts_of
from grokkit.train.machine import is_compiled, require_precision, resolve_device
from grokkit.train.pool import STOPPING, Job, end_if_imported, train_in_pool
from grokkit.train.progress import Display, Silent
from grokkit.train.sufficiency import answer
from grokkit.train.worker import Worker


class Missing(GrokkitError):
    """Records that were asked for are not in the store, and training was not wanted."""


def train(
    runs: Run | Experiment | Iterable[Run] | Iterable[Experiment],
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
) -> Records:
    """Train the runs that the store cannot answer yet; return the records of all, in the order of the runs.

    The same call repeats an experiment and loads it. runs: one or more runs, or experiments, which say `until` and
    `measure` themselves and are trained one after the other. `missing="report"` trains nothing and returns what is
    there; "raise" wants all of it; None is $GROKKIT_MISSING, else "train". `workers`: processes of one thread each
    that share the work on a CPU; a script that asks for several calls this beneath `if __name__ == "__main__":`.
    `compiled` None compiles where a C++ compiler works. `deadline`: seconds from now after which to stop, with
    checkpoints and without the records of what is left.
    Raises BadInput, DeviceError or StoreError before any work, Interrupted after Ctrl-C or SIGTERM.
    """
    require_place_and_time(store, missing, deadline)
    if display is not None:
        require_kind("train display", display, Display, "a gk.Display() or None")
    workers, compiled = worker_count(workers), compiling("train", compiled)
    experiments = _experiments(runs, until, measure)
    store = store if isinstance(store, Store) else Store.find(store)
    missing = missing or os.environ.get("GROKKIT_MISSING", "train")
    if missing not in ("train", "report", "raise"):
        raise unknown("train missing", missing, ("train", "report", "raise"))
    if missing == "raise":
        _require_all(experiments, store)
    if missing == "train" and _lacking(experiments, store):
        _train_missing(experiments, _Sweep(store, device, workers, compiled, display, deadline))
    return Records(record for e in experiments for record in _answers(e, store))


def train_in_order(
    experiments: list[Experiment],
    lasts: Mapping[str, float],
    *,
    store: Store,
    device: str,
    workers: int,
    display: Display | None,
    deadline: float,
) -> None:
    """Train several experiments in one sweep, one after the other, without a pause between them.

    lasts: key of a run -> the seconds of one slot that it is expected to take. deadline: seconds from now; a run that
    would end later is not begun.
    """
    for e in experiments:
        _checked(e.runs, e.until, e.measure)
    if experiments:
        _Sweep(store, device, workers, None, display, deadline, lasts).train(experiments)


def lacking_runs(runs: Iterable[Run], until: Until, measure: Measure, store: Store) -> list[Run]:
    """The runs that `store` cannot answer, each once."""
    held = store.read_all()
    unique = {run.key: run for run in runs}
    return [run for run in unique.values() if answer(held.get(run.key, []), until, measure) is None]


def _experiments(asked: object, until: Until | None, measure: Measure | None) -> list[Experiment]:
    """What is asked for as experiments; raises BadInput for what is none and for a request that cannot be met."""
    require_request("train", Until() if until is None else until, Measure() if measure is None else measure)
    one = isinstance(asked, Run | Experiment)
    asked = [asked] if one else listed("train runs", asked, "one or more gk.Run or gk.Experiment")
    if any(isinstance(each, Experiment) for each in asked):
        experiments = _as_they_are(asked, until, measure)
    else:
        require_runs("train", asked)
        experiments = [Experiment(asked, until or Until(), measure or Measure())]
    return [Experiment(_checked(e.runs, e.until, e.measure), e.until, e.measure) for e in experiments]


def _as_they_are(asked: list[object], until: Until | None, measure: Measure | None) -> list[Experiment]:
    if others := [each for each in asked if not isinstance(each, Experiment)]:
        raise BadInput(f"train runs: either runs or experiments, not both; {others[0]!r} came among experiments.")
    if until or measure:
        raise BadInput("train until, measure: an experiment says both itself; leave them out.")
    return asked


def _require_all(experiments: list[Experiment], store: Store) -> None:
    if lacking := _lacking(experiments, store):
        asked = sum(len(e.runs) for e in experiments)
        raise Missing(f"{len(lacking)} of {asked} runs are not in {store.path}; the first is {lacking[0].to_json()}.")


def _lacking(experiments: list[Experiment], store: Store) -> list[Run]:
    return [run for e in experiments for run in lacking_runs(e.runs, e.until, e.measure, store)]


def _train_missing(experiments: list[Experiment], sweep: _Sweep) -> None:
    """One experiment after the other: what the first has trained may answer the next, too."""
    for run in _lacking(experiments, sweep.store):
        require_precision(run, sweep.device)
    for e in experiments:
        if lacking := lacking_runs(e.runs, e.until, e.measure, sweep.store):
            sweep.train([Experiment(lacking, e.until, e.measure)])


def _answers(asked: Experiment, store: Store) -> list[Record]:
    held = store.read_all()
    found = (answer(held.get(run.key, []), asked.until, asked.measure) for run in asked.runs)
    return [record for record in found if record]


def _checked(runs: Iterable[Run], until: Until, measure: Measure) -> list[Run]:
    runs = list(runs)
    for run in runs:
        until.require_full_batches(run)
        measure.require_events(run)
        require_observables(measure.observables, run)
    return runs


class _Sweep:
    """The missing runs of one call, on this process or on several.

    deadline: seconds from now. lasts: how many of them the share of a run, by its key, is expected to take; one that
    would not end in time is not begun.
    """

    def __init__(
        self,
        store: Store,
        device: str,
        workers: int,
        compiled: bool | None,
        display: Display | None,
        deadline: float | None,
        lasts: Mapping[str, float] | None = None,
    ) -> None:
        if workers > 1:
            end_if_imported()
        self.store, self.display, self.lasts = store, display, lasts or {}
        self.ends = None if deadline is None else time.time() + deadline
        self.device = resolve_device(device)
        self.compiled = is_compiled(self.device, compiled, "train")
        self.workers = workers if self.device.type == "cpu" else 1

    def train(self, experiments: list[Experiment]) -> None:
        budgets = {run.key: e.until.steps for e in experiments for run in e.runs}
        for run in (run for e in experiments for run in e.runs):
            require_precision(run, self.device)
        self.store.ensure_writable()
        require_writable_cache()
        workers = min(self.workers, len(budgets))
        parts = parts_of(experiments, self.device.type, workers)
        shown = self.display.expecting(budgets) if self.display else nullcontext()
        with _interrupts() as interrupted, shown:
            if workers == 1:
                self._in_process(parts, interrupted)
            else:
                waiting = [self._in_time(part) for part in parts]
                train_in_pool(waiting, self._job(parts), workers, self.display, interrupted)
        if by := interrupted():
            raise Interrupted(self._farewell(experiments), by)

    def _in_process(self, parts: list[Part], interrupted: Callable[[], int]) -> None:
        def paused() -> bool:
            return bool(interrupted()) or (self.ends is not None and time.time() > self.ends)

        for part in parts:
            worker = Worker(
                self.store, part.until, part.measure, self.device, self.compiled, self.display or Silent(), paused
            )
            worker.train(self._in_time(part), part.slots)

    def _in_time(self, part: Part) -> Iterator[Run]:
        """The part's runs, each when it is its turn, if it is expected to end before the deadline."""
        for run in part.runs:
            lasts = self.lasts.get(run.key, 0.0) * part.slots
            if self.ends is None or time.time() + lasts < self.ends:
                yield run

    def _job(self, parts: list[Part]) -> Job:
        without_runs = [part._replace(runs=[]) for part in parts]
        return Job(str(self.store.path), str(self.device), self.compiled, without_runs, self.ends)

    def _farewell(self, experiments: list[Experiment]) -> str:
        asked = sum(len(e.runs) for e in experiments)
        left = sum(len(lacking_runs(e.runs, e.until, e.measure, self.store)) for e in experiments)
        return (
            f"Interrupted: {asked - left} of {asked} runs are finished and stored in {self.store.path}; "
            "the others have checkpoints. The same call or command goes on from there."
        )


@contextmanager
def _interrupts() -> Iterator[Callable[[], int]]:
    """Signals as a question that can be asked, so that no step is cut in two: which came, 0 for none.

    A second one is the usual one.
    """
    came = [0]
    if threading.current_thread() is not threading.main_thread():
        yield lambda: 0
        return
    before = {each: signal.getsignal(each) for each in STOPPING}

    def restore() -> None:
        for each, handler in before.items():
            signal.signal(each, handler or signal.SIG_DFL)  # None: not one of Python's

    def note(number: int, _: object) -> None:
        came[0] = number
        restore()

    for each in STOPPING:
        signal.signal(each, note)
    try:
        yield lambda: came[0]
    finally:
        restore()
