"""Choose an experiment's settings, see the curves of all its seeds and the moment of each transition."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import traitlets

from grokkit.analysis.survival import survival_median
from grokkit.errors import BadInput
from grokkit.explorables.base import Explorable, one_module
from grokkit.explorables.choices import combinations, options, places_of, plain, rows_of
from grokkit.explorables.thinning import axis_of, differences, drawn_at, thinned_curves

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
        self._combinations = combinations(table, choices)
        chosen = self._with_runs(self._combinations[0] if chosen is None else dict(chosen))
        data = {"choices": options(table, choices), "runs": _runs(table, choices, points)}
        super().__init__(
            data=data | (_norms(table, norm, points) if norm else {}),
            chosen=chosen,
            moment=_middle(rows_of(table, chosen)) if moment is None else moment,
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
        return self._with_runs(proposal["value"])

    def _with_runs(self, chosen: dict[str, Any]) -> dict[str, Any]:
        if chosen not in self._combinations:
            raise BadInput(
                f"chosen: no runs have {chosen}; a choice names {', '.join(self._labels)} and has runs, "
                f"for example {self._combinations[0]}."
            )
        return chosen

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


def _middle(runs: pd.DataFrame) -> int:
    """Half way between the medians of T_train and T_val; a run that never arrives counts with how long it was seen."""
    medians = [float(runs[t].fillna(runs["observed_to"]).median()) for t in ("t_train", "t_val")]
    return round(float(np.sqrt(max(medians[0], 1) * max(medians[1], 1))))


def _runs(table: pd.DataFrame, choices: Mapping[str, str], points: int) -> list[dict[str, Any]]:
    offered, axis = options(table, choices), axis_of(table, points)
    return [
        {"at": places_of(row, offered)} | _moments(row) | thinned_curves(row, axis, f"seed {row['seed']}")
        for row in table.to_dict("records")
    ]


def _norms(table: pd.DataFrame, column: str, points: int) -> dict[str, Any]:
    """The largest norm of all, and each run's in thousandths of it where its accuracies are drawn.

    One that has no value, as that of a run that diverges, is drawn at the top.
    """
    if column not in table.columns:
        raise BadInput(f"norm: the table has no column {column}; it has {', '.join(map(str, table.columns))}.")
    norms = [np.asarray(norm, dtype=float) for norm in table[column]]
    largest = max(float(norm[np.isfinite(norm)].max(initial=0)) for norm in norms) or 1.0
    bounded = [np.where(np.isfinite(norm), norm, largest) for norm in norms]
    shares = [np.rint(1000 * norm / largest).astype(int) for norm in bounded]
    kept = [drawn_at(np.asarray(steps), axis_of(table, points)) for steps in table["steps"]]
    drawn = [differences(share[at]) for share, at in zip(shares, kept, strict=True)]
    return {"largest_norm": largest, "norms": drawn}


def _moments(row: Mapping[str, Any]) -> dict[str, Any]:
    """Whole steps; null where censored."""
    steps = {name: None if pd.isna(row[name]) else int(row[name]) for name in ("t_train", "t_val", "observed_to")}
    return {"seed": plain(row["seed"])} | steps


def _summary_row(setting: tuple[Any, ...], runs: pd.DataFrame) -> str:
    medians = [_written(survival_median(runs[t], runs["observed_to"])) for t in ("t_train", "t_val")]
    cells = [*map(str, setting), str(len(runs)), *medians, str(runs["t_val"].isna().sum())]
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _written(steps: float) -> str:
    return f"{steps:,.0f}" if np.isfinite(steps) else "not seen"
