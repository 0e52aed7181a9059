"""C5: when weight decay is removed early, validation accuracy stays low and the weight norm keeps rising."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.majority import majority
from grokkit.claims.rules.switching import LEVEL, after, answered, arrival, at_step, cell, cells, watched_after
from grokkit.claims.statistics import rank_sum_test
from grokkit.claims.verdict import Verdict

EFFECT = "share of runs that stay low while their norm rises"
EARLY = ("off at epoch 20", "off at T_train")
"""A tenth of the source's epoch 200, as decay is ten times as strong; and when the training sums are known."""
LOW = 0.5
"""Validation accuracy that no evaluation after the switch may reach: low is less than half."""
WATCHED = 20_000
"""Steps after its switch for which a run must have been seen."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The LSTM whose weight decay is removed early, and with it throughout."""
    return cells(table, [*EARLY, "on"])


def rule(table: pd.DataFrame) -> Verdict:
    """At both moments: do more than half of all runs stay below 50% while their norm rises, and others arrive sooner?

    The norm rises if it is larger half way from the switch to the end than at the switch, and larger still at the end.
    A run passes if it does both (exact binomial test). That runs with weight decay throughout have a smaller T_val
    (exact rank-sum test) says that it is the removal, and that there was time. If most runs do not do both, or if runs
    with weight decay throughout arrive later, the claim is refuted: the latter unless some of them have not arrived and
    were watched for less than the source's 6,000 epochs. 7 runs, all of them, can pass at both moments; "partly" needs
    8.
    """
    return verdict([_finding(table, way) for way in EARLY], LEVEL, EFFECT)


def _finding(table: pd.DataFrame, way: str) -> Finding:
    runs, on = watched_after(cell(table, way), WATCHED), cell(table, "on")
    n = min(len(runs), len(on))
    if not n:
        return Finding(way, 0, 1.0, None, "")
    low, rising = (np.array([test(run) for _, run in runs.iterrows()]) for test in (stays_low, keeps_rising))
    told = (
        f"of {len(runs)} runs {low.sum()} stay below {LOW:.0%} and the norm of {rising.sum()} keeps rising; "
        f"with weight decay throughout {on['t_val'].notna().sum()} of {len(on)} arrive"
    )
    found = majority(way, low & rising, told)
    sooner, later = rank_sum_test(arrival(on), arrival(runs)), rank_sum_test(arrival(runs), arrival(on))
    p_value = max(found.p_value, sooner)  # both must pass
    return found._replace(n=n, p_value=p_value, against=min(found.against, later if answered(on).all() else 1.0))


def stays_low(run: pd.Series) -> bool:
    return bool(np.nanmax(after(run, "val_accuracy")) < LOW)


def keeps_rising(run: pd.Series) -> bool:
    steps = np.linspace(run["moment"], run["observed_to"], 3)
    norms = [at_step(run, "parameter_l2", step) for step in steps]
    return norms[0] < norms[1] < norms[2]
