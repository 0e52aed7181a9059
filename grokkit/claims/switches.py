"""What rules read off runs whose weight decay is switched: when that was, and what came after it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.identity import of_a_run, of_runs
from grokkit.claims.measures import answered, arrives, groks, t_val
from grokkit.records.passages import first_passage
from grokkit.sources.c import EPOCH

_AT = "schedule.switches.0.at."


@of_a_run(1)
def moment(run: pd.Series) -> float:
    """The step of a run's switch, as its curves show it; NaN where its event was not seen.

    Not from t_train or t_val: these may be read at other thresholds, and the switch was where it was.
    """
    if pd.notna(run[_AT + "epoch"]):
        return float(run[_AT + "epoch"]) * EPOCH
    which = "train_accuracy" if pd.notna(run.get(_AT + "train_accuracy")) else "val_accuracy"
    counted = run["steps"] % run[_AT + "every"] == 0
    seen = first_passage(run["steps"][counted], run[which][counted], run[_AT + which])
    return float(np.round(run[_AT + "times"] * seen) + run[_AT + "plus"])


@of_runs(1)
def watched_after(runs: pd.DataFrame, steps: int) -> np.ndarray:
    """Whether each run was seen for at least so long after its switch."""
    return runs["observed_to"].to_numpy() >= moment(runs) + steps


@of_a_run(1)
def stays_low(run: pd.Series) -> bool:
    """Whether no evaluation after the switch finds half of the others right."""
    return bool(np.nanmax(_after(run, "val_accuracy")) < 0.5)


@of_a_run(1)
def keeps_rising(run: pd.Series) -> bool:
    """Whether the norm is larger half way from the switch to the end than at it, and larger still at the end."""
    steps = np.linspace(moment(run), run["observed_to"], 3)
    norms = [_at_step(run, "parameter_l2", step) for step in steps]
    return norms[0] < norms[1] < norms[2]


@of_a_run(1)
def stays_low_while_the_norm_rises(run: pd.Series) -> bool:
    return stays_low(run) and keeps_rising(run)


@of_a_run(1)
def share_kept(run: pd.Series) -> float:
    """Share of the evaluations after the switch at which validation accuracy is still 95%."""
    return float((_after(run, "val_accuracy") >= 0.95).mean())


@of_runs(1)
def keeps(runs: pd.DataFrame) -> np.ndarray:
    """In 90% of the evaluations: an optimizer that adapts its steps has single bad moments, with weight decay or
    without."""
    return share_kept(runs) >= 0.9


@of_a_run(1)
def holds_the_norm(run: pd.Series) -> bool:
    """Whether the norm never stands above the one at the switch again."""
    norms = _after(run, "parameter_l2")
    return bool(norms.max() <= norms[0])


@of_runs(1)
def groks_after(runs: pd.DataFrame) -> np.ndarray:
    return groks(runs).to_numpy() & (runs["t_val"].to_numpy() > moment(runs))


@of_runs(1)
def groks_held(runs: pd.DataFrame) -> np.ndarray:
    return groks_after(runs) & np.asarray(holds_the_norm(runs), dtype=bool)


@of_runs(1)
def might_grok_held(runs: pd.DataFrame, within: int) -> np.ndarray:
    """The norm is held so far, and the run may still arrive."""
    return np.asarray(holds_the_norm(runs), dtype=bool) & ~answered(runs, within).to_numpy()


@of_runs(1)
def wait(runs: pd.DataFrame) -> np.ndarray:
    """Steps from the switch to T_val."""
    return t_val(runs).to_numpy() - moment(runs)


@of_a_run(1)
def norm_left(run: pd.Series, after: int) -> float:
    """The norm so many steps after the switch as a share of that at it."""
    start = moment(run)
    return _at_step(run, "parameter_l2", start + after) / _at_step(run, "parameter_l2", start)


@of_runs(1)
def arrives_or_never_learns(runs: pd.DataFrame) -> pd.Series:
    """What contradicts that a run overfits."""
    return arrives(runs) | runs["t_train"].isna()


def _after(run: pd.Series, name: str) -> np.ndarray:
    """A curve from the switch on."""
    return run[name][run["steps"] >= moment(run)]


def _at_step(run: pd.Series, name: str, step: float) -> float:
    """A curve's value at the last evaluation up to a step."""
    return float(run[name][np.searchsorted(run["steps"], step, side="right") - 1])
