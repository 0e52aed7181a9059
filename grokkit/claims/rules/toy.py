"""The diagrams that the rules on source B's toy compare: 7 learning rates and 6 weight decays out of its 21 by 21.

A diagram is one pair of seeds; its 42 cells share their data and their initial weights, so the diagram counts as one,
not its cells. Two samples of diagrams: with fresh data seeds, and at the source's own data seed with other initial
weights. The source's own pair (data seed 42, model seed 102) is in neither: its map was known before there was a rule.

Each sample is judged at 9 diagrams, and again at 12 where one exception among the 9 kept a claim from passing: of a
claim that holds in no more than half of all diagrams 9 of 9 or else 11 of 12 pass with a chance of 0.00415, within the
level of one of twelve claims.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from grokkit.analysis.phases import PHASES, phase
from grokkit.claims.findings import Finding
from grokkit.claims.rules.architectures import has_settings
from grokkit.claims.rules.diagrams import at_look, shown_in

SETUPS = ("classification", "regression")
VECTORS = {"classification": None, "regression": 30}
LARGEST_DECAY = {"classification": 20.0, "regression": 10.0}
RATES = tuple(range(2, 21, 3))
DECAYS = tuple(range(0, 21, 4))
"""Places in the source's 21 learning rates (1e-5 to 1e-2, evenly in their logarithm) and 21 weight decays (from 0)."""
LAST = 20
BUDGET = 100_000
"""Steps: the source's. A run that was watched for fewer says nothing of its phase."""
THRESHOLD = 0.9 - 1e-3
DATA_SEED = 42
"""The source's, of its Figure 1."""
LOOKS = (9, 12)
"""Diagrams of a sample at which it is judged."""
FRESH_SEEDS = range(19, 31)
OWN_DATA_SEEDS = (*range(31, 40), 44, 45, 46)
"""Model seeds at the source's data seed. None of the source's: its data seeds are 41 to 43, its model seeds 101 to
103."""

SETTINGS = {
    "task.kind": "addition",
    "task.p": 10,
    "model.kind": "mlp",
    "model.hidden": (200, 200),
    "model.embedding": 1,
    "model.discarded_draw": True,
    "model.batch_norm": False,
    "model.dropout": 0.0,
    "optimizer.kind": "grouped_adamw",
    "optimizer.encoder_learning_rate": 1e-3,
    "optimizer.encoder_weight_decay": 0.0,
    "optimizer.beta1": 0.9,
    "optimizer.beta2": 0.999,
    "optimizer.eps": 1e-8,
    "train_fraction": 45 / 55,
    "split": "scikit-learn",
    "batch.size": None,
    "schedule.warmup": 0,
    "schedule.decay": 0.0,
    "schedule.switches.0.setting": None,
    "precision": "float32",
    "init_scale": 1.0,
    "initialiser": "model",
}
"""What all cells of all diagrams have in common."""


def cells(table: pd.DataFrame, setup: str, own_data: bool = False, activation: str = "tanh") -> pd.DataFrame:
    """The rows of one sample's diagrams, with their places `row` (weight decay) and `column` (learning rate).

    own_data: at the source's data seed with fresh model seeds; otherwise fresh seeds, the same number for both.
    """
    kept = has_settings(table, SETTINGS | {"model.activation": activation}) & is_of_setup(table, setup)
    return in_coarse_places(table[kept & _of_sample(table, own_data)], setup)


def diagrams(
    table: pd.DataFrame, setup: str, own_data: bool = False, activation: str = "tanh", budget: float = BUDGET
) -> dict[int, np.ndarray]:
    """Model seed -> phases, (6, 7): weight decay downwards, learning rate to the right; those of `complete`."""
    maps = complete(table, setup, own_data, activation, budget)
    return {seed: each.pivot(index="row", columns="column", values="phase").to_numpy() for seed, each in maps.items()}


