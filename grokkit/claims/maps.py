"""What rules ask of one phase diagram, or of two beside each other.

A diagram is a table with a row a cell: `row` (weight decay) and `column` (learning rate), the `phase`, and T_train and
T_val as `train` and `val`, in steps, NaN for never. A map is one of its columns as an array, weight decay downwards and
learning rate to the right.
"""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pandas as pd
from scipy.ndimage import binary_dilation

from grokkit.analysis.phases import PHASES
from grokkit.claims.identity import of_a_diagram

Diagram = pd.DataFrame
Pair = tuple[np.ndarray, np.ndarray]


def grid(diagram: Diagram, value: str = "phase") -> np.ndarray:
    """The map of a diagram."""
    return diagram.pivot(index="row", columns="column", values=value).to_numpy()


def generalises(phases: np.ndarray) -> np.ndarray:
    """Where validation arrives, too: bool, in the map's shape."""
    return np.isin(phases, PHASES[:2])


@of_a_diagram(1)
def has_all_phases(diagram: Diagram) -> bool:
    return set(diagram["phase"]) >= set(PHASES)


@of_a_diagram(1)
def has_grokking_between(diagram: Diagram) -> bool:
    """Whether most ways from comprehension to memorisation lead through grokking; not where there is no way."""
    through, there_are = ways_of(grid(diagram)).sum(axis=0)
    return bool(2 * through > there_are)


def ways_of(phases: np.ndarray) -> np.ndarray:
    """(2, 2): along the rows and along the columns, how many `ways` lead through grokking, and how many there are."""
    return np.array([ways(phases), ways(phases.T)])


def ways(lines: np.ndarray) -> tuple[int, int]:
    """How many ways along these lines lead through grokking, and how many there are.

    A way is a stretch of a line that begins in one of comprehension and memorisation and ends in the other, with
    nothing or grokking alone in between.
    """
    ends = {"comprehension", "memorisation"}
    through, all_of_them = 0, 0
    for line in lines:
        met = [name for name, _ in groupby(line)]
        direct = sum({a, b} == ends for a, b in zip(met, met[1:], strict=False))
        late = sum({a, c} == ends and b == "grokking" for a, b, c in zip(met, met[1:], met[2:], strict=False))
        through, all_of_them = through + late, all_of_them + late + direct
    return through, all_of_them


@of_a_diagram(1)
def fails_at_the_end(diagram: Diagram, of: str) -> bool:
    """Whether hardly any cell at the largest 'weight decay' or 'learning rate' generalises, and more of the others do:
    else it has nothing to do with the size of the setting. Hardly: one of six cells, or of seven."""
    arrived = np.moveaxis(generalises(grid(diagram)), ("weight decay", "learning rate").index(of), 0)
    return bool(arrived[-1].mean() <= 0.2 and arrived[:-1].mean() > arrived[-1].mean())


@of_a_diagram(1)
def keeps_memorising(pair: Pair) -> bool:
    """Whether more than half of the cells that memorise do so later, too."""
    return share_that_stays(*pair) > 0.5


def share_that_stays(before: np.ndarray, after: np.ndarray) -> float:
    """Of the cells that memorise before, those that do after; NaN if there are none."""
    memorised = before == "memorisation"
    return float((after[memorised] == "memorisation").mean()) if memorised.any() else np.nan


