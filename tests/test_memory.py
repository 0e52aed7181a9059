"""Memory that one step frees serves the next, in a process that does nothing else."""

import os
import subprocess
import sys

import pytest

from grokkit.engine.memory import keep_freed_memory

CODE = """
import resource, torch
from grokkit import AdamW, MLP, ModularAddition, Run
from grokkit.engine import Shape, kernel
if {prepared}:
    kernel(Shape.of(Run(task=ModularAddition(), model=MLP(), optimizer=AdamW())), torch.device("cpu"), False)

def pages_of(steps):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(steps):
        together = [torch.ones(2**20) for _ in range(3)]
        del together
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / steps

print(min(pages_of(5) for _ in range(5)))  # the heap may still grow once or twice
"""


def pages_a_step(*, prepared):
    command = [sys.executable, "-c", CODE.format(prepared=prepared)]
    fresh = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "131072"}  # else what imports have freed raises it
    return float(subprocess.run(command, env=fresh, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(not keep_freed_memory(), reason="The C library here has no mallopt.")
def test_a_step_asks_the_system_for_no_new_pages():
    assert pages_a_step(prepared=False) > 20
    assert pages_a_step(prepared=True) < 2
