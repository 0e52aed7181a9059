"""Small multiples: one panel a method, with its runs and what a source published, all on the same axes."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from grokkit.errors import BadInput
from grokkit.plots.figure import COLOURS, style
from grokkit.plots.given import require

COLUMNS = 3
_ROOM = 0.04


def small_multiples(
    table: pd.DataFrame, reference: pd.DataFrame, x: str, y: str, *, labels: tuple[str, str], ours: str, theirs: str
) -> Figure:
    """A share against a setting: a dot a run, a line through the medians, and a source's curve under them.

    table: panel, `x` and `y` (from 0 to 1), one row a run. reference: the same columns, one row a published point;
    panels that only it has are drawn, too, in its order. labels: of the two axes. ours, theirs: for the legend.
    """
    require(table, ("panel", x, y), "small_multiples")
    panels = list(dict.fromkeys([*reference["panel"], *table["panel"]]))
    if not panels:
        raise BadInput("small_multiples: neither table nor reference has a row, so there is no panel to draw.")
    rows = math.ceil(len(panels) / COLUMNS)
    with style():
        fig = Figure(figsize=(5.6, 0.8 + 1.35 * rows), layout="constrained")
        grid = fig.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False)
        for axes, panel in zip(grid.flat, panels, strict=False):
            _draw_panel(axes, *(each[each["panel"] == panel] for each in (table, reference)), x, y)
            axes.set_title(panel)
        for axes in grid.flat[len(panels) :]:
            axes.set_visible(False)
        grid[0, 0].set_ylim(-_ROOM, 1 + _ROOM)
        grid[0, 0].yaxis.set_major_formatter(PercentFormatter(1))
        fig.supxlabel(labels[0], fontsize=9.5)
        fig.supylabel(labels[1], fontsize=9.5)
        mine = Line2D([], [], color=COLOURS["validation"], marker="o", ms=4.5, lw=1.6, label=ours)
        fig.legend(handles=[mine, Line2D([], [], label=theirs, **_REFERENCE)], loc="outside upper left", ncols=2)
    return fig


_REFERENCE = {"color": COLOURS["reference"], "lw": 1.2, "ls": (0, (3, 1.5)), "marker": "x", "ms": 3.5}


def _draw_panel(axes: Axes, runs: pd.DataFrame, reference: pd.DataFrame, x: str, y: str) -> None:
    axes.plot(reference[x], reference[y], **_REFERENCE)
    axes.plot(runs[x], runs[y], "o", ms=4.5, color=COLOURS["validation"], alpha=0.6, mew=0)
    axes.plot(runs.groupby(x)[y].median(), color=COLOURS["validation"], lw=1.6)