def complete(
    table: pd.DataFrame, setup: str, own_data: bool = False, activation: str = "tanh", budget: float = BUDGET
) -> dict[int, pd.DataFrame]:
    """Model seed -> cells with their phase and the exact times `train` and `val`: complete diagrams, at a look."""
    found = cells(table, setup, own_data, activation)
    if not len(found):
        return {}
    phases = phases_of(found, budget=budget)
    found = found.assign(phase=phases, **dict(zip(("train", "val"), times_of(found), strict=True)))
    seen = found[found["phase"] != ""].drop_duplicates(["seeds.init", "row", "column"])
    size = len(DECAYS) * len(RATES)
    whole = {int(seed): each for seed, each in seen.groupby("seeds.init", sort=True) if len(each) == size}
    return at_look(whole, LOOKS)


def phases_of(table: pd.DataFrame, late: float = 1000, budget: float = BUDGET) -> np.ndarray:
    """Each run's phase, from its exact passages; "" for one that was not watched for so long or not at every step."""
    t_train, t_val = times_of(table)
    watched = np.array([isinstance(x, np.ndarray) for x in _column(table, "train_passage")], dtype=bool)
    whole = watched & ((table["status"] == "reached") | (table["observed_to"] >= budget)).to_numpy()
    return np.where(whole, phase(t_train, t_val, budget, late), "")


def times_of(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Exact T_train and T_val of each run, in steps; NaN where it never got there."""
    return tuple(np.array([_last(x) for x in _column(table, f"{which}_passage")]) for which in ("train", "val"))


def all_phases(table: pd.DataFrame, setup: str, own_data: bool) -> Finding:
    """The test that more than half of a sample's diagrams hold every phase; told with how many hold each."""
    found = [set(diagram.ravel()) for diagram in diagrams(table, setup, own_data).values()]
    each = ", ".join(f"{name} in {sum(name in held for held in found)}" for name in PHASES)
    sample = "the source's data seed" if own_data else "fresh data seeds"
    return shown_in(sample, [held >= set(PHASES) for held in found], f"show all four ({each})", LOOKS[0])


def generalises(diagram: np.ndarray) -> np.ndarray:
    """Where validation arrives, too: bool (6, 7)."""
    return np.isin(diagram, PHASES[:2])


def in_coarse_places(table: pd.DataFrame, setup: str) -> pd.DataFrame:
    """Those of a setup's runs that are cells of the coarse diagrams, with their places `row` and `column`."""
    placed = table.assign(**_places(table, setup))
    return placed[placed["row"].isin(DECAYS) & placed["column"].isin(RATES)]


def is_of_setup(table: pd.DataFrame, setup: str) -> pd.Series:
    """Whether a run is a classification, or a regression whose vectors its data seed has drawn."""
    kept = has_settings(table, {"task.vectors": VECTORS[setup]})
    return kept if VECTORS[setup] is None else kept & (table.get("task.vector_seed", np.nan) == table["seeds.data"])


def _of_sample(table: pd.DataFrame, own_data: bool) -> pd.Series:
    data, init = table["seeds.data"], table["seeds.init"]
    if own_data:
        return init.isin(OWN_DATA_SEEDS) & (data == DATA_SEED)
    return init.isin(FRESH_SEEDS) & (data == init)


def _places(table: pd.DataFrame, setup: str) -> dict[str, np.ndarray]:
    """Where a run stands among the source's 21 by 21; -1 for a place between its cells."""
    rates, decays = (table[f"optimizer.{name}"].to_numpy(float) for name in ("learning_rate", "weight_decay"))
    with np.errstate(divide="ignore"):
        column = (np.log10(rates) + 5) / 3 * LAST
    return {"row": _whole(decays / LARGEST_DECAY[setup] * LAST), "column": _whole(column)}


def _whole(numbers: np.ndarray) -> np.ndarray:
    nearest = np.rint(np.clip(numbers, -1, LAST + 1))
    return np.where(np.abs(numbers - nearest) < 1e-6, nearest, -1).astype(int)


def _column(table: pd.DataFrame, name: str) -> Iterable[object]:
    return table[name] if name in table else [np.nan] * len(table)


def _last(curve: object) -> float:
    return float(curve[-1]) if isinstance(curve, np.ndarray) else np.nan
