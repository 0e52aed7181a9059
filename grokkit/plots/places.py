"""Where learned vectors of one dimension lie while a network learns: one line a vector, named where it ends."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from grokkit.errors import BadInput
from grokkit.plots.figure import COLOURS, style
from grokkit.plots.given import require

COLUMNS = 2
NAME_HEIGHT = 0.085
"""Room for a name, as a share of a panel's height: names of lines that end side by side are moved apart."""


def place_curves(table: pd.DataFrame) -> Figure:
    """Places against steps, in two columns of panels.

    table: panel, number, step, place, one row each. Each panel has its own scale of places.
    """
    require(table, ("panel", "number", "step", "place"), "place_curves")
    if table.empty:
        raise BadInput("place_curves: the table has no row, so there is no line to draw.")
    panels = list(table.groupby("panel", sort=False))
    rows = -(-len(panels) // COLUMNS)
    with style():
        fig = Figure(figsize=(5.6, 0.3 + 2.0 * rows), layout="constrained")
        grid = fig.subplots(rows, COLUMNS, sharex=True, squeeze=False)
        for axes, (panel, lines) in zip(grid.flat, panels, strict=False):
            _draw(axes, lines)
            axes.set_title(panel)
        for axes in grid.flat[len(panels) :]:
            axes.set_visible(False)
        fig.supxlabel("optimizer steps", fontsize=9.5)
        fig.supylabel("place", fontsize=9.5)
    return fig


def _draw(axes: Axes, table: pd.DataFrame) -> None:
    lines = table.pivot(index="step", columns="number", values="place")
    axes.plot(lines, color=COLOURS["parameters"], lw=1.1)
    axes.set_xlim(lines.index[0], lines.index[-1])
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    low, high = axes.get_ylim()
    ends = ((lines.iloc[-1] - low) / (high - low)).sort_values(kind="stable")
    for name, height in zip(ends.index, apart(ends.to_numpy(), NAME_HEIGHT), strict=True):
        axes.annotate(f"{name}", (1.02, height), xycoords="axes fraction", va="center", fontsize=8)


def apart(heights: np.ndarray, room: float) -> np.ndarray:
    """Rising heights, `room` apart from each other: those that touch are spread about their common middle."""
    blocks: list[list[float]] = []  # of heights that touch: the middle of their places, and how many they are
    for height in heights.tolist():
        middle, count = height, 1
        while blocks and middle - blocks[-1][0] < room * (count + blocks[-1][1]) / 2:
            other, more = blocks.pop()
            middle, count = (middle * count + other * more) / (count + more), int(count + more)
        blocks.append([middle, count])
    return np.concatenate([middle + room * (np.arange(count) - (count - 1) / 2) for middle, count in blocks])
