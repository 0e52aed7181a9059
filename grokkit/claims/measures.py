"""What rules read off runs: times, accuracies, shapes of curves. Each is named in a rule, with its version.

`of_runs`: of a table of runs, a value a run. `of_a_run`: of one run or of a table of them. Times are in steps, infinite
where a run never got there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from grokkit.analysis import alignment
from grokkit.claims.identity import of_a_run, of_runs
from grokkit.records.passages import first_passage

LATE = 2.0
"""T_val / T_train from which on a run generalises late: the waiting then takes as long again as the learning did."""


@of_runs(1)
def t_val(runs: pd.DataFrame) -> pd.Series:
    """Infinite where a run did not arrive."""
    return runs["t_val"].fillna(np.inf)


@of_runs(1)
def soonest(runs: pd.DataFrame, within: int) -> pd.Series:
    """T_val, and of a run that may still arrive `within` so many steps the step up to which it was watched."""
    return runs["t_val"].fillna(runs["observed_to"].where(unanswered(runs, within))).fillna(np.inf)


@of_runs(1)
def given_up(runs: pd.DataFrame) -> pd.Series:
    """T_val as if every run that did not arrive had done so at the end of what was seen of it."""
    return runs["t_val"].fillna(runs["observed_to"])


@of_runs(1)
def ratio(runs: pd.DataFrame) -> pd.Series:
    """T_val / T_train, infinite where a run did not arrive."""
    return runs["ratio"].fillna(np.inf)


@of_runs(1)
def delay(runs: pd.DataFrame) -> pd.Series:
    """T_val - T_train, infinite where a run did not arrive."""
    return runs["delay"].fillna(np.inf)


@of_runs(1)
def waiting(runs: pd.DataFrame, measure: str) -> pd.Series:
    """The same, or the ratio; 0 if a run never knows its training sums: it then has nothing to wait for after it."""
    return runs[measure].fillna(np.inf).where(runs["t_train"].notna(), 0.0)


@of_runs(1)
def arrives(runs: pd.DataFrame) -> pd.Series:
    return runs["t_val"].notna()


@of_runs(1)
def memorises(runs: pd.DataFrame) -> pd.Series:
    return runs["t_train"].notna()


@of_runs(1)
def groks(runs: pd.DataFrame) -> pd.Series:
    """Arrives, and late. A censored run has no ratio."""
    return runs["ratio"] >= LATE


@of_runs(1)
def answered(runs: pd.DataFrame, within: int) -> pd.Series:
    """Whether each run arrived, diverged, or was watched for so many steps: longer would say nothing new of it."""
    return arrives(runs) | (runs["status"] == "diverged") | (runs["observed_to"] >= within)


@of_runs(1)
def unanswered(runs: pd.DataFrame, within: int) -> pd.Series:
    return ~answered(runs, within)


@of_runs(1)
def watched(runs: pd.DataFrame, within: int) -> pd.Series:
    """Whether each run arrived or was watched for so many steps."""
    return arrives(runs) | (runs["observed_to"] >= within)


@of_runs(1)
def waits(runs: pd.DataFrame) -> pd.Series:
    """Whether each run has a time between memorising and generalising."""
    return runs["t_val"].notna() & (runs["delay"] > 0)


@of_a_run(1)
def dwell(run: pd.Series, near: tuple[float, float] = (0.3, 0.5)) -> float:
    """Share of the evaluations, every 100 steps, from T_train to T_val whose validation accuracy lies near 40%; 0 if
    there are fewer than five of them. A curve that climbs at an even pace spends a fifth of its way there."""
    accuracy = _up_to_arrival(run, since=run["t_train"])
    return float(((accuracy >= near[0]) & (accuracy <= near[1])).mean()) if len(accuracy) >= 5 else 0.0


@of_a_run(1)
def has_plateau(run: pd.Series) -> bool:
    """Whether a run that arrives spends at least half of its delay between 30% and 50%."""
    return bool(np.isfinite(run["t_val"]) and dwell(run) >= 0.5)


@of_a_run(1)
def fluctuation(run: pd.Series) -> float:
    """Mean fall of validation accuracy between evaluations 100 steps apart, up to T_val; rises count as zero."""
    return float(np.maximum(-np.diff(_up_to_arrival(run)), 0).mean())


@of_a_run(1)
def sharpness(run: pd.Series) -> float:
    """Largest rise of validation accuracy between evaluations 100 steps apart, up to T_val."""
    return float(np.diff(_up_to_arrival(run)).max())


def _up_to_arrival(run: pd.Series, since: float = 0) -> np.ndarray:
    """A run's validation accuracy at multiples of 100 steps from `since` up to T_val (to the end if censored)."""
    end = run["t_val"] if np.isfinite(run["t_val"]) else run["observed_to"]
    steps = run["steps"]
    return run["val_accuracy"][(steps % 100 == 0) & (steps >= since) & (steps <= end)]


@of_a_run(1)
def best(run: pd.Series) -> float:
    """The highest validation accuracy at any evaluation; 0 where none has a value."""
    return float(np.nanmax(run["val_accuracy"], initial=0))


@of_a_run(1)
def last_accuracy(run: pd.Series) -> float:
    """Of validation, at the last evaluation."""
    return float(run["val_accuracy"][-1])


