"""Choose an experiment's settings, see the curves of all its seeds and the moment of each transition."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import traitlets
from pandas.api.types import is_numeric_dtype

from grokkit.errors import BadInput
from grokkit.explorables.base import Explorable, one_module

_NEEDED = ("seed", "t_train", "t_val", "observed_to", "steps", "train_accuracy", "val_accuracy")


class RunExplorer(Explorable):
    """Accuracy against optimizer steps for every seed of a chosen setting, with T_train, T_val and a movable moment.

    table: one row a run: the columns that `choices` names; seed; t_train and t_val in steps, NaN where censored at
    observed_to; steps (R,), train_accuracy (R,) and val_accuracy (R,) as arrays. `evidence_table` has these all.
    choices: column -> what readers call it, in the order of the controls: {"p": "modulus p", "alpha": "..."}.
    chosen: column -> value, what is shown first; by default the setting of the table's first row.
    moment: the step at which values are read out; by default half way, on a logarithmic axis, through the delay.
    points: at most this many evaluations a run are drawn. T come from the table and are not thinned.
    norm: a column with each run's weight norm (R,), to be drawn and read out, too.

    Not every combination needs to have runs, and none is ever shown empty: a reader can always choose every value.
    Where the other choices have no runs with it, they move to the combination that changes the fewest of them, by
    the fewest places; options that would do so have a dashed frame, and the summary says what moved. (Disabling
    them instead would leave combinations that no sequence of single choices reaches.)

    With a kernel, `chosen` and `moment` follow the reader and can be set. Raises BadInput for a table that cannot be
    drawn, and for a combination without runs.
    """

    _esm = one_module("runs.js")
    chosen = traitlets.Dict().tag(sync=True)
    moment = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        table: pd.DataFrame,
        choices: Mapping[str, str],
        chosen: Mapping[str, Any] | None = None,
        moment: int | None = None,
        points: int = 80,
        norm: str | None = None,
    ) -> None:
        table = _drawable(table, choices)
        self._table, self._labels = table, dict(choices)
        self._combinations = _combinations(table, choices)
        chosen = self._combinations[0] if chosen is None else dict(chosen)
        data = {"choices": _options(table, choices), "runs": _runs(table, choices, points)}
        super().__init__(
            data=data | (_norms(table, norm, points) if norm else {}),
            chosen=chosen,
            moment=_middle(_rows(table, chosen)) if moment is None else moment,
        )

    def first_view(self) -> str:
        """A table of all settings: number of seeds, medians of T, and how many are censored."""
        groups = self._table.groupby(list(self._labels), sort=False, observed=True)
        rows = "".join(_summary_row(setting, runs) for setting, runs in groups)
        head = "".join(
            f'<th scope="col">{escape(name)}</th>'
            for name in (*self._labels.values(), "seeds", "T_train", "T_val", "censored")
        )
        caption = "Every setting that has runs: medians in optimizer steps, and how many seeds never reached T_val."
        return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

    @traitlets.validate("chosen")
    def _has_runs(self, proposal: Any) -> dict[str, Any]:
        if proposal["value"] not in self._combinations:
            raise BadInput(
                f"chosen: no runs have {proposal['value']}; a choice names {', '.join(self._labels)} and has runs, "
                f"for example {self._combinations[0]}."
            )
        return proposal["value"]

    def __repr__(self) -> str:
        return f"<RunExplorer: {len(self._table)} runs by {', '.join(self._labels.values())}>"


def _drawable(table: pd.DataFrame, choices: Mapping[str, str]) -> pd.DataFrame:
    if not choices:
        raise BadInput("choices is empty: name at least one column of the table and what readers call it.")
    missing = [name for name in (*choices, *_NEEDED) if name not in table.columns]
    if missing:
        raise BadInput(f"table lacks the columns {', '.join(missing)}; it has {', '.join(map(str, table.columns))}.")
    if table.empty:
        raise BadInput("table has no runs: there is nothing to explore.")
    if table[list(choices)].isna().any(axis=None):
        raise BadInput(f"table has runs without a value of {' or '.join(choices)}: every run needs all of them.")
    if table.duplicated([*choices, "seed"]).any():
        raise BadInput(f"table has two runs with the same {', '.join(choices)} and seed: name what tells them apart.")
    return table


def _combinations(table: pd.DataFrame, choices: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every setting that has runs, in the table's order."""
    return table[list(choices)].drop_duplicates().to_dict("records")


