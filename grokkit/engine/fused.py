"""Many steps of a small network in one call of C++, for the shapes that have such a program (`grokkit.engine.native`).

Where a step takes a millisecond or less, its tensors leave the processor's cache between two operations of a compiled
graph; a program keeps a run there over all its steps. It is built by the compiler that a compiled graph needs anyway,
into the same cache. The plain step is its reference.
"""

from __future__ import annotations

from grokkit.engine.native.perceptron import Perceptron
from grokkit.engine.native.program import Program
from grokkit.engine.native.recurrent import Recurrent
from grokkit.engine.shape import Shape
from grokkit.tasks.task import Task

PROGRAMS = Perceptron, Recurrent


def fused(shape: Shape, task: Task) -> Program | None:
    """The program for a shape on the CPU; None if there is none."""
    program = next((each for each in PROGRAMS if each.knows(shape, task)), None)
    return program(shape, task) if program else None
