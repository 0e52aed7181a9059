"""A23: in the MLP, ReLU^1.5 and ReLU^2 perform best of all activations tried, and generalise much faster than ReLU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.activations import (
    CODE,
    JUDGED,
    OTHERS,
    RATE,
    REFERENCE,
    TEXT,
    best_rate,
    of_form,
    reported,
)
from grokkit.claims.rules.architectures import SOURCE_BUDGET
from grokkit.claims.statistics import rank_sum_test, ratio_interval
from grokkit.claims.verdict import Verdict

LEVEL = 0.05
EFFECT = "T_val of ReLU over that of ReLU^2, at the source's learning rate"
MUCH = 2.0
"""Half of the steps, at most: what "by a large margin" must mean where seeds differ by a few percent."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The MLP with every activation, tuning runs included; and with batch normalisation, as the source coded it."""
    return pd.concat([of_form(table, TEXT), of_form(table, CODE, (*JUDGED, REFERENCE))])


def rule(table: pd.DataFrame) -> Verdict:
    """Do ReLU^1.5 and ReLU^2 arrive in half of ReLU's steps, and sooner than each other activation of the source?

    Each at the source's learning rate and at the best rate of every activation: if only the first, the shape acted as a
    longer step. Best is the rate whose tuning runs, with seeds of their own, arrive soonest. Four findings of exact
    rank-sum tests; in each the weakest counts, since both powers must pass, and against all others. Five runs against
    five can pass. A run that has not arrived stands behind all others; where one of the two powers might still have
    arrived in time, had it been watched for as long as the source's, the finding is not decided against the claim.
    Tanh, x^2 and batch normalisation decide nothing.
    """
    own = dict.fromkeys((*JUDGED, *OTHERS), RATE)
    best = {name: best_rate(table, name) for name in own}
    found = []
    for at, rates in ((f"all at {RATE:g}", own), ("each at its best rate", best)):
        runs = {name: _runs(table, name, rate) for name, rate in rates.items()}
        found += [
            _finding(f"{at}, against ReLU", runs, [REFERENCE], MUCH, _medians(runs, rates)),
            _finding(f"{at}, against all", runs, OTHERS, 1.0, "the same runs"),
        ]
    aside = {name: reported(table, CODE, name, RATE) for name in (*JUDGED, REFERENCE)}
    if all(map(len, aside.values())):
        told = f"{found[0].told}; with batch normalisation, as coded, {_medians(aside, own)}"
        found[0] = found[0]._replace(told=told)
    return verdict(found, LEVEL, EFFECT)


def _finding(name: str, runs: Mapping[str, pd.DataFrame], others: Sequence[str], factor: float, told: str) -> Finding:
    """Do both powers take less than 1 / factor of the steps of each of the others?"""
    n = min(len(runs[each]) for each in (*JUDGED, *others))
    if not n:
        return Finding(name, 0, 1.0, None, "")
    p_value, optimistic = (
        max(rank_sum_test(factor * times(runs[one]), _times(runs[other])) for one in JUDGED for other in others)
        for times in (_times, _soonest)
    )
    interval = ratio_interval(_times(runs[REFERENCE]), _times(runs[JUDGED[1]])) if factor > 1 else None
    return _decided(Finding(name, n, p_value, interval, told), optimistic)


def _runs(table: pd.DataFrame, name: str, rate: float | None) -> pd.DataFrame:
    """An activation's runs at a rate; none while no rate was chosen."""
    return reported(table, TEXT, name, np.nan if rate is None else rate)


def _times(runs: pd.DataFrame) -> np.ndarray:
    """(n,) T_val, infinite where a run did not arrive."""
    return runs["t_val"].fillna(np.inf).to_numpy(dtype=float)


def _soonest(runs: pd.DataFrame) -> np.ndarray:
    """(n,) T_val, and the soonest that it can be where a run was not watched for as long as the source's."""
    open_end = (runs["status"] != "diverged") & (runs["observed_to"] < SOURCE_BUDGET)
    return runs["t_val"].fillna(runs["observed_to"].where(open_end, np.inf)).to_numpy(dtype=float)


def _decided(found: Finding, optimistic: float) -> Finding:
    """The finding, or too few runs if it does not pass and could, had runs been watched longer."""
    if found.p_value <= LEVEL or optimistic > LEVEL:
        return found
    return found._replace(setting=f"{found.setting} (watched for {SOURCE_BUDGET:,} steps)", n=min(found.n, 4))


def _medians(runs: Mapping[str, pd.DataFrame], rates: Mapping[str, float | None]) -> str:
    medians = {name: np.median(_times(each)) for name, each in runs.items() if len(each)}
    parts = [
        f"{name} {x:,.0f} at {rates[name]:g}" if np.isfinite(x) else f"{name} never at {rates[name]:g}"
        for name, x in medians.items()
    ]
    return f"median T_val in steps: {', '.join(parts)}"
