"""A sweep on several cores: spawned single-threaded processes, each asking its parent for the next run.

Each process has a pipe of its own and they share nothing: one that is killed takes no lock with it, and a list of
runs of any length waits in the parent alone.
"""

from __future__ import annotations

import multiprocessing as mp
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

import torch

from grokkit.config.request import Status
from grokkit.config.run import Run
from grokkit.engine import Trajectory
from grokkit.errors import BadInput, GrokkitError
from grokkit.records.store import Store
from grokkit.train.groups import Part
from grokkit.train.progress import Display, Look
from grokkit.train.worker import Worker

STOP = "stop"
"""What a parent tells a process that should checkpoint and end; every other message to it is a run, or None."""


STOPPING = signal.SIGINT, signal.SIGTERM
"""Ctrl-C, and what clusters and `timeout` send; both may reach a whole group of processes."""

UNGUARDED = 78
"""The exit code of a process that was to be a worker, and found that its parent's script trains when imported."""


def end_if_imported() -> None:
    """End a process that was only to import its parent's script, before it starts processes of its own."""
    if getattr(mp.current_process(), "_inheriting", False):  # as multiprocessing itself notices it, with a page of text
        raise SystemExit(UNGUARDED)


@dataclass(frozen=True)
class Job:
    """What a spawned process needs to know."""

    store: str
    device: str
    compiled: bool
    parts: list[Part]
    """Without their runs: these wait in the parent."""
    ends: float | None


def train_in_pool(
    waiting: list[Iterator[Run]], job: Job, workers: int, display: Display | None, paused: Callable[[], int]
) -> None:
    """Train what waits for each part of the job on `workers` processes; returns when all is done or, soon after
    `paused()`, with checkpoints."""
    stopped, errors = False, []
    with _crew(job, workers) as (processes, pipes):
        while pipes:
            if (paused() or errors) and not stopped:
                stopped = True
                for pipe in pipes:
                    _tell(pipe, STOP)
            for pipe in wait(pipes, timeout=0.2):
                message = _heard(pipe)
                if message is None:
                    pipes.remove(pipe)
                elif isinstance(message, int):
                    run = None if stopped else next(waiting[message], None)
                    _tell(pipe, run and run.to_json())
                elif isinstance(message, GrokkitError):
                    errors.append(message)
                elif display:
                    display.show(message)
        for process in processes:
            process.join()
    if errors:
        raise errors[0]
    failed = [process.exitcode for process in processes if process.exitcode]
    if UNGUARDED in failed:
        raise BadInput(
            f"train workers: {workers} came, and each of these processes imports your script, which trains again where "
            'it is imported: put the call beneath `if __name__ == "__main__":`, or use workers=1. Nothing was trained.'
        )
    if failed:
        raise GrokkitError(
            f"{len(failed)} of {workers} worker processes ended with exit code {failed[0]} (its message is "
            "above; -9 usually means out of memory). What was finished is stored: run again to go on."
        )


@contextmanager
def _crew(job: Job, workers: int) -> Iterator[tuple[list[Any], list[Connection]]]:
    """Processes at work and the parent's ends of their pipes; none is left behind."""
    context, processes, pipes = mp.get_context("spawn"), [], []
    try:
        with _deaf():
            for _ in range(workers):
                ours, theirs = context.Pipe()
                processes.append(context.Process(target=_work, args=(job, theirs, os.getpid()), daemon=True))
                pipes.append(ours)
                processes[-1].start()
                theirs.close()
        yield processes, pipes.copy()
    finally:
        for process in processes:
            if process.is_alive():
                process.kill()  # it is deaf to all else, and whatever it writes is written whole or not at all
        for pipe in pipes:
            pipe.close()


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes started here never hear Ctrl-C or SIGTERM, not even while they import: their parent tells them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.signal(each, signal.SIG_IGN) for each in STOPPING}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _heard(pipe: Connection) -> int | Look | GrokkitError | None:
    """The part of which a process wants a run, what it has seen, or why it gives up; None once it has ended."""
    try:
        return pipe.recv()
    except (EOFError, OSError):
        return None


def _tell(pipe: Connection, message: str | None) -> None:
    with suppress(OSError):  # it has gone; that is noticed where it is listened to
        pipe.send(message)


@dataclass
class _Line:
    """A worker process's line to its parent."""

    pipe: Connection
    parent: int
    ends: float | None
    stopped: bool = False

    def paused(self) -> bool:
        """Whether to end early: told so, out of time, or alone."""
        if not self.stopped and self.pipe.poll():
            self._hear()
        return self.stopped or self._alone() or (self.ends is not None and time.time() > self.ends)

    def look(self, trajectory: Trajectory, status: Status | None) -> None:
        with suppress(OSError):
            self.pipe.send(Look.at(trajectory, status))

    def runs(self, part: int) -> Iterator[Run]:
        """The part's runs, as far as no other process gets them."""
        while not self.paused():
            with suppress(OSError):
                self.pipe.send(part)
            while not self.pipe.poll(1.0):
                if self._alone():
                    return
            if (line := self._hear()) is None:
                return
            yield Run.from_json(line)

    def _hear(self) -> str | None:
        """What the parent says; None when it is to stop, or has gone."""
        try:
            line = self.pipe.recv()
        except (EOFError, OSError):
            line = STOP
        self.stopped |= line == STOP
        return None if self.stopped else line

    def _alone(self) -> bool:
        return os.getppid() != self.parent


def _work(job: Job, pipe: Connection, parent: int) -> None:
    """A worker process. It leaves Ctrl-C and SIGTERM to its parent, and stops when the parent has gone."""
    for each in STOPPING:
        signal.signal(each, signal.SIG_IGN)
    line = _Line(pipe, parent, job.ends)
    store, device = Store(job.store), torch.device(job.device)
    try:
        for number, part in enumerate(job.parts):
            worker = Worker(store, part.until, part.measure, device, job.compiled, line, line.paused)
            worker.train(line.runs(number), part.slots)
    except GrokkitError as error:
        pipe.send(error)
