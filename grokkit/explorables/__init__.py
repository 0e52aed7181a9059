"""Figures to play with: real widgets where a kernel runs, the same picture from inlined data where none does."""

from grokkit.explorables.base import Explorable
from grokkit.explorables.live import LiveNetwork
from grokkit.explorables.phases import PhaseExplorer
from grokkit.explorables.runs import RunExplorer

__all__ = ["Explorable", "LiveNetwork", "PhaseExplorer", "RunExplorer"]
