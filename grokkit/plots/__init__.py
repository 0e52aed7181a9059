"""Figures and tables of records: colours with fixed meanings, curves, and the way from a figure into a page."""

from grokkit.plots.curves import describe_runs, learning_curves
from grokkit.plots.delay import delay_curves, delay_table
from grokkit.plots.figure import COLOURS, PHASE_COLOURS, InlineFigure, inline_svg, style, write_svg
from grokkit.plots.groups import band_curves, bands, scale, seed_dots
from grokkit.plots.maps import describe_map, phase_maps, smooth_maps
from grokkit.plots.multiples import small_multiples
from grokkit.plots.tables import PageTable, page_table

__all__ = [
    "COLOURS",
    "InlineFigure",
    "PHASE_COLOURS",
    "PageTable",
    "band_curves",
    "bands",
    "delay_curves",
    "delay_table",
    "describe_map",
    "describe_runs",
    "inline_svg",
    "learning_curves",
    "page_table",
    "phase_maps",
    "scale",
    "seed_dots",
    "small_multiples",
    "smooth_maps",
    "style",
    "write_svg",
]
