"""Sweeps that are killed: a process of its own that imports once and forks, run by test_interrupts.py.

    python killed_sweeps.py FOLDER

prints one JSON object: for "in process", "pool" and "dead worker" what was done and what became of it. The pool is
forked instead of spawned here, to spare an import for each process; everything after that is the pool's own.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path

import torch._dynamo  # noqa: F401  (a second that no child need spend)
from tiny import MEASURE, UNTIL, a_sweep, digests

import grokkit as gk
from grokkit.errors import GrokkitError
from grokkit.train import pool, worker
from grokkit.train.checkpoints import Checkpoints

KILLS = 5
PATIENCE = 60.0
worker.CHECKPOINT_SECONDS = 0.02
torch.set_num_threads(1)


class Diary:
    """What children did, readable after they are gone: lines of JSON appended to a file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        file.touch()

    def note(self, **entry: object) -> None:
        with self.file.open("a") as stream:
            stream.write(json.dumps(entry) + "\n")

    def read(self) -> list[dict]:
        return [json.loads(line) for line in self.file.read_text().splitlines()]

    def wait_for(self, known: int, what: str) -> dict:
        """The first entry after the `known` first ones that holds `what`."""
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            for entry in self.read()[known:]:
                if what in entry:
                    return entry
            time.sleep(0.002)
        raise TimeoutError(what)


def noting(diary: Diary) -> None:
    """Have every process note itself, and every run where it begins; processes are forked."""
    load, work = Checkpoints.load, pool._work

    def noted_load(checkpoints, run, grid):
        found = load(checkpoints, run, grid)
        diary.note(begins=run.key, t=found.t if found else 0, process=os.getpid())
        return found

    def noted_work(*arguments):
        diary.note(worker=os.getpid())
        work(*arguments)

    Checkpoints.load, pool._work = noted_load, noted_work
    pool.mp = multiprocessing.get_context("fork")
    pool.mp.get_context = lambda _: pool.mp


def forked_sweep(store: Path, workers: int, diary: Diary) -> int:
    """The process number of a child that trains the sweep and notes how that ended."""
    child = os.fork()
    if child:
        return child
    try:
        gk.records(a_sweep(), until=UNTIL, measure=MEASURE, store=store, workers=workers)
        diary.note(ended="finished")
    except GrokkitError as error:
        diary.note(ended=str(error))
    except BaseException:
        traceback.print_exc()
        diary.note(ended="failed")
    os._exit(0)


def killed_and_restarted(folder: Path, workers: int, diary: Diary) -> dict:
    """Kill a sweep KILLS times at random moments after it began its first run, then let it finish."""
    os.environ["GROKKIT_CACHE"] = str(folder / "cache")
    store, moments, cut_short = folder / "store", random.Random(workers), 0
    known = len(diary.read())
    for _ in range(KILLS):
        here = len(diary.read())
        child = forked_sweep(store, workers, diary)
        diary.wait_for(here, "begins")
        time.sleep(moments.uniform(0, 0.25))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        cut_short += not any("ended" in entry for entry in diary.read()[here:])
        orphans = [entry["worker"] for entry in diary.read()[here:] if "worker" in entry]
        seconds = wait_until_gone(orphans)
    os.waitpid(forked_sweep(store, workers, diary), 0)
    entries = diary.read()[known:]
    return {
        "killed": cut_short,
        "resumed": sum(entry.get("t", 0) > 0 for entry in entries),
        "workers": sum("worker" in entry for entry in entries),
        "orphans lived": seconds,
        "ended": entries[-1]["ended"],
        "digests": digests(held(store)),
        "checkpoints left": len(list((folder / "cache").rglob("*.safetensors"))),
    }


def dead_worker(folder: Path, diary: Diary) -> dict:
    """Kill one process of a pool, then run the sweep again."""
    os.environ["GROKKIT_CACHE"] = str(folder / "cache")
    store, here = folder / "store", len(diary.read())
    child = forked_sweep(store, 2, diary)
    victim = diary.wait_for(here, "begins")["process"]
    time.sleep(0.05)
    os.kill(victim, signal.SIGKILL)
    os.waitpid(child, 0)
    sentence = diary.read()[-1]["ended"]
    stored = digests(held(store))
    os.waitpid(forked_sweep(store, 2, diary), 0)
    return {"sentence": sentence, "stored": stored, "ended": diary.read()[-1]["ended"], "digests": digests(held(store))}


def held(store: Path) -> list[gk.Record]:
    return gk.records(a_sweep(), until=UNTIL, measure=MEASURE, store=store, missing="report")


def wait_until_gone(processes: list[int]) -> float:
    """Seconds until none of them runs any more (a zombie does not), at most PATIENCE."""
    began = time.monotonic()
    while any(map(running, processes)) and time.monotonic() - began < PATIENCE:
        time.sleep(0.02)
    return time.monotonic() - began


def running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def main(folder: Path) -> None:
    os.environ["GROKKIT_COMPILED"] = "0"
    diary = Diary(folder / "diary")
    noting(diary)
    report = {
        "in process": killed_and_restarted(folder / "one", 1, diary),
        "pool": killed_and_restarted(folder / "two", 2, diary),
        "dead worker": dead_worker(folder / "dead", diary),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