def _options(table: pd.DataFrame, choices: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"name": name, "label": label, "values": _values(table[name])} for name, label in choices.items()]


def _values(column: pd.Series) -> list[Any]:
    """Numbers in rising order, anything else in the order in which the table has it."""
    values = [_plain(value) for value in column.unique()]
    return sorted(values) if is_numeric_dtype(column) else values


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _rows(table: pd.DataFrame, chosen: Mapping[str, Any]) -> pd.DataFrame:
    for name, value in chosen.items():
        table = table[table[name] == value]
    return table


def _middle(runs: pd.DataFrame) -> int:
    """Half way between the medians of T_train and T_val; a run that never arrives counts with how long it was seen."""
    medians = [float(runs[t].fillna(runs["observed_to"]).median()) for t in ("t_train", "t_val")]
    return round(float(np.sqrt(max(medians[0], 1) * max(medians[1], 1))))


def _runs(table: pd.DataFrame, choices: Mapping[str, str], points: int) -> list[dict[str, Any]]:
    places = {name: {value: i for i, value in enumerate(_values(table[name]))} for name in choices}
    axis, runs = _axis(table, points), []
    for row in table.to_dict("records"):
        at = [places[name][_plain(row[name])] for name in choices]
        runs.append({"at": at} | _moments(row) | _curves(row, axis))
    return runs


def _norms(table: pd.DataFrame, column: str, points: int) -> dict[str, Any]:
    """The largest norm of all, and each run's in thousandths of it where its accuracies are drawn."""
    if column not in table.columns:
        raise BadInput(f"norm: the table has no column {column}; it has {', '.join(map(str, table.columns))}.")
    largest = max(float(np.max(norm)) for norm in table[column])
    shares = [np.rint(1000 * np.asarray(norm) / largest).astype(int) for norm in table[column]]
    kept = [_kept(np.asarray(steps), _axis(table, points)) for steps in table["steps"]]
    norms = [_differences(share[at]) for share, at in zip(shares, kept, strict=True)]
    return {"largest_norm": largest, "norms": norms}


def _axis(table: pd.DataFrame, points: int) -> np.ndarray:
    """One for all runs, so that medians are smooth."""
    return np.geomspace(1, max(table["observed_to"].max(), 1), points)


def _differences(x: np.ndarray) -> list[int]:
    """The first value and the differences: most of those are small."""
    return np.diff(x, prepend=0).tolist()


def _moments(row: Mapping[str, Any]) -> dict[str, Any]:
    """Whole steps; null where censored."""
    steps = {name: None if pd.isna(row[name]) else int(row[name]) for name in ("t_train", "t_val", "observed_to")}
    return {"seed": _plain(row["seed"])} | steps


def _curves(row: Mapping[str, Any], axis: np.ndarray) -> dict[str, list[int]]:
    """Steps, and accuracies in thousandths."""
    steps = np.asarray(row["steps"], dtype=np.int64)
    accuracies = {name: np.asarray(row[f"{name}_accuracy"], dtype=float) for name in ("train", "val")}
    for name, accuracy in accuracies.items():
        if accuracy.shape != steps.shape or not ((accuracy >= 0) & (accuracy <= 1)).all():
            raise BadInput(f"{name}_accuracy of seed {row['seed']}: needs one value from 0 to 1 for each step.")
    kept = _kept(steps, axis)
    if not len(kept):
        raise BadInput(f"steps of seed {row['seed']}: no evaluation after step 0, so there is nothing to draw.")
    thousandths = {name: np.rint(1000 * accuracy[kept]).astype(int) for name, accuracy in accuracies.items()}
    return {name: _differences(x) for name, x in ({"steps": steps[kept]} | thousandths).items()}


def _kept(steps: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Which evaluations to draw: the first at or after each step of the axis, and the last."""
    drawn = np.flatnonzero(steps > 0)
    if not len(drawn):
        return drawn
    first = np.searchsorted(steps[drawn], axis)
    return drawn[np.unique(np.minimum(first, len(drawn) - 1))]


def _summary_row(setting: tuple[Any, ...], runs: pd.DataFrame) -> str:
    medians = [_median(runs[t]) for t in ("t_train", "t_val")]
    cells = [*map(str, setting), str(len(runs)), *medians, str(runs["t_val"].isna().sum())]
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _median(t: pd.Series) -> str:
    """A censored run counts as one that never arrives, as in the module."""
    median = float(np.median(t.fillna(np.inf)))
    return f"{median:,.0f}" if np.isfinite(median) else "not seen"
