"""A7: with few training sums the MLP needs half the transformer's steps, and is further ahead in computing time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.architectures import (
    FORMS,
    MLPS,
    SUMMANDS,
    TRANSFORMER,
    P,
    in_forms,
    medians,
    sooner,
    times,
    typical,
)
from grokkit.claims.statistics import ratio_interval
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 5
EFFECT = "steps of the MLP over the transformer's"
LOW = (0.25, 0.3)
"""The two lowest fractions at which all transformers arrive soon enough to be compared."""
STEPS = 0.75
"""'Half the steps' is nearer to one half than to no difference."""
ARITHMETIC = 0.5
"""'Outweighs more': in computing, ahead by more than the factor of two that the source gives for steps."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The MLP in both forms and the transformer at alpha = 0.25 and 0.3."""
    return in_forms(table, [*MLPS, TRANSFORMER], LOW)


def rule(table: pd.DataFrame) -> Verdict:
    """alpha = 0.25 and 0.3: is the MLP's T_val below 3/4 of the transformer's, and its arithmetic below half?

    Arithmetic to T_val stands for wall time: seconds depend on the machine and on what else it does, and the runs come
    from several. Steps and arithmetic are tested in both forms of the MLP; the two fractions are judged together, a
    seed by its mean rank. Five runs against five can pass; one test alone (partly) needs six against five.
    """
    return verdict([_finding(table, form, what) for form in MLPS for what in ("steps", "arithmetic")], LEVEL, EFFECT)


def _finding(table: pd.DataFrame, form: str, what: str) -> Finding:
    ours, theirs = times(table, form, LOW), times(table, TRANSFORMER, LOW)
    n = min(len(ours), len(theirs))
    if not n:
        return Finding(f"{form}, {what}", 0, 1.0, None, "")
    factor, limit = (1.0, STEPS) if what == "steps" else (products(form) / products(TRANSFORMER), ARITHMETIC)
    p_value, interval = sooner(factor * ours, limit * theirs), ratio_interval(factor * typical(ours), typical(theirs))
    told = f"median T_val {medians(ours)} steps against {medians(theirs)} for alpha = {', '.join(map(str, LOW))}"
    told += f", at {factor:.2f} of its arithmetic a step" if what == "arithmetic" else ""
    return Finding(f"{form}, {what}", n, p_value, interval, told)


def products(form: str) -> int:
    """Products of a weight with an activation for one sum, every token of it computed, the one-hot ones too.

    A training step takes six operations for each and every sum of its batch. Attention's own products, norms and
    activation functions are left out: 1% of a transformer, less of an MLP.
    """
    length, vocabulary, model = 2 * SUMMANDS, P + 2, FORMS[form]
    if model["model.kind"] == "mlp":
        widths = np.array([length * vocabulary, *model["model.hidden"], P])
        return int((widths[:-1] * widths[1:]).sum())
    inner, feed_forward = model["model.heads"] * model["model.head_width"], model["model.feed_forward"]
    return length * model["model.layers"] * vocabulary * (4 * inner + 2 * feed_forward) + vocabulary * P
