"""Sweeps killed, raced and wrecked for as long as you like: nothing may be lost, and no record may be wrong.

    python tests/support/soak.py [MINUTES] [SEED]

A round trains the same small sweep in a folder of its own. Processes train it, one or two at a time and each alone or
with workers; they are stopped at random moments by a random signal; between two goes checkpoints and records are
damaged. The last go is left in peace, and its records must be those of an undisturbed sweep, bit for bit. Ends with
status 1 at the first round that is not so, and says which. What a round does follows from SEED and its number; when a
signal meets a process does not.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

import torch._dynamo  # noqa: F401  (a second that no child need spend)
from killed_sweeps import held
from tiny import MEASURE, UNTIL, a_sweep, digests

import grokkit as gk
from grokkit.errors import GrokkitError
from grokkit.train import pool, worker

STOPPED = 3
"""The status of a process that ended with a sentence of ours."""
FAILED = 9
LONGEST = 4.0
"""Seconds after which a go is stopped at the latest: some end before, with all or a part of the records."""
SIGNALS = signal.SIGKILL, signal.SIGTERM, signal.SIGINT


def flip(file: Path, luck: random.Random) -> None:
    data = bytearray(file.read_bytes())
    if data:
        data[luck.randrange(len(data))] ^= 1 << luck.randrange(8)
        file.write_bytes(data)


def truncate(file: Path, luck: random.Random) -> None:
    file.write_bytes(file.read_bytes()[: luck.randrange(file.stat().st_size + 1)])


def swap(file: Path, luck: random.Random) -> None:
    """With another of the folder."""
    other, between = luck.choice(sorted(file.parent.glob(f"*{file.suffix}"))), file.with_suffix(".between")
    for one, name in ((file, between), (other, file), (between, other)):
        with contextlib.suppress(FileNotFoundError):
            one.rename(name)


def make_pipe(file: Path, _: random.Random) -> None:
    file.unlink()
    os.mkfifo(file)


def wreck(folder: Path, luck: random.Random) -> list[str]:
    """Damage some checkpoints and at most one record; return what was done."""
    done = []
    for file in sorted((folder / "cache" / "checkpoints").rglob("*.safetensors")):
        if file.is_file() and luck.random() < 0.3:
            how = luck.choice((flip, truncate, swap, make_pipe))
            how(file, luck)
            done.append(f"checkpoint {how.__name__}")
    records = sorted((folder / "store").glob("*.parquet"))
    if records and luck.random() < 0.5:
        how = luck.choice((flip, truncate))
        how(luck.choice(records), luck)
        done.append(f"record {how.__name__}")
    return done


def go(folder: Path, workers: int) -> int:
    """Start a process that trains the sweep; return its number."""
    child = os.fork()
    if child:
        return child
    status = FAILED
    try:
        warnings.simplefilter("ignore")
        gk.train(a_sweep(), until=UNTIL, measure=MEASURE, store=folder / "store", workers=workers, compiled=False)
        status = 0
    except (GrokkitError, KeyboardInterrupt):
        status = STOPPED
    except BaseException:
        traceback.print_exc()
    os._exit(status)


def disturbed(folder: Path, luck: random.Random, seen: Counter) -> None:
    """Train for a while, alone or beside another, and stop."""
    children = [go(folder, luck.choice((1, 1, 2))) for _ in range(luck.choice((1, 1, 2)))]
    time.sleep(luck.uniform(0, LONGEST))
    for child in children:
        number = luck.choice(SIGNALS)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)
        seen[number.name] += 1
    for child in children:
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) == FAILED:
            raise AssertionError("a process ended with the traceback above")


def one_round(folder: Path, luck: random.Random, expected: list[str]) -> Counter:
    """Disturb a sweep some times, then let it end; raise AssertionError if its records are others than expected."""
    os.environ["GROKKIT_CACHE"] = str(folder / "cache")
    seen: Counter = Counter()
    for _ in range(luck.randint(1, 5)):
        disturbed(folder, luck, seen)
        seen.update(wreck(folder, luck))
    _, status = os.waitpid(go(folder, luck.choice((1, 2))), 0)
    if os.waitstatus_to_exitcode(status):
        raise AssertionError("the last go did not end well")
    found = digests(held(folder / "store"))
    if found != expected:
        raise AssertionError(f"records differ: {json.dumps(found)} for {json.dumps(expected)}")
    return seen


def main(minutes: float, seed: int) -> None:
    warnings.simplefilter("ignore")
    worker.CHECKPOINT_SECONDS = 0.0  # after every chunk of steps
    torch.set_num_threads(1)
    pool.mp = multiprocessing.get_context("fork")
    pool.mp.get_context = lambda _: pool.mp
    top, ends, rounds, seen = Path(tempfile.mkdtemp(prefix="soak-")), time.monotonic() + 60 * minutes, 0, Counter()
    os.environ["GROKKIT_CACHE"] = str(top / "quiet")
    asked = dict(until=UNTIL, measure=MEASURE, store=top / "undisturbed", compiled=False)
    expected = digests(gk.train(a_sweep(), **asked))
    while time.monotonic() < ends:
        folder = top / str(rounds)
        try:
            seen += one_round(folder, random.Random(f"{seed}-{rounds}"), expected)
        except AssertionError as error:
            sys.exit(f"Round {rounds} of seed {seed}: {error}. Its files are in {folder}.")
        shutil.rmtree(folder)
        rounds += 1
    shutil.rmtree(top)
    done = ", ".join(f"{times} {name}" for name, times in sorted(seen.items()))
    print(f"{rounds} rounds of {len(expected)} runs, each with the records of an undisturbed sweep: {done}.")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
