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

def pages_of(steps):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(steps):
        together = [torch.ones(2**20) for _ in range(3)]
        del together
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / steps

def fewest():
    return min(pages_of(5) for _ in range(5))  # the heap may still grow once or twice

before = fewest()
kernel(Shape.of(Run(task=ModularAddition(), model=MLP(), optimizer=AdamW())), torch.device("cpu"), False)
print(before, fewest())
"""


@pytest.mark.skipif(not keep_freed_memory(), reason="The C library here has no mallopt.")
def test_a_step_asks_the_system_for_no_new_pages():
    fresh = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "131072"}  # else what imports have freed raises it
    done = subprocess.run([sys.executable, "-c", CODE], env=fresh, capture_output=True, text=True, check=True)
    before, prepared = map(float, done.stdout.split())
    assert before > 20
    assert prepared < 2
