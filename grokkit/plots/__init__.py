"""Figures of records: colours with fixed meanings, curves, and the way from a figure into a page."""

from grokkit.plots.curves import describe_runs, learning_curves
from grokkit.plots.figure import COLOURS, InlineFigure, inline_svg, style, write_svg

__all__ = ["COLOURS", "InlineFigure", "describe_runs", "inline_svg", "learning_curves", "style", "write_svg"]
