"""Walk through a phase diagram: point at a cell, see its phase, its T_train and T_val, and the run behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import traitlets
from pandas.api.types import is_number

from grokkit.analysis.phases import PHASES
from grokkit.errors import BadInput
from grokkit.explorables.base import Explorable, one_module
from grokkit.explorables.choices import combinations, options, places_of, rows_of, values_of
from grokkit.explorables.thinning import axis_of, thinned_curves
from grokkit.plots.figure import PHASE_COLOURS, STEP_COLOURS, in_page

_NEEDED = ("phase", "t_train", "t_val", "observed_to")
Train = Callable[[dict[str, Any]], Mapping[str, Any]]


class PhaseExplorer(Explorable):
    """Maps of a swept pair of settings, in phases or in steps, and the run behind each cell.

    table: one row a cell: the columns that `choices` and `axes` name; phase, one of PHASES; t_train and t_val in steps,
    NaN where a run never arrived; observed_to, NaN for a cell of which only the phase is known, such as a published
    one. Where there are curves to show: steps (R,), train_accuracy (R,) and val_accuracy (R,), NaN elsewhere.
    choices: column -> what readers call it. Each combination of their values that the table has is one map.
    axes: two columns -> what readers call them: the first runs to the right, the second downwards.
    budget: for how many steps a run was watched, the end of the scale of steps.
    told: column -> what readers call it, of numbers that are read out with a cell.
    chosen: column -> value, the map shown first; by default that of the table's first row.
    train: takes the settings of a cell, as a dict of choices and axes, and returns its row of the table, which may name
    another map. With a kernel a button then trains the cell that the reader is at; a page without one does not show it.

    points: at most this many evaluations a run are drawn.

    With a kernel `chosen`, `cell` (column, row) and `in_steps` follow the reader and can be set; `training` is True
    while a cell is trained, and setting it trains one.
    Raises BadInput for a table that cannot be drawn.
    """

    _esm = one_module("phases.js")
    chosen = traitlets.Dict().tag(sync=True)
    cell = traitlets.List(traitlets.Int(), minlen=2, maxlen=2).tag(sync=True)
    in_steps = traitlets.Bool(False).tag(sync=True)
    trains = traitlets.Bool(False).tag(sync=True)
    training = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        table: pd.DataFrame,
        choices: Mapping[str, str],
        axes: Mapping[str, str],
        budget: float,
        told: Mapping[str, str] | None = None,
        chosen: Mapping[str, Any] | None = None,
        train: Train | None = None,
        points: int = 40,
    ) -> None:
        self._table = _drawable(table, choices, axes)
        self._choices, self._axes, self._told, self._train = dict(choices), dict(axes), dict(told or {}), train
        self._budget, self._points = float(budget), points
        chosen = combinations(self._table, choices)[0] if chosen is None else dict(chosen)
        shown, data = rows_of(self._table, self._known(chosen)), self._data()
        middle = shown.iloc[len(shown) // 2]
        super().__init__(data=data, chosen=chosen, cell=places_of(middle, data["axes"]), trains=train is not None)

    def first_view(self) -> str:
        """A table: how many cells of each map are in each phase."""
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in (*self._choices.values(), "cells", *PHASES))
        groups = self._table.groupby(list(self._choices), sort=False, observed=True)
        rows = "".join(_counts_row(setting, cells) for setting, cells in groups)
        caption = "How many cells of each map are in each phase."
        return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

    @traitlets.validate("chosen")
    def _is_a_map(self, proposal: Any) -> dict[str, Any]:
        return self._known(proposal["value"])

    def _known(self, chosen: dict[str, Any]) -> dict[str, Any]:
        maps = combinations(self._table, self._choices)
        if chosen not in maps:
            raise BadInput(f"chosen: no map is {chosen}; there are {len(maps)}, for example {maps[0]}.")
        return chosen

    def _data(self) -> dict[str, Any]:
        offered, axes = (options(self._table, names) for names in (self._choices, self._axes))
        steps = axis_of(self._table, self._points)
        cells = [
            {"at": places_of(row, offered)} | _cell(row, places_of(row, axes), self._told, steps)
            for row in self._table.to_dict("records")
        ]
        colours = {"phases": {name: in_page(colour) for name, colour in PHASE_COLOURS.items()}, "scales": STEP_COLOURS}
        return {"choices": offered, "axes": axes, "cells": cells, "budget": self._budget, "told": self._told} | colours

    @traitlets.observe("training")
    def _trains_on_request(self, change: Any) -> None:
        if self._train is not None and change["new"]:
            try:
                settings = self._settings()
                self._put({**settings, **self._train(settings)})
            finally:
                self.training = False

    def _settings(self) -> dict[str, Any]:
        """Of the cell that the reader is at."""
        places = zip(self._axes, self.cell, strict=True)
        return {**self.chosen, **{name: values_of(self._table[name])[place] for name, place in places}}

    def _put(self, row: Mapping[str, Any]) -> None:
        """Show a cell, in place of the one with its settings if there is one."""
        same = np.logical_and.reduce([self._table[name] == row[name] for name in (*self._choices, *self._axes)])
        self._table = pd.concat([self._table[~same], pd.DataFrame([row])], ignore_index=True)
        self.data = self._data()
        self.chosen = {name: row[name] for name in self._choices}

    def __repr__(self) -> str:
        return f"<PhaseExplorer: {len(self._table)} cells by {', '.join(self._choices.values())}>"


def _drawable(table: pd.DataFrame, choices: Mapping[str, str], axes: Mapping[str, str]) -> pd.DataFrame:
    if not choices or len(axes) != 2:
        raise BadInput("choices and axes: name at least one column of the first, and two of the second.")
    missing = [name for name in (*choices, *axes, *_NEEDED) if name not in table.columns]
    if missing:
        raise BadInput(f"table lacks the columns {', '.join(missing)}; it has {', '.join(map(str, table.columns))}.")
    if table.empty:
        raise BadInput("table has no cells: there is nothing to explore.")
    if table[[*choices, *axes]].isna().any(axis=None):
        raise BadInput(f"table has cells without a value of {' or '.join((*choices, *axes))}: every cell needs all.")
    if not all(is_number(value) for name in axes for value in table[name]):
        raise BadInput(f"axes {' and '.join(axes)}: only numbers can be set out along an axis.")
    if not table["phase"].isin(PHASES).all():
        raise BadInput(f"phase: every cell needs one of {', '.join(PHASES)}.")
    if table.duplicated([*choices, *axes]).any():
        raise BadInput(f"table has two cells with the same {', '.join((*choices, *axes))}: name what tells them apart.")
    return table


def _cell(row: Mapping[str, Any], place: list[int], told: Iterable[str], steps: np.ndarray) -> dict[str, Any]:
    """What is known of the cell at a place: its phase, and where it is a run of ours times, numbers and curves."""
    known = {"cell": place, "phase": PHASES.index(row["phase"])}
    if not pd.isna(row["observed_to"]):
        known |= {t: None if pd.isna(row[t]) else int(row[t]) for t in ("t_train", "t_val")}
        known["observed_to"] = int(row["observed_to"])
    known |= {name: float(f"{row[name]:.3g}") for name in told if pd.notna(row.get(name))}
    if np.ndim(row.get("steps")) == 1:
        known["curves"] = thinned_curves(row, steps, f"the cell {place}")
    return known


def _counts_row(setting: tuple[Any, ...], cells: pd.DataFrame) -> str:
    counts = [(cells["phase"] == name).sum() for name in PHASES]
    return "<tr>" + "".join(f"<td>{escape(str(x))}</td>" for x in (*setting, len(cells), *counts)) + "</tr>"
