"""The runs of source C's LSTM that rules on switching weight decay compare, and what those rules have in common.

Weight decay is 0.1, ten times the source's, so that what decay does takes a tenth of the steps; moments are a tenth of
the source's epochs, or each run's own T_train and T_val. No two runs share a seed, so settings are independent samples.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from grokkit.claims.rules import recurrent
from grokkit.claims.rules.recurrent import answered_within
from grokkit.records.passages import first_passage

LEVEL = 0.05 / 6
"""Of each of the chapter's six claims."""
DECAY, DOUBLE = 0.1, 0.2
SETTING = recurrent.SETTING | {
    "model.kind": "lstm",
    "model.dropout": 0.0,
    "train_fraction": 0.5,
    "init_scale": recurrent.SCALE,
}
EPOCH = 130
"""Steps in which each of the 4,140 training sums comes once, 32 at a time."""
SOURCE_BUDGET = 6000 * EPOCH
"""Steps of the source's runs."""
LATE_ON = {"train_accuracy": 0.99, "times": 2.0}
WAYS = {
    "on": (DECAY, None, {}),
    "off": (0.0, None, {}),
    "off at epoch 20": (DECAY, 0.0, {"epoch": 20}),
    "off at T_train": (DECAY, 0.0, {"train_accuracy": 0.99}),
    "off at T_val": (DECAY, 0.0, {"val_accuracy": 0.99}),
    "off at 1.25 T_val": (DECAY, 0.0, {"val_accuracy": 0.99, "times": 1.25}),
    "on at 2 T_train": (0.0, DECAY, LATE_ON),
    "on at 2 T_train, double": (0.0, DOUBLE, LATE_ON),
}
"""Weight decay at first, the one it is switched to (None: never), and when."""
FIRST = "schedule.switches.0."
MOMENT = {"epoch": None, "train_accuracy": None, "val_accuracy": None, "step": None, "times": 1.0, "plus": 0}
SEEN_IN = {"every": 500, "sample": 1024}
"""The evaluations in which a run waits for its event."""


def cell(table: pd.DataFrame, way: str, precision: str = "float32") -> pd.DataFrame:
    """The rows trained in one of the WAYS, in the order of their seeds."""
    return decayed(table, *WAYS[way], precision)


def decayed(
    table: pd.DataFrame, decay: float, to: float | None = None, at: dict[str, Any] | None = None, precision="float32"
) -> pd.DataFrame:
    """The rows with weight decay `decay`, switched `to` another one `at` a moment, and not again."""
    wanted = SETTING | {"precision": precision, "optimizer.weight_decay": decay} | _switch(to, at or {})
    known = table.reindex(columns=list(wanted)).astype(object)
    fits = (table["seeds.data"] == table["seeds.init"]) & (table["seeds.data"] == table["seeds.batch"])
    for name, value in wanted.items():
        fits &= known[name].isna() if value is None else known[name] == value
    return table[fits].sort_values("seeds.data", kind="stable")


def _switch(to: float | None, at: dict[str, Any]) -> dict[str, Any]:
    """The columns of a schedule that switches weight decay once, or never."""
    never_again = {"schedule.switches.1.setting": None}
    if to is None:
        return {FIRST + "setting": None} | never_again
    moment = MOMENT | at | ({} if "epoch" in at else SEEN_IN)
    whole = {"setting": "weight_decay", "to": to} | {"at." + name: value for name, value in moment.items()}
    return {FIRST + name: value for name, value in whole.items()} | never_again


def cells(table: pd.DataFrame, ways: Iterable[str]) -> pd.DataFrame:
    """The rows of all these ways, in float32."""
    return table[table.index.isin(np.concatenate([cell(table, way).index for way in ways]))]


def moment(run: pd.Series) -> float:
    """The step of a run's switch, as its curves show it; NaN where its event was not seen.

    Not from t_train or t_val: these may be read at other thresholds, and the switch was where it was.
    """
    at = {name: run.get(FIRST + "at." + name) for name in MOMENT}
    if pd.notna(at["epoch"]):
        return float(at["epoch"]) * EPOCH
    which = "train_accuracy" if pd.notna(at["train_accuracy"]) else "val_accuracy"
    counted = run["steps"] % SEEN_IN["every"] == 0
    seen = first_passage(run["steps"][counted], run[which][counted], at[which])
    return float(np.round(at["times"] * seen) + at["plus"])


def watched_after(runs: pd.DataFrame, steps: int) -> pd.DataFrame:
    """The runs seen for at least so long after their switch, each with its `moment`."""
    runs = runs.assign(moment=[moment(run) for _, run in runs.iterrows()])
    return runs[runs["observed_to"] >= runs["moment"] + steps]


def at_step(run: pd.Series, name: str, step: float) -> float:
    """A curve's value at the last evaluation up to a step."""
    return float(run[name][np.searchsorted(run["steps"], step, side="right") - 1])


def after(run: pd.Series, name: str) -> np.ndarray:
    """A curve from the switch on."""
    return run[name][run["steps"] >= run["moment"]]


def arrival(runs: pd.DataFrame) -> np.ndarray:
    """(n,) T_val, infinite if a run never arrives."""
    return runs["t_val"].fillna(np.inf).to_numpy(dtype=float)


def answered(runs: pd.DataFrame) -> pd.Series:
    """Whether each run arrived, diverged, or was watched for as long as the source's.

    A budget below the source's may confirm a claim but not refute it.
    """
    return answered_within(runs, SOURCE_BUDGET)
