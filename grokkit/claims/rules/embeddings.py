"""What the rules on the toy's embeddings read: regression diagrams whose runs are followed to the end of the budget.

They have pairs of seeds of their own, for the other rules' runs stop as soon as they arrive. An embedding is one number
for each of the ten numbers that are added.
"""

from __future__ import annotations

from collections.abc import Sized

import numpy as np
import pandas as pd

from grokkit.analysis.phases import phase
from grokkit.claims.rules.architectures import has_settings
from grokkit.claims.rules.diagrams import at_look
from grokkit.claims.rules.toy import BUDGET, DECAYS, RATES, SETTINGS, THRESHOLD, in_coarse_places, is_of_setup

SEEDS = range(200, 212)
"""Of data and initial weights alike."""
LOOKS = (len(SEEDS),)
"""Diagrams at which they are judged: all at once, for some of them lack a phase."""
FEWEST = 8
"""Of these diagrams that have the phases which a test speaks of: all of 8 pass, or 10 of 11, or 11 of 12."""
EARLY = 2000
"""Steps after which source B's Figure 11 ends."""


def cells(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of all diagrams, with their places `row` and `column`."""
    kept = has_settings(table, SETTINGS | {"model.activation": "tanh"}) & is_of_setup(table, "regression")
    kept &= table["seeds.init"].isin(SEEDS) & (table["seeds.data"] == table["seeds.init"])
    return in_coarse_places(table[kept], "regression")


def diagrams(table: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """Model seed -> cells with `phase`, `ordered` after `EARLY` steps, and the embedding's root mean square `early` and
    `late`, after `EARLY` and after `BUDGET` steps; complete diagrams only."""
    found = cells(table)
    seen = found[[_was_followed(run) for _, run in found.iterrows()]]
    if not len(seen):
        return {}
    told = pd.DataFrame([_told(run) for _, run in seen.iterrows()], index=seen.index)
    size = len(DECAYS) * len(RATES)
    followed = seen.join(told).groupby("seeds.init", sort=True)
    return at_look({int(seed): each for seed, each in followed if len(each) == size}, LOOKS)


def first_look(found: Sized) -> int:
    """Diagrams that a test needs, of so many that were followed."""
    return FEWEST if len(found) >= LOOKS[0] else LOOKS[0]


def medians(diagram: pd.DataFrame, values: pd.Series) -> dict[str, float]:
    """Phase -> median of the values over its cells; phases that the diagram has."""
    return {str(name): float(x) for name, x in values.groupby(diagram["phase"]).median().items()}


def _was_followed(run: pd.Series) -> bool:
    order = run.get("embedding_order")
    if not isinstance(order, np.ndarray):
        return False
    return bool(np.isfinite(order[np.isin(run["steps"], [EARLY, BUDGET])]).sum() == 2)


def _told(run: pd.Series) -> dict[str, object]:
    early, late = (int(np.flatnonzero(run["steps"] == step)[0]) for step in (EARLY, BUDGET))
    times = [_first(run["steps"], run[f"{which}_accuracy"]) for which in ("train", "val")]
    rms = run["embedding_rms"]
    return {
        "phase": str(phase(*times, BUDGET)),
        "ordered": bool(run["embedding_order"][early] == 1),
        "early": float(rms[early]),
        "late": float(rms[late]),
    }


def _first(steps: np.ndarray, accuracy: np.ndarray) -> float:
    arrived = steps[accuracy >= THRESHOLD]
    return float(arrived[0]) if len(arrived) else float("nan")
