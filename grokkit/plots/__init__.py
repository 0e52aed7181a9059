"""Figures and tables of records: colours with fixed meanings, curves, and the way from a figure into a page."""

from grokkit.plots.curves import describe_runs, learning_curves, stacked_curves
from grokkit.plots.delay import delay_curves, delay_table
from grokkit.plots.figure import COLOURS, PHASE_COLOURS, InlineFigure, inline_svg, style, write_svg
from grokkit.plots.groups import (
    arrivals,
    band_curves,
    bands,
    curves_of,
    describe_bands,
    describe_counts,
    named_dots,
    scale,
    seed_dots,
)
from grokkit.plots.landscape import describe_landscapes, landscapes
from grokkit.plots.maps import describe_map, phase_maps, smooth_maps
from grokkit.plots.multiples import small_multiples
from grokkit.plots.places import place_curves
from grokkit.plots.switches import switch_curves
from grokkit.plots.tables import PageTable, page_table, steps_text

__all__ = [
    "COLOURS",
    "InlineFigure",
    "PHASE_COLOURS",
    "PageTable",
    "arrivals",
    "band_curves",
    "bands",
    "curves_of",
    "delay_curves",
    "delay_table",
    "describe_bands",
    "describe_counts",
    "describe_landscapes",
    "describe_map",
    "describe_runs",
    "inline_svg",
    "landscapes",
    "learning_curves",
    "named_dots",
    "page_table",
    "phase_maps",
    "place_curves",
    "scale",
    "seed_dots",
    "small_multiples",
    "smooth_maps",
    "stacked_curves",
    "steps_text",
    "style",
    "switch_curves",
    "write_svg",
]
