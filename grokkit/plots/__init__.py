"""Figures and tables of records: colours with fixed meanings, curves, and the way from a figure into a page."""

from grokkit.plots.curves import describe_runs, learning_curves
from grokkit.plots.delay import delay_curves, delay_table
from grokkit.plots.figure import COLOURS, InlineFigure, inline_svg, style, write_svg
from grokkit.plots.groups import band_curves, bands, scale, seed_dots
from grokkit.plots.multiples import small_multiples
from grokkit.plots.switches import switch_curves
from grokkit.plots.tables import PageTable, page_table

__all__ = [
    "COLOURS",
    "InlineFigure",
    "PageTable",
    "band_curves",
    "bands",
    "delay_curves",
    "delay_table",
    "describe_runs",
    "inline_svg",
    "learning_curves",
    "page_table",
    "scale",
    "seed_dots",
    "small_multiples",
    "style",
    "switch_curves",
    "write_svg",
]
