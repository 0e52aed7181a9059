"""Several settings in one picture: their curves with bands over seeds, and one dot a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator, PercentFormatter

from grokkit.errors import BadInput
from grokkit.plots.figure import COLOURS, INK, style
from grokkit.plots.given import require

_SCALE = ("#04ac00", "#49994c", "#648770", "#777690", "#8863b1", "#9b48d6", "#ae00fe")
"""From the first setting to the last, green to violet: found by a search for the path on which neighbours are furthest
apart to the tightest of four kinds of eye, in the narrow range of lightness that both grounds allow."""
_SETS = {"train_accuracy": ("training", "-"), "val_accuracy": ("validation", (0, (3, 1.5)))}
_UNIT = 100
STEPS = (_UNIT, "steps (100 iterations each)")
"""The horizontal axis of source A's figures: how many iterations one of its units has, and its label."""


def scale(n: int) -> list[str]:
    """n colours for an ordered quantity, at least 3:1 against white and against the dark page.

    Evenly spaced for every kind of eye.
    """
    places, anchors = np.linspace(0, len(_SCALE) - 1, n), np.array([to_rgb(colour) for colour in _SCALE])
    return [to_hex([np.interp(place, range(len(_SCALE)), channel) for channel in anchors.T]) for place in places]


def curves_of(rows: pd.DataFrame, group: str) -> pd.DataFrame:
    """One row an evaluation of each run of `evidence_table`: key, step, both accuracies, and its panel and `group`."""
    require(rows, ("key", "steps", *_SETS, "panel", group), "curves_of")
    parts = [
        pd.DataFrame(
            {
                "key": run["key"],
                "step": run["steps"],
                **{name: run[name] for name in _SETS},
                "panel": run["panel"],
                group: run[group],
            }
        )
        for _, run in rows.iterrows()
    ]
    return pd.concat(parts, ignore_index=True)


def arrivals(rows: pd.DataFrame, group: str) -> str:
    """What a figure of arrivals shows, for those who cannot see it: the median T_val of each panel and `group`."""
    medians = rows.groupby(["panel", group])["t_val"].apply(_median)
    when = {place: f"{t:,.0f}" if np.isfinite(t) else "not within the budget" for place, t in medians.items()}
    told = ", ".join(f"{panel}, {_named(value, group)}: {t}" for (panel, value), t in when.items())
    return f"Validation accuracy reaches 99% at these steps (median): {told}."


def describe_counts(rows: pd.DataFrame, by: Sequence[str]) -> str:
    """How many runs a setting has, from the rows that are drawn: '1 run a setting', '5 to 8 runs a setting'.

    by: the columns that make a setting.
    """
    sizes = rows.groupby(list(by)).size()
    few, many = sizes.min(), sizes.max()
    return f"{few} to {many} runs a setting" if few < many else f"{many} run{'s' if many > 1 else ''} a setting"


def bands(curves: pd.DataFrame, group: str) -> pd.DataFrame:
    """What `band_curves` draws: for each panel, group, set and step the median over runs and their range.

    curves: of `curves_of`: panel, `group`, key, step, train_accuracy, val_accuracy. Only
    multiples of 100 steps are used; a run that was stopped counts with its last value.
    """
    require(curves, ("panel", group, "key", "step", *_SETS), "bands")
    regular = curves[curves["step"] % _UNIT == 0]
    parts = []
    for (panel, value), runs in regular.groupby(["panel", group], sort=False):
        for name in _SETS:
            wide = runs.pivot(index="step", columns="key", values=name).ffill()
            summary = {"median": wide.median(axis=1), "low": wide.min(axis=1), "high": wide.max(axis=1)}
            labels = {"panel": panel, group: value, "set": _SETS[name][0], "runs": wide.shape[1]}
            parts.append(pd.DataFrame(summary).reset_index().assign(**labels))
    if not parts:
        raise BadInput("curves has no evaluation at a multiple of 100 steps: there is nothing to draw.")
    return pd.concat(parts, ignore_index=True)


