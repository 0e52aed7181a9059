"""Training and test loss over the norm of the weights, on logarithmic axes: an L and a U if the source is right."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullLocator

from grokkit.errors import BadInput
from grokkit.plots.curves import power_of_ten
from grokkit.plots.figure import COLOURS, style
from grokkit.plots.given import require

_LOSSES = {"train_loss": ("training", COLOURS["train"]), "val_loss": ("test", COLOURS["validation"])}
_TICKS = (0.1, 0.4, 1.0, 2.5, 10.0)
LEAST = 1e-9
"""Of the axis: a training loss below it is nothing but rounding."""


def landscapes(table: pd.DataFrame) -> Figure:
    """Losses where training ended, one thin line a seed, their medians thick; one panel beside the other.

    table: panel, seed, norm (a multiple of the initial one), train_loss, val_loss, one row a run.
    """
    require(table, ("panel", "seed", "norm", *_LOSSES), "landscapes")
    if table.empty:
        raise BadInput("landscapes: the table has no row, so there is no line to draw.")
    panels = list(dict.fromkeys(table["panel"]))
    with style():
        fig = Figure(figsize=(5.6, 2.9), layout="constrained")
        for axes, panel in zip(fig.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            _draw(axes, table[table["panel"] == panel])
            axes.set_title(panel)
        fig.axes[0].set_ylabel("loss")
        fig.supxlabel("norm of the weights, held (initial norm = 1)", fontsize=9.5)
        lines = [Line2D([], [], color=colour, lw=2, label=name) for name, colour in _LOSSES.values()]
        fig.legend(handles=lines, loc="outside upper left", ncols=2)
    return fig


def describe_landscapes(table: pd.DataFrame) -> str:
    """Say what the lines show to those who cannot see them: each panel's norm of the least median test loss."""
    told = []
    for panel, runs in table.groupby("panel", sort=False):
        median = runs.groupby("norm")[list(_LOSSES)].median()
        best = median["val_loss"].idxmin()
        ends = " and ".join(f"{median['val_loss'].loc[end]:.2g}" for end in (median.index[0], median.index[-1]))
        told.append(f"{panel}: test loss is least, {median['val_loss'].min():.2g}, at {best:g}, and {ends} at the ends")
    return f"{'; '.join(told)} (medians)."


def _draw(axes: Axes, table: pd.DataFrame) -> None:
    for loss, (_, colour) in _LOSSES.items():
        lines = np.maximum(table.pivot(index="norm", columns="seed", values=loss), LEAST)
        axes.plot(lines, color=colour, lw=0.7, alpha=0.45)
        axes.plot(lines.median(axis=1), color=colour, lw=2)
    axes.set(xscale="log", yscale="log")
    shown = [tick for tick in _TICKS if table["norm"].min() <= tick <= table["norm"].max()]
    axes.set_xticks(shown, [f"{tick:g}" for tick in shown])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(power_of_ten))
