"""A sweep on several cores: spawned single-threaded processes that share one queue of runs per shape."""

from __future__ import annotations

import multiprocessing as mp
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import Empty
from typing import Any

import torch

from grokkit.engine import Trajectory
from grokkit.errors import GrokkitError
from grokkit.record import Status
from grokkit.request import Measure, Until
from grokkit.run import Run
from grokkit.store import Store
from grokkit.train.groups import Group
from grokkit.train.progress import Display, Look
from grokkit.train.worker import Worker


@dataclass(frozen=True)
class Job:
    """What a spawned process needs to know."""

    store: str
    until: Until
    measure: Measure
    device: str
    compiled: bool
    shapes: list[tuple[int, int]]
    """(slots, width) of each group."""
    deadline: float | None


@dataclass
class _Sender:
    """Progress that goes to the parent process."""

    queue: Any

    def look(self, trajectory: Trajectory, status: Status | None) -> None:
        self.queue.put(Look.at(trajectory, status))


def train_in_pool(
    groups: list[Group], job: Job, workers: int, display: Display | None, paused: Callable[[], bool]
) -> None:
    """Train the groups on `workers` processes; returns when all is done or, soon after `paused()`, with checkpoints."""
    context = mp.get_context("spawn")
    stop, looks = context.Event(), context.Queue()
    queues = [_filled(context, group.runs, workers) for group in groups]
    processes = [context.Process(target=_work, args=(job, queues, looks, stop, os.getpid()), daemon=True)
                 for _ in range(workers)]  # fmt: skip
    for process in processes:
        process.start()
    while any(process.is_alive() for process in processes):
        if paused():
            stop.set()
        _show(looks, display)
    _show(looks, display)
    failed = [process.exitcode for process in processes if process.exitcode]
    if failed:
        raise GrokkitError(f"{len(failed)} of {workers} worker processes ended with exit code {failed[0]} (its message is "
                           "above; -9 usually means out of memory). What was finished is stored: run again to go on.")  # fmt: skip


def _filled(context: Any, runs: list[Run], workers: int) -> Any:
    queue = context.Queue()
    for run in runs:
        queue.put(run.to_json())
    for _ in range(workers):
        queue.put(None)
    return queue


def _show(looks: Any, display: Display | None) -> None:
    """Hand on what the workers sent, waiting a moment for the first of it."""
    wait = 0.2
    while True:
        try:
            look = looks.get(timeout=wait)
        except Empty:
            return
        wait = 0.0
        if display:
            display.show(look)


def _work(job: Job, queues: list[Any], looks: Any, stop: Any, parent: int) -> None:
    """A worker process. It leaves Ctrl-C to its parent, and stops when the parent has gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def paused() -> bool:
        return stop.is_set() or os.getppid() != parent or (job.deadline is not None and time.time() > job.deadline)

    worker = Worker(
        Store(job.store), job.until, job.measure, torch.device(job.device), job.compiled, _Sender(looks), paused
    )
    for queue, (slots, width) in zip(queues, job.shapes, strict=True):
        worker.train(_runs_from(queue), slots, width)
    looks.close()
    for queue in queues:
        queue.cancel_join_thread()


def _runs_from(queue: Any) -> Iterator[Run]:
    while (line := queue.get()) is not None:
        yield Run.from_json(line)
