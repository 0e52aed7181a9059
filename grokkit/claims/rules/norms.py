"""The runs that the rules on norms read: source A's transformer in two widths, and the same with its gradient silenced.

Seeds below 40 are left out: how norms and losses of the transformer move at seeds 10 to 17 was looked at before there
was a rule, to see what can be measured.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.rules import architectures
from grokkit.claims.rules.architectures import has_settings

ALPHA = 0.4
FIRST_SEED = 40
NORMS = ("parameter_l2", "parameter_linf")

CODED = {**architectures.ALL, **architectures.FORMS[architectures.TRANSFORMER], "train_fraction": ALPHA}
FORMS = {"as coded": CODED, "width 128": {**CODED, "model.width": 128}}
"""Source A's transformer as its code has it (the width is that of its tokens, 99), and with a learned embedding."""

SILENT = 1e30
"""AdamW's epsilon where only weight decay acts: the step along the gradient is divided by it, and rounds to nothing."""
DECAYS = (0.5, 1.0, 2.0)
SILENCED = {
    decay: {**CODED, "optimizer.eps": SILENT, "optimizer.weight_decay": decay} for decay in DECAYS
}  # each decays at a rate of its own


def of_form(table: pd.DataFrame, form: str) -> pd.DataFrame:
    """The runs of one of the FORMS, in the order of their seeds."""
    return _in_order(table, has_settings(table, FORMS[form]))


def silenced(table: pd.DataFrame) -> pd.DataFrame:
    """The runs that only decay, in the order of their seeds."""
    masks = [has_settings(table, settings) for settings in SILENCED.values()]
    return _in_order(table, np.logical_or.reduce(masks))


def waits(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs that arrived: only they have a time between memorising and generalising."""
    return runs[runs["t_val"].notna() & (runs["delay"] > 0)]


def window(run: pd.Series, end: float) -> np.ndarray:
    """Which of a run's evaluations lie from T_train to `end`, bool (R,)."""
    return (run["steps"] >= run["t_train"]) & (run["steps"] <= end)


def rate(run: pd.Series) -> float:
    """Weight decay a step: learning rate times weight decay."""
    return run["optimizer.learning_rate"] * run["optimizer.weight_decay"]


def _in_order(table: pd.DataFrame, kept: pd.Series) -> pd.DataFrame:
    """Those of the rows whose three seeds are the same number, and not one that was seen before."""
    seeds = table["seeds.data"]
    alike = (seeds == table["seeds.init"]) & (seeds == table["seeds.batch"]) & (seeds >= FIRST_SEED)
    return table[alike & kept].sort_values("seeds.data", kind="stable")
