"""A21: AdaSAM generalises much faster than AdamW under every initialisation."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.sharpness import (
    ADAMW,
    DECAYED,
    INITIALISERS,
    PRINTED,
    all_runs,
    best_times,
    judged,
    listed,
    median_time,
    sooner,
    times,
    tuning_of,
)
from grokkit.claims.statistics import ratio_interval
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 3
EFFECT = "T_val of AdamW over that of AdaSAM as printed, steps, PyTorch's own initial weights"
MUCH = 2.0
"""Half the steps: a step of AdaSAM takes two gradients, so that much faster is faster at equal gradients, too."""
FORMS = {PRINTED: "as printed", DECAYED: "with weight decay"}


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """AdamW and both forms of AdaSAM under all initialisers, and the runs that chose a radius."""
    return pd.concat([all_runs(table, (ADAMW, *FORMS), INITIALISERS), tuning_of(table, FORMS)])


def rule(table: pd.DataFrame) -> Verdict:
    """In each form of AdaSAM: is its T_val less than half of AdamW's, under every initialiser?

    Rank-sum tests at the radius that the tuning chose; the largest of four p-values counts, so that all must pass. A
    run that does not arrive is the latest. Against the claim speaks one initialiser under which the opposite holds, and
    would if every run of AdaSAM had arrived where it was given up, and none of AdamW's that did not.
    """
    return verdict([_faster(table, form) for form in FORMS], LEVEL, EFFECT)


def _faster(table: pd.DataFrame, form: str) -> Finding:
    theirs = [judged(table, ADAMW, initialiser) for initialiser in INITIALISERS]
    ours = [judged(table, form, initialiser) for initialiser in INITIALISERS]
    n = min(len(runs) for runs in (*theirs, *ours))
    if not n:
        return Finding(FORMS[form], 0, 1.0, None, "")
    pairs = list(zip(ours, theirs, strict=True))
    p_values = [sooner(times(a), times(b), MUCH) for a, b in pairs]
    against = min(sooner(times(b), MUCH * best_times(a)) for a, b in pairs)
    told = (
        f"median T_val {listed(map(median_time, ours))} steps, of AdamW {listed(map(median_time, theirs))}, for "
        f"{', '.join(INITIALISERS)}; {sum(p <= LEVEL for p in p_values)} of {len(p_values)} pass by themselves, and "
        f"{sum(median_time(a) < median_time(b) for a, b in pairs)} medians are smaller at equal steps"
    )
    return Finding(FORMS[form], n, max(p_values), _ratio(*pairs[0]), told, against)


def _ratio(ours: pd.DataFrame, theirs: pd.DataFrame) -> tuple[float, float] | None:
    """Of AdamW's times to ours; none where one is censored."""
    pair = times(theirs), times(ours)
    return ratio_interval(*pair) if np.isfinite(np.concatenate(pair)).all() else None
