"""What is too slow for `make test`: bits and equality at full shapes, and every promise about speed.

Writes benchmarks/results/<hardware>.json and benchmarks/README.md. About 20 minutes on one core.
"""

from __future__ import annotations

import json
import multiprocessing as mp
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from benchmarks.compare import compare, stack_of
from benchmarks.report import write_readme
from benchmarks.shapes import SHAPES
from grokkit import SAM, Measure, Run, Until
from grokkit.config.run import Seeds
from grokkit.engine import Session, Shape, Stack, Trajectory, kernel
from grokkit.train.machine import environment, has_bfloat16, one_thread, versions

CPU = torch.device("cpu")
STEPS = 12
TRANSFORMER = SHAPES["transformer"].run
SAM_MLP = SHAPES["mlp"].run.model_copy(update={"optimizer": SAM()})


def main() -> None:
    with one_thread():
        found: dict[str, Any] = {"made": datetime.now(UTC).isoformat(timespec="seconds")}
        found |= {"versions": versions(), "environment": environment(CPU, True)}
        found["vectors"] = torch.backends.cpu.get_cpu_capability()  # one name of hardware may have several
        found["pace"] = compare(None, "cpu", progress=lambda line: print(line, flush=True))
        found["bits"] = {name: _bits(run) for name, run in _bit_cases().items()}
        found["equality"] = {name: _equality(run) for name, run in _bit_cases().items() if run.precision == "float32"}
        found["evaluation"] = _evaluation_share()
        found["memory_mb_a_run"] = _memory()
        found["warm_start_seconds"] = _warm_start()
        found["import_seconds"] = _import_seconds()
        found["two_processes"] = _two_processes()
    name = f"{found['environment']['hardware']} {found['vectors']}".lower().replace(" ", "-")
    file = Path(__file__).parent / "results" / f"{name}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"{file} and {write_readme()} are written")


def _bit_cases() -> dict[str, Run]:
    cases = {name: shape.run for name, shape in SHAPES.items()} | {"mlp with SAM": SAM_MLP}
    if has_bfloat16(CPU):
        cases["transformer, bfloat16"] = TRANSFORMER.model_copy(update={"precision": "bfloat16"})
    return cases


def _bits(run: Run) -> dict[str, Any]:
    """Whether seed 0 takes bitwise the same steps wherever a sweep may place it.

    A shape that a CPU stacks is never trained in a stack of one: it is compared first in a stack of two, and last in
    a full one. A shape that is never stacked on a CPU is compared with itself in a stack of two all the same.
    """
    slots = len(stack_of(run, CPU).slots)
    orders = [[0, 1], list(range(slots))[::-1]] if slots > 1 else [[0], [1, 0]]
    one, other = (_weights(run, order) for order in orders)
    same = all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    return {"slots": slots, "compared": [len(order) for order in orders], "steps": STEPS, "bitwise_equal": same}


def _weights(run: Run, seeds: list[int], compiled: bool = True) -> list[torch.Tensor]:
    """The weights of seed 0 after STEPS steps in a stack of these seeds."""
    ready = kernel(Shape.of(run), CPU, compiled)
    runs = [run.model_copy(update={"seeds": Seeds.all(seed)}) for seed in seeds]
    stack = Stack(ready, [Trajectory.start(r, ready.task) for r in runs])
    stack.advance(STEPS)
    return list(stack.snapshot(seeds.index(0)).params.values())


def _equality(run: Run) -> float:
    """Largest difference between compiled and uncompiled weights after STEPS steps in float64, three runs stacked."""
    run = run.model_copy(update={"precision": "float64"})
    pairs = zip(_weights(run, [1, 0, 2]), _weights(run, [1, 0, 2], compiled=False), strict=True)
    return max((a - b).abs().max().item() for a, b in pairs)


def _evaluation_share(steps: int = 4_000) -> dict[str, float]:
    """Share of the time that evaluations take on the default grid, over a usual run of source A's transformer."""
    session = Session(stack_of(TRANSFORMER, CPU, slots=1), iter([]), Until(steps=steps, accuracy=None), Measure())
    spent, measure = [0.0], session._measure

    def timed(due: list[int]) -> None:
        began = time.perf_counter()
        measure(due)
        spent[0] += time.perf_counter() - began

    session._measure = timed  # type: ignore[method-assign]
    began = time.perf_counter()
    while session.active:
        list(session.proceed())
    return {"steps": steps, "share": spent[0] / (time.perf_counter() - began)}


def _memory(fewer: int = 1, more: int = 3) -> float:
    """Growth of the peak memory of a process when it trains more transformers at once, in MB a run.

    Medians of three processes each, after one that compiles, which leaves its memory in pieces.
    """
    peaks = [statistics.median([_in_fresh_process(_peak, slots) for _ in range(4)][1:]) for slots in (fewer, more)]
    return (peaks[1] - peaks[0]) / (more - fewer)


def _peak(slots: int) -> float:
    """Peak memory of the steps that follow the first, in MB."""
    with one_thread():
        stack = stack_of(TRANSFORMER, CPU, slots=slots)
        stack.advance(1)
        Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here: it was the compiler's
        stack.advance(5)
    status = Path("/proc/self/status").read_text().splitlines()  # getrusage would count the parent's peak, too
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def _in_fresh_process(function: Any, *arguments: Any) -> Any:
    with mp.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def _warm_start() -> float:
    """Seconds to the first compiled step of a new process whose compiler cache is full, imports left out."""
    return _in_fresh_process(_first_step)


def _first_step() -> float:
    with one_thread():
        began = time.perf_counter()
        stack_of(TRANSFORMER, CPU).advance(1)
        return time.perf_counter() - began


def _import_seconds() -> float:
    """What `import grokkit` adds to `import torch`."""
    code = "import time, torch; t = time.perf_counter(); import grokkit; print(time.perf_counter() - t)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def _two_processes(rounds: int = 5) -> float:
    """Steps per second of two processes together over those of one alone; median of rounds, which take turns."""
    with mp.get_context("spawn").Pool(2) as pool:
        pool.map(_pace, range(2), chunksize=1)  # both trace, and are ready at the same time
        ratios = []
        for _ in range(rounds):
            alone = pool.apply(_pace, (0,))
            ratios.append(sum(pool.map(_pace, range(2), chunksize=1)) / alone)
    return statistics.median(ratios)


def _pace(_: int, seconds: float = 5.0) -> float:
    with one_thread():
        stack = stack_of(TRANSFORMER, CPU)
        stack.advance(5)
        began, steps = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            stack.advance(10)
            steps += 10
        return steps / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