@of_runs(1)
def most(runs: pd.DataFrame, within: int) -> np.ndarray:
    """The same, and 1 of a run that might have come to it within so many steps. Longer watching would tell nothing of
    one that has generalised, has diverged, or was watched so long."""
    bests = best(runs)
    ended = (runs["status"] == "diverged") | (runs["observed_to"] >= within) | (bests >= 0.99)
    return np.where(ended, bests, 1.0)


@of_runs(1)
def has_its_best(runs: pd.DataFrame, within: int) -> np.ndarray:
    """Whether longer watching could not raise it."""
    return best(runs) == most(runs, within)


@of_a_run(1)
def lag(run: pd.Series) -> float:
    """T_val / T_train at nine tenths of the highest training accuracy of the run.

    Nine tenths and not 99%, so that a run can be read that never fits all it is shown. Infinite where validation never
    gets that high, and where training stays below a half: then nothing has risen.
    """
    highest = run["train_accuracy"].max()
    if not highest >= 0.5:
        return np.inf
    return _first(run, "val_accuracy", 0.9 * highest) / _first(run, "train_accuracy", 0.9 * highest)


TOGETHER = 1.5
"""Validation after training by less than half of training's own time. Half way to LATE."""


@of_a_run(1)
def rises_together(run: pd.Series) -> bool:
    return lag(run) < TOGETHER


def _first(run: pd.Series, name: str, level: float) -> float:
    """The first evaluated step with that accuracy, counted from 1."""
    step = first_passage(run["steps"], run[name], level)
    return np.inf if np.isnan(step) else max(1.0, step)


@of_a_run(1)
def unfitted(run: pd.Series) -> bool:
    """Never 99% of the training examples."""
    return bool((run["train_accuracy"] < 0.99).all())


@of_a_run(1)
def near_95(run: pd.Series) -> bool:
    """Training accuracy over the last third of what was watched: as far down as rounding to "around 95%" can be
    stretched, and up to the 98% at which source A stops a run."""
    return bool(0.9 <= late(run, 2 / 3) <= 0.98)


@of_a_run(1)
def levelled(run: pd.Series) -> bool:
    """Whether the medians of the two halves of the last third differ by less than a point: a curve that still climbs
    faster is on its way to a fit."""
    return bool(abs(late(run, 5 / 6) - late(run, 2 / 3, 5 / 6)) < 0.01)


@of_a_run(1)
def floats(run: pd.Series) -> bool:
    """Unfitted, near 95% and no longer moving."""
    return unfitted(run) and near_95(run) and levelled(run)


@of_a_run(1)
def may_float(run: pd.Series, within: int) -> bool:
    """Whether a run could come to float, were it watched so long."""
    return unfitted(run) and run["status"] != "diverged" and run["observed_to"] < within


def late(run: pd.Series, start: float, end: float = 1.0) -> float:
    """Median training accuracy from one share of the time that was watched to another."""
    share = run["steps"] / run["observed_to"]
    inside = run["train_accuracy"][(share > start) & (share <= end)]
    return float(np.median(inside)) if len(inside) else np.nan


@of_a_run(1)
def trend(run: pd.Series, norm: str) -> float:
    """Rank correlation of a norm and the validation loss from T_train to as long after T_val as before it."""
    return _beside_loss(alignment.co_movement, run, norm)


@of_a_run(1)
def relative_lag(run: pd.Series, norm: str) -> float:
    """Steps from the validation loss's half fall to the norm's, over the delay; infinite if the norm does not fall."""
    found = _beside_loss(alignment.lag, run, norm) / run["delay"]
    return np.inf if np.isnan(found) else found


@of_runs(1)
def in_trend(runs: pd.DataFrame, norm: str) -> np.ndarray:
    """A rank correlation half-way from no relation to the same order, or more."""
    return trend(runs, norm=norm) >= 0.5


@of_runs(1)
def apart(runs: pd.DataFrame, norm: str) -> np.ndarray:
    """A lag of a tenth of the delay or more: the source's figure counts steps in hundreds, and the delay is about 16 of
    them; less nobody would see there."""
    return np.abs(relative_lag(runs, norm=norm)) >= 0.1


def window(run: pd.Series, end: float) -> np.ndarray:
    """Which of a run's evaluations lie from T_train to `end`, bool (R,)."""
    return (run["steps"] >= run["t_train"]) & (run["steps"] <= end)


def _beside_loss(measure: Callable[..., float], run: pd.Series, norm: str) -> float:
    seen = window(run, run["t_val"] + run["delay"])
    return measure(run["steps"][seen], run["val_loss"][seen], run[norm][seen])


@of_a_run(1)
def departure(run: pd.Series, after_memorising: bool = False) -> float:
    """How far a run's norm departs from exp(-lr wd t), as a share of the whole decay: over all of it, or from T_train
    to T_val. Before the end of the warm-up the rate is another."""
    seen = window(run, run["t_val"]) if after_memorising else run["steps"] >= run["schedule.warmup"]
    rate = run["optimizer.learning_rate"] * run["optimizer.weight_decay"]
    return alignment.departure(run["steps"][seen], run["parameter_l2"][seen], rate)


@of_runs(1)
def follows_the_law(runs: pd.DataFrame, after_memorising: bool = False) -> np.ndarray:
    """Nine tenths of the decay are the law's, at every evaluation."""
    return departure(runs, after_memorising=after_memorising) <= 0.1