def describe_bands(table: pd.DataFrame) -> str:
    """The sentence a caption needs: how many runs a line of `bands` has, and what it and its band are."""
    few, many = table["runs"].min(), table["runs"].max()
    if many == 1:
        return "1 run a line; a stopped run counts with its last value."
    n = f"{few} to {many}" if few < many else few
    return f"{n} runs a line: median, with their range as a band; a stopped run counts with its last value."


def band_curves(
    table: pd.DataFrame, group: str, symbol: str, last: float = np.nan, unit: tuple[float, str] = STEPS
) -> Figure:
    """Accuracy against steps as source A draws it: linear axes, steps of 100 iterations, validation dashed.

    table: of `bands`. One panel below the other; a line is a median over runs, a band their range. symbol: of what
    `group` holds where that is a number; names stand for themselves, in the order in which they come. last: the
    right end of the axis, as `step` counts; NaN for the end of the curves. unit: what one unit of the axis is worth in
    `step`, and the axis's label; (1, "epochs") where `step` was turned into epochs.
    """
    require(table, ("panel", group, "set", "step", "median", "low", "high"), "band_curves")
    panels, values = list(dict.fromkeys(table["panel"])), _in_order(table[group])
    colours = dict(zip(values, scale(len(values)), strict=True))
    with style():
        fig = Figure(figsize=(5.6, 0.7 + 2.1 * len(panels)), layout="constrained")
        for axes, panel in zip(fig.subplots(len(panels), sharex=True, squeeze=False)[:, 0], panels, strict=True):
            _draw_bands(axes, table[table["panel"] == panel], group, colours, unit[0])
            axes.set_title(panel)
        axes.set_xlim(0, max(1, np.fmin(last, table["step"].max()) / unit[0]))
        axes.set_xlabel(unit[1])
        lines = [Line2D([], [], color=colours[v], lw=2, label=_named(v, symbol)) for v in values]
        lines += [Line2D([], [], color=INK, lw=1.4, ls=dashes, label=name) for name, dashes in _SETS.values()]
        fig.legend(handles=lines, loc="outside upper left", ncols=4)
    return fig


def _in_order(column: pd.Series) -> list[float] | list[str]:
    """Numbers by size, names as they come."""
    found = column.unique().tolist()
    return found if any(isinstance(value, str) for value in found) else sorted(found)


def _named(value: float | str, symbol: str = "") -> str:
    if isinstance(value, str):
        return value
    return f"{symbol} = {value:g}" if symbol else f"{value:g}"


def _draw_bands(axes: Axes, table: pd.DataFrame, group: str, colours: dict[float | str, str], unit: float) -> None:
    dashes = dict(_SETS.values())
    for (value, which), curve in table.groupby([group, "set"]):
        x = curve["step"] / unit
        axes.fill_between(x, curve["low"], curve["high"], color=colours[value], alpha=0.16, lw=0)
        axes.plot(x, curve["median"], color=colours[value], lw=1.5, ls=dashes[which])
    axes.set_ylim(-0.02, 1.02)
    axes.set_ylabel("accuracy")
    axes.yaxis.set_major_formatter(PercentFormatter(1))


def seed_dots(
    table: pd.DataFrame, x: str, y: str, *, labels: tuple[str, str], budget: float | None = None, log: bool = True
) -> Figure:
    """One dot a run and a line through the medians, one panel beside the other.

    table: panel, `x` (a few ordered values, evenly spaced on the axis; names keep their order) and `y`; NaN in `y` is a
    censored run, drawn as an open triangle at `budget`. labels: of the two axes.
    """
    require(table, ("panel", x, y), "seed_dots")
    if budget is None and table[y].isna().any():
        raise BadInput("seed_dots budget: some runs are censored, and have no place without a budget.")
    panels, places = list(dict.fromkeys(table["panel"])), _in_order(table[x])
    with style():
        fig = Figure(figsize=(5.6, 2.7), layout="constrained")
        for axes, panel in zip(fig.subplots(1, len(panels), sharey=True, squeeze=False)[0], panels, strict=True):
            _draw_dots(axes, table[table["panel"] == panel], x, y, places, budget)
            axes.set_title(panel)
            axes.set_xlabel(labels[0])
            if log:
                axes.set_yscale("log")
                axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
                axes.yaxis.set_minor_locator(NullLocator())
                axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        fig.axes[0].set_ylabel(labels[1])
    return fig


