"""Sweeps that are killed: a process of its own that imports once and forks, run by test_interrupts.py.

    python killed_sweeps.py FOLDER

prints one JSON object: for each scenario what was done and what became of it. The pool is forked instead of spawned
here, to spare an import for each process; everything after that is the pool's own.
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

KILLS = {1: 5, 2: 3}
"""By the number of processes."""
PATIENCE = 60.0
SOME_SECONDS = 10.0
worker.CHECKPOINT_SECONDS = 0.0  # after every chunk of steps
torch.set_num_threads(1)


class Diary:
    """What children did, readable after they are gone: lines of JSON appended to a file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        file.touch()

    def note(self, **entry: object) -> None:
        with self.file.open("a") as stream:
            stream.write("\n" + json.dumps(entry) + "\n")  # a process killed in the middle of a line leaves a stump

    def read(self) -> list[dict]:
        return [json.loads(line) for line in self.file.read_text().splitlines() if line.endswith("}")]

    def wait_for(self, what: str, times: int, known: int) -> dict:
        """The entry that is the n-th of its kind after the `known` first entries; raises if the sweep ends before."""
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            entries = self.read()[known:]
            found = [entry for entry in entries if what in entry]
            if len(found) >= times:
                return found[times - 1]
            if any("ended" in entry for entry in entries):
                break
            time.sleep(0.002)
        raise TimeoutError(what)


def noting(diary: Diary) -> None:
    """Have every process note itself, and every run where it begins; processes are forked."""
    load, save, work = Checkpoints.load, Checkpoints.save, pool._work

    def noted_load(checkpoints, run, grid):
        found = load(checkpoints, run, grid)
        diary.note(begins=run.key, t=found.t if found else 0, process=os.getpid())
        return found

    def noted_save(checkpoints, trajectory):
        save(checkpoints, trajectory)
        diary.note(saves=trajectory.run.key)

    def noted_work(*arguments):
        diary.note(worker=os.getpid())
        work(*arguments)

    Checkpoints.load, Checkpoints.save, pool._work = noted_load, noted_save, noted_work
    pool.mp = multiprocessing.get_context("fork")
    pool.mp.get_context = lambda _: pool.mp


def forked_sweep(store: Path, workers: int, diary: Diary) -> int:
    """The process number of a child that trains the sweep and notes how that ended."""
    child = os.fork()
    if child:
        return child
    try:
        gk.train(a_sweep(), until=UNTIL, measure=MEASURE, store=store, workers=workers)
        diary.note(ended="finished")
    except GrokkitError as error:
        diary.note(ended=str(error))
    except BaseException:
        traceback.print_exc()
        diary.note(ended="failed")
    os._exit(0)


def killed_and_restarted(folder: Path, workers: int, diary: Diary) -> dict:
    """Kill a sweep several times at random moments, then let it finish."""
    os.environ["GROKKIT_CACHE"] = str(folder / "cache")
    store, moments, seconds, known = folder / "store", random.Random(workers), [], len(diary.read())
    for attempt in range(KILLS[workers]):
        here = len(diary.read())
        child = forked_sweep(store, workers, diary)
        diary.wait_for("saves", moments.randint(1, 25) if attempt else 25, here)
        time.sleep(moments.uniform(0, 0.01))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        seconds.append(wait_until_gone([entry["worker"] for entry in diary.read()[here:] if "worker" in entry]))
    cut_short = KILLS[workers] - sum("ended" in entry for entry in diary.read()[known:])
    os.waitpid(forked_sweep(store, workers, diary), 0)
    entries = diary.read()[known:]
    return {
        "killed": cut_short,
        "resumed": sum(entry.get("t", 0) > 0 for entry in entries),
        "workers": sum("worker" in entry for entry in entries),
        "orphans lived": max(seconds),
        "ended": entries[-1]["ended"],
        "digests": digests(held(store)),
        "checkpoints left": len(list((folder / "cache" / "checkpoints").glob("*.safetensors"))),
    }


def dead_worker(folder: Path, diary: Diary) -> dict:
    """Kill one process of a pool, then run the sweep again."""
    os.environ["GROKKIT_CACHE"] = str(folder / "cache")
    store, here = folder / "store", len(diary.read())
    child = forked_sweep(store, 2, diary)
    os.kill(diary.wait_for("begins", 5, here)["process"], signal.SIGKILL)
    os.waitpid(child, 0)
    sentence = diary.read()[-1]["ended"]
    stored = digests(held(store))
    os.waitpid(forked_sweep(store, 2, diary), 0)
    return {"sentence": sentence, "stored": stored, "ended": diary.read()[-1]["ended"], "digests": digests(held(store))}


def no_cache(folder: Path, diary: Diary) -> dict:
    """A pool whose processes cannot write checkpoints, although their parent could."""
    folder.mkdir()
    (folder / "file").touch()
    os.environ["GROKKIT_CACHE"] = str(folder / "cache")
    work = pool._work

    def work_without(*arguments: object) -> None:
        os.environ["GROKKIT_CACHE"] = str(folder / "file" / "cache")
        work(*arguments)

    pool._work = work_without
    os.waitpid(forked_sweep(folder / "store", 2, diary), 0)
    pool._work = work
    return {"sentence": diary.read()[-1]["ended"]}


def held(store: Path) -> list[gk.Record]:
    return gk.train(a_sweep(), until=UNTIL, measure=MEASURE, store=store, missing="report")


def wait_until_gone(processes: list[int]) -> float:
    """Seconds until none of them runs any more (a zombie does not); after SOME_SECONDS they are killed."""
    began = time.monotonic()
    while (left := [process for process in processes if running(process)]) and time.monotonic() - began < SOME_SECONDS:
        time.sleep(0.02)
    for process in left:
        os.kill(process, signal.SIGKILL)
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
        "no cache": no_cache(folder / "no_cache", diary),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
