"""A20: validation loss and the norms of the parameters fall together in trend, but do not align well."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from grokkit.claims.alignment import co_movement, lag
from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.norms import FORMS, NORMS, of_form, waits, window
from grokkit.claims.statistics import majority_test, median_interval, minority_test
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 2
EFFECT = "lag of the l2 norm behind validation loss, as a share of the delay, as coded"
TREND = 0.5
"""Rank correlation over a run's evaluations, at least: half-way from no relation to the same order."""
VISIBLE = 0.1
"""Of the delay: what the lag must be at least. The source's figure counts steps in hundreds, and the delay is about 16
of them: less than a tenth of it nobody would see there."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The transformer as coded and at width 128, p = 97, alpha = 0.4."""
    return pd.concat([of_form(table, form) for form in FORMS])


def rule(table: pd.DataFrame) -> Verdict:
    """In more than half of the runs of a form, does a norm fall with the validation loss in trend and still not align?

    Four findings, two forms with two norms each. A run is looked at from T_train on, and as long after T_val as before
    it. In trend: the rank correlation of norm and loss is 0.5 or more. Not aligned: the steps at which the two have
    made half of their falls differ by a tenth of the delay or more. Each of the two must hold in more than half of the
    runs (exact binomial tests, of which the weaker counts); eight of eight or ten of eleven pass for one finding
    alone. Runs that do not arrive have no delay: they are not counted. The gradient's norm, which is what the
    source's code logs, decides nothing.
    """
    return verdict([_finding(of_form(table, form), form, norm) for form in FORMS for norm in NORMS], LEVEL, EFFECT)


def trend(run: pd.Series, norm: str) -> float:
    """Rank correlation of a norm and the validation loss from T_train to as long after T_val as before it."""
    return _measured(co_movement, run, norm)


def relative_lag(run: pd.Series, norm: str) -> float:
    """Steps from the validation loss's half fall to the norm's, over the delay; NaN if the norm does not fall."""
    return _measured(lag, run, norm) / run["delay"]


def _measured(measure: Callable[..., float], run: pd.Series, norm: str) -> float:
    seen = window(run, run["t_val"] + run["delay"])
    return measure(run["steps"][seen], run["val_loss"][seen], run[norm][seen])


def _finding(runs: pd.DataFrame, form: str, norm: str) -> Finding:
    arrived = waits(runs)
    name = f"{form}, {'l2' if norm == NORMS[0] else 'l-infinity'}"
    if not len(arrived):
        return Finding(name, 0, 1.0, None, "")
    trends = np.array([trend(run, norm) for _, run in arrived.iterrows()])
    lags = np.nan_to_num([relative_lag(run, norm) for _, run in arrived.iterrows()], nan=np.inf)  # it never falls
    fallen, apart = trends >= TREND, np.abs(lags) >= VISIBLE
    told = (
        f"{fallen.sum()} of {len(arrived)} runs in trend (median rank correlation {np.median(trends):.2f}), "
        f"{apart.sum()} not aligned (median lag {_share(np.median(lags))} of the delay)"
    )
    weaker = max(majority_test(fallen), majority_test(apart))
    against = min(minority_test(fallen), minority_test(apart))
    return Finding(name, len(arrived), weaker, median_interval(lags), told, against, least_p=0.5 ** len(arrived))


def _share(lag: float) -> str:
    return f"{lag:+.0%}" if np.isfinite(lag) else "without end"
