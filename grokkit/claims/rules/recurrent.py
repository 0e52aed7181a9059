"""The rows that rules of source C's recurrent networks compare, and what those rules have in common.

Runs are independent: in the chapter's plan no two runs of a network share a seed, whatever their settings. So they can
be counted together over fractions (`mostly`), and two settings compared without pairs (`rank_sum_test`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.statistics import majority_test, share_interval
from grokkit.claims.verdict import RUNS_TO_DECIDE, Verdict

NETWORKS = ("RNN", "LSTM")
FRACTIONS = (0.3, 0.5, 0.7)
LARGEST = 0.7
SCALE = 5.0
WAYS = {"AdamW": (0.01, 0.0), "Adam": (0.0, 0.0), "AdamW, dropout": (0.01, 0.5), "Adam, dropout": (0.0, 0.5)}
"""Weight decay and dropout. Adam without regularisation is AdamW at weight decay 0: their steps are the same."""
SETTING = {
    "task.kind": "modular_addition",
    "task.p": 91,
    "task.summands": 2,
    "task.framed": True,
    "model.hidden": 128,
    "model.embedding": 128,
    "model.bidirectional": False,
    "optimizer.kind": "adamw",
    "optimizer.learning_rate": 1e-3,
    "optimizer.beta1": 0.9,
    "optimizer.beta2": 0.999,
    "batch.size": 32,
    "batch.sampling": "permutation",
    "batch.short_last": True,
    "schedule.warmup": 0,
    "schedule.decay": 0.0,
    "precision": "float32",
}
"""What all runs have in common: source C's section 7.1 and Table 7.2, and PyTorch's defaults where these are silent."""
LATE = 2.0
"""A run groks if it arrives, and with T_val / T_train at least this: as in A1."""


def source_c(table: pd.DataFrame) -> pd.DataFrame:
    """The rows in SETTING whose three seeds are the same number, in the order of the seeds."""
    known = table.reindex(columns=[*SETTING, "model.activation"])
    fits = known["model.activation"].isna() | (known["model.activation"] == "tanh")  # an LSTM has no such choice
    for name, value in SETTING.items():
        fits &= known[name] == value
    alike = (table["seeds.data"] == table["seeds.init"]) & (table["seeds.data"] == table["seeds.batch"])
    return table[fits & alike].sort_values("seeds.data", kind="stable")


def cell(table: pd.DataFrame, network: str, way: str, fraction: float, scale: float = SCALE) -> pd.DataFrame:
    """The rows of one network, trained in one of the WAYS on one fraction from weights of one scale."""
    runs, (decay, dropped) = source_c(table), WAYS[way]
    dropout = runs.reindex(columns=["model.dropout"])["model.dropout"].astype(float).fillna(0.0)
    return runs[
        (runs["model.kind"] == network.lower())
        & (runs["optimizer.weight_decay"] == decay)
        & (dropout == dropped)
        & (runs["train_fraction"] == fraction)
        & (runs["init_scale"] == scale)
    ]


def cells(
    table: pd.DataFrame,
    ways: Sequence[str],
    networks: Sequence[str] = NETWORKS,
    fractions: Sequence[float] = FRACTIONS,
    scales: Sequence[float] = (SCALE,),
) -> pd.DataFrame:
    """The rows of all these settings."""
    found = [cell(table, *each).index for each in product(networks, ways, fractions, scales)]
    runs = source_c(table)
    return runs[runs.index.isin(np.concatenate(found))]


def groks(runs: pd.DataFrame) -> pd.Series:
    """Whether each run arrives, and late."""
    return runs["ratio"] >= LATE  # a censored run has no ratio


def waiting(runs: pd.DataFrame, measure: str) -> np.ndarray:
    """`delay` or `ratio` of each run: infinite if it never arrives; 0 if it never knows its training sums.

    Whoever does not memorise has nothing to wait for after it, so such a run never makes grokking more pronounced.
    """
    return runs[measure].fillna(np.inf).where(runs["t_train"].notna(), 0.0).to_numpy(dtype=float)


def mostly(parts: Sequence[pd.Series], setting: str, what: str) -> Finding:
    """One test of independent runs of several fractions: does something hold in more than half of all of them?

    parts: (n,) bool each, one a fraction. It passes only if the runs of each fraction show a majority as well; five
    alone could not pass at the level of a chapter's claim, but fifteen together can, with 13 of them.
    """
    everywhere = all(2 * part.sum() > len(part) for part in parts)
    together = np.concatenate([part.to_numpy(dtype=bool) for part in parts])
    p_value = majority_test(together) if everywhere else 1.0
    counts = ", ".join(f"{part.sum()} of {len(part)}" for part in parts)
    told = f"{together.sum()} of {len(together)} runs {what} ({counts})"
    return Finding(setting, min(map(len, parts)), p_value, share_interval(together), told)


def verdict_over_fractions(held: dict[str, list[pd.Series]], level: float, effect: str, what: str) -> Verdict:
    """Does something hold at the three FRACTIONS? Partly: at two of them.

    held: network -> for each of the FRACTIONS, whether it holds in each run.
    """
    whole = [mostly(parts, f"{network} at 30, 50 and 70%", what) for network, parts in held.items()]
    found = verdict(whole, level, effect)
    if found.outcome != "not reproduced":
        return found
    two = [
        mostly([parts[i], parts[j]], f"{network} at {FRACTIONS[i]:.0%} and {FRACTIONS[j]:.0%}", what)
        for network, parts in held.items()
        for i, j in combinations(range(len(FRACTIONS)), 2)
    ]
    in_two = verdict(two, level, effect)
    return replace(in_two, statement=f"{found.statement} {in_two.statement}")


def complete(table: pd.DataFrame, ways: Sequence[str]) -> list[float]:
    """The fractions to judge: the largest, and each other one that has five runs of both networks in all ways.

    Runs that never arrive cost their whole budget: the smaller fractions may be left for later.
    """

    def enough(fraction: float) -> bool:
        sizes = [len(cell(table, network, way, fraction)) for network in NETWORKS for way in ways]
        return min(sizes) >= RUNS_TO_DECIDE

    return [LARGEST, *[f for f in FRACTIONS if f != LARGEST and enough(f)]]