def turned(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Where memorisation has come to generalise, bool."""
    return (before == "memorisation") & generalises(after)


@of_a_diagram(1)
def turns_at_borders_only(pair: Pair) -> bool:
    """Whether every cell that has turned lies beside one that generalised before."""
    before, after = pair
    return not (turned(before, after) & ~binary_dilation(generalises(before))).any()


def area(phases: np.ndarray) -> int:
    """Cells that generalise."""
    return int(generalises(phases).sum())


def confused_at_large_decay(phases: np.ndarray) -> int:
    """Cells in the upper half of six weight decays that end in confusion."""
    return int((phases[3:] == "confusion").sum())


@of_a_diagram(1)
def has_a_smaller_area(pair: Pair) -> bool:
    return area(pair[0]) < area(pair[1])


@of_a_diagram(1)
def is_more_confused_at_large_decay(pair: Pair) -> bool:
    return confused_at_large_decay(pair[0]) > confused_at_large_decay(pair[1])


@of_a_diagram(1)
def lacks_comprehension(diagram: Diagram) -> bool:
    return not (diagram["phase"] == "comprehension").any()


@of_a_diagram(1)
def comprehends_at_smaller_decay(diagram: Diagram) -> bool:
    """Whether the mean weight decay of comprehension is smaller than that of grokking; not where one is missing."""
    comprehension, grokking = mean_decays(grid(diagram))
    return comprehension < grokking


def mean_decays(phases: np.ndarray) -> tuple[float, float]:
    """Mean weight decay of comprehension and of grokking as shares of the largest; NaN where there is none."""
    share = np.linspace(0, 1, len(phases))[:, None] * np.ones(phases.shape)
    found = [share[phases == name] for name in ("comprehension", "grokking")]
    return tuple(float(each.mean()) if each.size else np.nan for each in found)


def share_in_order(diagram: Diagram) -> dict[str, float]:
    """Phase -> share of its cells whose embeddings are in order; phases that the diagram has."""
    means = diagram.groupby("phase")["ordered"].mean()
    return {str(name): float(x) for name, x in means.items()}


@of_a_diagram(1)
def is_in_order(diagram: Diagram, phase: str) -> bool:
    """Most of the phase's cells are."""
    return share_in_order(diagram)[phase] > 0.5


@of_a_diagram(1)
def is_in_disorder(diagram: Diagram, phase: str) -> bool:
    """Less than half of its cells are in order."""
    return share_in_order(diagram)[phase] < 0.5


@of_a_diagram(1)
def are_alike(diagram: Diagram, phases: tuple[str, str]) -> bool:
    """The shares of their cells that are in order differ by no more than a quarter."""
    first, second = (share_in_order(diagram)[name] for name in phases)
    return abs(first - second) <= 0.25


@of_a_diagram(1)
def grows_most(diagram: Diagram, phase: str) -> bool:
    """Whether embeddings gain more, of the median cell, in this phase than in every other of the diagram."""
    gains = _medians(diagram, diagram["late"] - diagram["early"])
    return all(gains[phase] > gain for name, gain in gains.items() if name != phase)


@of_a_diagram(1)
def ends_larger(diagram: Diagram, phase: str, than: str) -> bool:
    ends = _medians(diagram, diagram["late"])
    return ends[phase] > ends[than]


def _medians(diagram: Diagram, values: pd.Series) -> dict[str, float]:
    """Phase -> median of the values over its cells; phases that the diagram has."""
    return {str(name): float(x) for name, x in values.groupby(diagram["phase"]).median().items()}


@of_a_diagram(1)
def is_memorisation(cell: Diagram) -> bool:
    """Of a diagram that is one cell."""
    return cell["phase"].iloc[0] == "memorisation"


@of_a_diagram(1)
def arrives_within(cell: Diagram, steps: int) -> bool:
    return bool(cell["val"].iloc[0] <= steps)


@of_a_diagram(1)
def is_left_again(cell: Diagram) -> bool:
    """Whether what was fitted is lost again: at the end both accuracies are below twice that of a guess."""
    return bool(np.isfinite(cell["train"].iloc[0]) and all(end(cell, which) <= 0.2 for which in ("train", "val")))


def end(cell: Diagram, which: str) -> float:
    """The last accuracy of a cell's run."""
    return float(cell[f"{which}_accuracy"].iloc[0][-1])


FAST = 100
"""Steps: a tenth of what the network takes over most of source B's grid of MNIST."""


@of_a_diagram(1)
def fits_fast_in_few_cells(diagram: Diagram) -> bool:
    """In some, and in at most a quarter of the grid."""
    return bool(0 < (diagram["train"] <= FAST).mean() <= 0.25)


@of_a_diagram(1)
def fits_fast_near_confusion(diagram: Diagram) -> bool:
    return is_near(grid(diagram, "train"), grid(diagram) == "confusion")


def is_near(train: np.ndarray, confused: np.ndarray) -> bool:
    """Whether most fast cells touch confusion, with a side or a corner, and a smaller share of the others that fit.

    train: T_train, NaN for never. confused: bool, of the same shape.
    """
    touching = binary_dilation(confused, np.ones((3, 3))) & ~confused
    fast, others = (train <= FAST) & ~confused, (train > FAST) & ~confused
    if not fast.any():
        return False
    share, rest = touching[fast].mean(), touching[others].mean() if others.any() else 0.0
    return bool(share > 0.5 and share > rest)


@of_a_diagram(1)
def is_hardly_confused(diagram: Diagram) -> bool:
    """In at most a tenth of the cells."""
    return bool((diagram["phase"] == "confusion").mean() <= 0.1)


def differences(maps: np.ndarray) -> np.ndarray:
    """Share of cells that differ between any two of N diagrams: (N, 6, 7) -> (N, N)."""
    return (maps[:, None] != maps[None]).mean(axis=(2, 3))


def mean_within(shares: np.ndarray, chosen: np.ndarray) -> float:
    """Mean over all pairs of the chosen diagrams."""
    inner = shares[np.ix_(chosen, chosen)]
    return float(inner[np.triu_indices(len(inner), 1)].mean())
