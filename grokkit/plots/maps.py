"""Maps of a swept pair of settings: one coloured cell a run, in phases or in steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, LogNorm, to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path

from grokkit.analysis.phases import PHASES
from grokkit.errors import BadInput
from grokkit.plots.figure import PHASE_COLOURS, STEP_COLOURS, style
from grokkit.plots.given import require

TICKS = 6
"""At most so many numbers on an axis."""
SHADES = 30
"""Colours that a scale of steps is divided into."""
_MARK = {"color": "white", "marker": "o", "ms": 3, "mec": "#1f2328", "mew": 0.8, "ls": "none"}
_SCALES = {name: LinearSegmentedColormap.from_list("", stops) for name, stops in STEP_COLOURS.items()}


def phase_maps(table: pd.DataFrame, x: str, y: str, labels: tuple[str, str], marked: str | None = None) -> Figure:
    """Phases on a grid, drawn as source B draws them: `x` to the right, `y` downwards, one panel beside the other.

    table: panel, `x`, `y`, phase, one row a run; a cell without a row stays empty. labels: of the two axes.
    marked: a column of booleans; its true cells carry a dot, and its name stands in the legend.
    Raises BadInput for a table without rows or without that column.
    """
    if marked and marked not in table.columns:
        raise BadInput(f"maps marked: the table has no column '{marked}'; it has {', '.join(map(str, table.columns))}.")
    require(table, ("panel", x, y, "phase"), "phase_maps")
    colours = table["phase"].map(PHASE_COLOURS)
    fig = _maps(table.assign(colour=colours, marked=table[marked] if marked else False), x, y, labels)
    with style():
        keys = [Patch(color=PHASE_COLOURS[name], label=name) for name in PHASES]
        if marked and table[marked].any():
            keys.append(Line2D([], [], **_MARK, label=marked))
        columns = 4 if len(keys) == len(PHASES) else 3
        fig.legend(handles=keys, loc="outside upper left", ncols=columns, handlelength=1.2, columnspacing=1.2)
    return fig


def smooth_maps(table: pd.DataFrame, x: str, y: str, labels: tuple[str, str], budget: float) -> Figure:
    """Steps on a grid, as source B's smooth diagrams: one scale where a run generalises, another where it does not.

    table: panel, `x`, `y`, phase, smooth (steps, see `grokkit.smooth`). budget: the right end of both scales, in steps.
    """
    require(table, ("panel", x, y, "phase", "smooth"), "smooth_maps")
    norm = LogNorm(1, budget, clip=True)
    generalises = table["phase"].isin(PHASES[:2])
    scales = [list(_SCALES.values())[not each] for each in generalises]
    colours = [
        to_hex(scale(round(float(norm(max(value, 1))) * SHADES) / SHADES))
        for scale, value in zip(scales, table["smooth"], strict=True)
    ]
    fig = _maps(table.assign(colour=colours, marked=False), x, y, labels, room=0.9)
    with style():
        for title, scale in _SCALES.items():
            bar = fig.colorbar(
                ScalarMappable(norm, scale), ax=fig.axes[: table["panel"].nunique()], location="bottom", aspect=45
            )
            bar.set_label(f"{title} (steps)")
            bar.outline.set_linewidth(0.5)
    return fig


def describe_map(table: pd.DataFrame) -> str:
    """For those who do not see it: how many cells of each panel are in which phase."""
    told = []
    for panel, cells in table.groupby("panel", sort=False):
        counts = cells["phase"].value_counts()
        told.append(f"{panel}, {len(cells)} cells: " + ", ".join(f"{counts.get(name, 0)} {name}" for name in PHASES))
    return "; ".join(told) + "."


def _maps(table: pd.DataFrame, x: str, y: str, labels: tuple[str, str], room: float = 0.0) -> Figure:
    panels = list(dict.fromkeys(table["panel"]))
    if not panels:
        raise BadInput("maps: the table has no row, so there is no cell to draw.")
    with style():
        fig = Figure(figsize=(5.6, 0.9 + room + 4.6 / max(2, len(panels))), layout="constrained")
        for axes, panel in zip(fig.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            _draw(axes, table[table["panel"] == panel], x, y)
            axes.set_title(panel)
            axes.set_xlabel(labels[0])
        fig.axes[0].set_ylabel(labels[1])
    return fig


def _draw(axes: Axes, cells: pd.DataFrame, x: str, y: str) -> None:
    across, down = (sorted(cells[name].unique()) for name in (x, y))
    column, row = (cells[name].map(places.index) for name, places in ((x, across), (y, down)))
    for colour, members in cells.groupby("colour").groups.items():  # one shape a colour: small pages
        shape = Path.make_compound_path_from_polys(_strips(row[members], column[members]))
        axes.add_patch(PathPatch(shape, facecolor=colour, edgecolor=colour, linewidth=0.3))
    axes.plot(column[cells["marked"]], row[cells["marked"]], **_MARK)
    axes.set_xlim(-0.5, len(across) - 0.5)
    axes.set_ylim(len(down) - 0.5, -0.5)
    axes.set_xticks(*_ticks(across), rotation=45)
    axes.set_yticks(*_ticks(down))
    axes.grid(False)


def _strips(rows: pd.Series, columns: pd.Series) -> np.ndarray:
    """The cells' outlines, those side by side in one: (S, 4, 2)."""
    strips: list[list[int]] = []
    for row, column in sorted(zip(rows, columns, strict=True)):
        if strips and strips[-1][0] == row and strips[-1][2] == column - 1:
            strips[-1][2] = column
        else:
            strips.append([row, column, column])
    row, first, last = np.array(strips).T
    left, right, top, bottom = first - 0.5, last + 0.5, row - 0.5, row + 0.5
    return np.stack([[left, top], [right, top], [right, bottom], [left, bottom]]).transpose(2, 0, 1)


def _ticks(places: Sequence[float]) -> tuple[list[int], list[str]]:
    every = -(-len(places) // TICKS)
    at = list(range(0, len(places), every))
    return at, [f"{places[i]:.2g}" for i in at]
