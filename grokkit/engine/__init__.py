"""The step loop: one compiled step, many runs. Knows nothing of stores, files or processes."""

from grokkit.engine.kernel import Kernel, kernel
from grokkit.engine.session import Event, Session
from grokkit.engine.shape import Shape
from grokkit.engine.stack import Stack
from grokkit.engine.trajectory import Trajectory

__all__ = ["Event", "Kernel", "Session", "Shape", "Stack", "Trajectory", "kernel"]
