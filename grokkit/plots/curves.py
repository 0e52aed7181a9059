"""What a run did, step by step: accuracy, and loss where there is one, against optimizer steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log10
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullLocator, PercentFormatter

from grokkit.errors import BadInput
from grokkit.plots.figure import COLOURS, DASHES, INK, style
from grokkit.plots.given import Given, evaluations, require

_SETS = {"train": "training", "validation": "validation"}
_PREFIX = {"train": "train_", "validation": "val_"}
_PANELS = {"accuracy": "accuracy", "loss": "loss (nats)"}
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_ROOM_FOR_A_WORD = 5


def learning_curves(
    table: Given, *, t_train: float | None = None, t_val: float | None = None, chance: float | None = None
) -> Figure:
    """Accuracy against steps, one thin line a run, with their median where there are several.

    table: records, or one row for each run and evaluation step: run (or key), step, train_accuracy, val_accuracy;
    where train_loss and val_loss are there too, a second panel shows them in nats. Step 0 has no place on a logarithmic
    axis and is left out. In the median a run that was stopped counts with its last value.
    t_train, t_val: steps to mark, for example the medians of T_train and T_val; None or NaN (censored) marks nothing.
    chance: the accuracy of a guess, 1 / C.
    """
    table = _drawable(table)
    panels = [name for name in _PANELS if {f"train_{name}", f"val_{name}"} <= set(table.columns)]
    with style():
        fig = Figure(figsize=(5.6, 1.6 + 1.5 * len(panels)), layout="constrained")
        rows = fig.subplots(len(panels), sharex=True, squeeze=False)[:, 0]
        for axes, panel in zip(rows, panels, strict=True):
            _draw_panel(axes, table, panel)
            _mark_passages(axes, {"T_train": t_train, "T_val": t_val}, named=axes is rows[0])
        _finish(fig, rows, chance)
    return fig


def stacked_curves(
    table: Given, quantities: Mapping[str, tuple[str, str]], marks: Mapping[str, float] | None = None
) -> Figure:
    """Several quantities over the same steps, one panel below the other; one thin line a run, and their median.

    table: records, or one row for each run and evaluation step: run (or key), step, and a column a quantity.
    quantities: column -> the label of its axis, and the name of its colour in COLOURS. marks: name -> step of a
    vertical line; NaN marks nothing. Linear axes from zero, as norms are drawn by source A.
    """
    table = _named(table)
    require(table, {"run", "step", *quantities}, "stacked_curves")
    with style():
        fig = Figure(figsize=(5.6, 0.6 + 1.25 * len(quantities)), layout="constrained")
        rows = fig.subplots(len(quantities), sharex=True, squeeze=False)[:, 0]
        for axes, (name, (label, colour)) in zip(rows, quantities.items(), strict=True):
            _draw_runs(axes, table.pivot(index="step", columns="run", values=name), COLOURS[colour])
            axes.set_ylabel(label)
            axes.set_ylim(bottom=0)
            _mark_passages(axes, marks or {}, named=axes is rows[0])
        rows[-1].set_xlim(left=0)
        rows[-1].xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
        rows[-1].set_xlabel("optimizer steps")
    return fig


def describe_runs(table: Given) -> str:
    """The sentence a caption needs: how many runs, and what the lines are."""
    n = _named(table)["run"].nunique()
    if n == 1:
        return "1 run."
    return f"{n} runs: thin lines are runs, thick lines their median; a stopped run counts with its last value."


def _named(given: Given) -> pd.DataFrame:
    table = evaluations(given)
    return table if "run" in table.columns else table.rename(columns={"key": "run"})


def _drawable(given: Given) -> pd.DataFrame:
    table = _named(given)
    require(table, ("run", "step", "train_accuracy", "val_accuracy"), "learning_curves")
    drawable = table[table["step"] > 0]
    if drawable.empty:
        raise BadInput("table has no evaluation after step 0: there is nothing to draw.")
    return drawable


def _draw_panel(axes: Axes, table: pd.DataFrame, panel: str) -> None:
    for name in _SETS:
        curves = table.pivot(index="step", columns="run", values=f"{_PREFIX[name]}{panel}")
        _draw_runs(axes, curves, COLOURS[name])
    axes.set_ylabel(_PANELS[panel])
    axes.set_xscale("log")


def _draw_runs(axes: Axes, curves: pd.DataFrame, colour: str) -> None:
    """One column a run: thin lines and their median, or one line where there is one run."""
    several = curves.shape[1] > 1
    for _, curve in curves.items():
        axes.plot(curve.dropna(), color=colour, lw=0.7 if several else 1.8, alpha=0.45 if several else 1)
    if several:
        axes.plot(curves.ffill().dropna().median(axis=1), color=colour, lw=2)


def _mark_passages(axes: Axes, passages: Mapping[str, float | None], named: bool) -> None:
    """Vertical lines at T_train and T_val, named to the left of the one and to the right of the other."""
    known = {name: step for name, step in passages.items() if pd.notna(step)}
    for name, step in known.items():
        axes.axvline(step, color=INK, lw=0.8, ls=DASHES, alpha=0.7)
        if named:
            side, shift = ("right", 2) if name == "T_train" else ("left", -2)
            _above(axes, f"{name} {step:,.0f}", step, ha=side, xytext=(shift, 4))
    if named and len(known) == 2 and known["T_val"] > _ROOM_FOR_A_WORD * known["T_train"]:
        _show_delay(axes, known["T_train"], known["T_val"])


def _show_delay(axes: Axes, start: float, end: float) -> None:
    where = axes.get_xaxis_transform()
    arrow = {"arrowstyle": "<->", "color": INK, "lw": 0.8, "shrinkA": 4, "shrinkB": 4}
    axes.annotate("", (end, 1.06), (start, 1.06), xycoords=where, textcoords=where, arrowprops=arrow)
    _above(axes, "delay", (start * end) ** 0.5, ha="center", xytext=(0, 12))


def _above(axes: Axes, text: str, step: float, **place: Any) -> None:
    axes.annotate(text, (step, 1), xycoords=axes.get_xaxis_transform(), textcoords="offset points", **place)


def _finish(fig: Figure, rows: Sequence[Axes], chance: float | None) -> None:
    accuracy, steps = rows[0], rows[-1].xaxis
    accuracy.set_ylim(-0.02, 1.02)
    accuracy.yaxis.set_major_formatter(PercentFormatter(1))
    legend = [Line2D([], [], color=COLOURS[name], lw=2, label=label) for name, label in _SETS.items()]
    if chance is not None:
        legend.append(accuracy.axhline(chance, color=COLOURS["reference"], lw=1.4, ls=(0, (1, 1.5)), label="chance"))
    for loss in rows[1:]:
        loss.set_yscale("log")
        loss.yaxis.set_major_formatter(FuncFormatter(power_of_ten))
    steps.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
    for axis in (steps, *(axes.yaxis for axes in rows)):
        axis.set_minor_locator(NullLocator())
    rows[-1].set_xlabel("optimizer steps")
    fig.legend(handles=legend, loc="outside upper left", ncols=3)


def power_of_ten(value: float, _: int) -> str:
    """10⁻² in plain characters, because matplotlib's own superscripts would fix the font."""
    return "10" + f"{round(log10(value))}".translate(_SUPERSCRIPTS)
