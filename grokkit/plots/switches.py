"""What a run does around the moment at which one of its settings is switched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator, PercentFormatter

from grokkit.errors import BadInput
from grokkit.plots.figure import COLOURS, DASHES, INK, style
from grokkit.plots.given import require

_PANELS = {
    "accuracy": ("train_accuracy", "val_accuracy"),
    "loss (nats)": ("train_loss", "val_loss"),
    "weight norm": ("parameter_l2",),
    "gradient norm": ("gradient_l2",),
}
_SHARE = "accuracy"
_SETS = {"train": "training", "val": "validation"}
_THOUSAND = 1000
_FEW_DECADES = 100


def switch_curves(table: pd.DataFrame, quantities: Sequence[str] = tuple(_PANELS)) -> Figure:
    """Accuracy, loss, l2 norm of the weights and of the batch's gradient against steps from the switch on.

    table: one row for each run and evaluation: panel, key, step, moment (the step of the run's switch) and what is
    drawn. quantities: which of the four are. One column of axes a panel, all on the same ones; a thin line a run; the
    switch is the dashed line at 0. Raises BadInput for a table without these columns or rows.
    """
    drawn = {label: _PANELS[label] for label in quantities}
    needed = {"panel", "key", "step", "moment", *(name for names in drawn.values() for name in names)}
    require(table, needed, "switch_curves")
    if table.empty:
        raise BadInput("table has no evaluation: there is nothing to draw.")
    _refuse_blank_rows(table, drawn)
    panels = list(dict.fromkeys(table["panel"]))
    with style():
        fig = Figure(figsize=(5.6, 0.9 + 1.3 * len(drawn)), layout="constrained")
        grid = fig.subplots(len(drawn), len(panels), sharex=True, sharey="row", squeeze=False)
        for column, panel in zip(grid.T, panels, strict=True):
            column[0].set_title(panel)
            for axes, names in zip(column, drawn.values(), strict=True):
                _draw(axes, table[table["panel"] == panel], names)
            column[-1].set_xlabel("thousand steps after the switch")
        for row, label in zip(grid, drawn, strict=True):
            _finish(row[0], label)
        lines = [Line2D([], [], color=_colour(f"{name}_"), lw=1.6, label=label) for name, label in _SETS.items()]
        fig.legend(handles=lines, loc="outside upper left", ncols=2)
    return fig


def _refuse_blank_rows(table: pd.DataFrame, drawn: Mapping[str, Sequence[str]]) -> None:
    for label, names in drawn.items():
        if label != _SHARE and not (table[list(names)] > 0).any(axis=None):
            raise BadInput(f"table has no positive {label}, which is drawn on a logarithmic scale: add evaluations.")


def _draw(axes: Axes, table: pd.DataFrame, names: tuple[str, ...]) -> None:
    for _, run in table.groupby("key", sort=False):
        for name in names:
            axes.plot((run["step"] - run["moment"]) / _THOUSAND, run[name], color=_colour(name), lw=0.9, alpha=0.6)
    axes.axvline(0, color=INK, lw=0.8, ls=DASHES, alpha=0.7)


def _colour(name: str) -> str:
    sets = {"train": COLOURS["train"], "val": COLOURS["validation"]}
    return sets.get(name.split("_")[0], INK)


def _finish(axes: Axes, label: str) -> None:
    """The axis that a row of panels shares."""
    axes.set_ylabel(label)
    if label == _SHARE:
        axes.set_ylim(-0.02, 1.02)
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        return
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(_locator(*axes.get_ylim()))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _locator(low: float, high: float) -> LogLocator:
    """Ticks at 1, 2 and 5, within a decade at more; over many decades such a locator would leave them all out."""
    subs = (1, 2, 5) if high / low < _FEW_DECADES else (1,)
    if high / low < 10:
        subs = (1, 1.5, 2, 3, 5, 7)
    return LogLocator(subs=subs, numticks=6)
