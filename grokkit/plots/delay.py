"""What happens between T_train and T_val, with every run's delay stretched to the same length."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from grokkit.plots.figure import COLOURS, style
from grokkit.plots.given import Given, require, runs_with_curves

_READ = ("key", "t_train", "t_val", "delay", "steps", "val_accuracy")


def delay_curves(table: Given, shaded: tuple[float, float] | None = None) -> Figure:
    """Validation accuracy against the share of the delay that has passed, one thin line a run, the median thick.

    table: records, or a table of `evidence_table`; where that has a column `panel`, one panel beside the other. Runs
    that are censored, or arrive with validation first, are left out. shaded: a range of accuracies to mark.
    """
    table = _in_panels(table)
    arrived = _delayed(table)
    panels = list(dict.fromkeys(table["panel"]))
    with style():
        fig = Figure(figsize=(5.6, 2.6), layout="constrained")
        for axes, panel in zip(fig.subplots(1, len(panels), sharey=True, squeeze=False)[0], panels, strict=True):
            _draw(axes, arrived[arrived["panel"] == panel])
            if shaded:
                axes.axhspan(*shaded, color=COLOURS["reference"], alpha=0.22, lw=0)
            axes.set_title(panel)
            axes.set_xlabel("share of the delay passed")
            axes.xaxis.set_major_formatter(PercentFormatter(1))
        fig.axes[0].set_ylabel("validation accuracy")
        fig.axes[0].yaxis.set_major_formatter(PercentFormatter(1))
        fig.axes[0].set_ylim(-0.02, 1.02)
    return fig


def delay_table(table: Given) -> pd.DataFrame:
    """What is drawn: panel, key, share of the delay, val_accuracy."""
    rows = [
        _stretched(run).assign(panel=run["panel"], key=run["key"]) for _, run in _delayed(_in_panels(table)).iterrows()
    ]
    return (
        pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=["share", "val_accuracy", "panel", "key"])
    )


def _in_panels(given: Given) -> pd.DataFrame:
    """The runs with their curves, in one panel without a name where nothing says another."""
    table = runs_with_curves(given)
    require(table, _READ, "delay_curves")
    return table if "panel" in table.columns else table.assign(panel="")


def _delayed(table: pd.DataFrame) -> pd.DataFrame:
    """The runs that have a delay to stretch: arrived, and not with validation first."""
    return table[table["delay"] >= 0]


def _draw(axes: Axes, runs: pd.DataFrame) -> None:
    common = np.linspace(0, 1, 101)
    on_common = []
    for _, run in runs.iterrows():
        line = _stretched(run)
        axes.plot(line["share"], line["val_accuracy"], color=COLOURS["validation"], lw=0.7, alpha=0.5)
        on_common.append(np.interp(common, line["share"], line["val_accuracy"]))
    if on_common:
        axes.plot(common, np.median(on_common, axis=0), color=COLOURS["validation"], lw=2)
    axes.set_xlim(0, 1)


def _stretched(run: pd.Series) -> pd.DataFrame:
    inside = (run["steps"] >= run["t_train"]) & (run["steps"] <= run["t_val"])
    share = (run["steps"][inside] - run["t_train"]) / max(run["delay"], 1)
    return pd.DataFrame({"share": share, "val_accuracy": run["val_accuracy"][inside]})