def named_dots(table: pd.DataFrame, name: str, y: str, *, label: str, budget: float | None = None) -> Figure:
    """One dot a run on a row for each name, in the order of the table; one panel beside the other.

    table: panel, `name`, and `y` in steps; NaN is a censored run, drawn as an open triangle at `budget`. A stroke is
    at the median, where that is known. label: of the logarithmic axis that all panels share.
    """
    require(table, ("panel", name, y), "named_dots")
    if budget is None and table[y].isna().any():
        raise BadInput("named_dots budget: some runs are censored, and have no place without a budget.")
    panels, names = list(dict.fromkeys(table["panel"])), list(dict.fromkeys(table[name]))
    with style():
        fig = Figure(figsize=(5.6, 0.9 + 0.27 * len(names)), layout="constrained")
        row_of_axes = fig.subplots(1, len(panels), sharey=True, sharex=True, squeeze=False)[0]
        for axes, panel in zip(row_of_axes, panels, strict=True):
            for row, each in enumerate(names):
                runs = table[(table["panel"] == panel) & (table[name] == each)]
                _draw_row(axes, runs[y].to_numpy(dtype=float), row, budget)
            axes.set_title(panel)
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.xaxis.set_minor_locator(NullLocator())
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        fig.axes[0].set_yticks(range(len(names)), names)
        fig.axes[0].invert_yaxis()
        fig.supxlabel(label, fontsize=9.5)
    return fig


def _median(values: Sequence[float]) -> float:
    """Of an even number of runs the lower of the two in the middle, as tables have it (`grokkit.survival_median`).

    NaN is a run that came later than all others; inf where the median is such a run.
    """
    ordered = np.sort(np.nan_to_num(np.asarray(values, dtype=float), nan=np.inf))
    return float(ordered[(len(ordered) - 1) // 2]) if len(ordered) else float("inf")


def _draw_row(axes: Axes, values: np.ndarray, row: int, budget: float | None) -> None:
    seen = np.isfinite(values)
    axes.plot(values[seen], np.full(seen.sum(), row), "o", ms=4.5, color=COLOURS["validation"], alpha=0.6, mew=0)
    if budget is not None:
        axes.plot(np.full((~seen).sum(), budget), np.full((~seen).sum(), row), "^", ms=5, mfc="none", mec=INK)
    median = _median(values)
    if np.isfinite(median):
        axes.plot([median], [row], "|", ms=11, color=INK)


def _draw_dots(
    axes: Axes, table: pd.DataFrame, x: str, y: str, places: Sequence[float] | Sequence[str], budget: float | None
) -> None:
    colours = scale(len(places))
    known = [place for place in places if (table[x] == place).any()]
    for place in known:
        values, at = table.loc[table[x] == place, y].to_numpy(dtype=float), places.index(place)
        spread = at + np.linspace(-0.16, 0.16, len(values))
        seen = np.isfinite(values)
        axes.plot(spread[seen], values[seen], "o", ms=4.5, color=colours[at], alpha=0.85)
        if budget is not None:
            axes.plot(spread[~seen], np.full((~seen).sum(), budget), "^", ms=5, mfc="none", mec=colours[at])
    medians = [_median(table.loc[table[x] == place, y]) for place in known]
    axes.plot(
        [places.index(place) for place in known], np.where(np.isfinite(medians), medians, np.nan), color=INK, lw=1
    )
    axes.set_xticks(range(len(places)), [_named(place) for place in places])
    axes.set_xlim(-0.5, len(places) - 0.5)
