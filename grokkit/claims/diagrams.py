"""Phase diagrams as samples: one diagram a seed, judged when all its cells were watched, and what rules ask of one.

The cells of a diagram share their data and their initial weights, so the diagram counts as one, not its cells. A
diagram is a table with a row a cell: `row` (weight decay) and `column` (learning rate), the `phase`, and T_train and
T_val as `train` and `val`, in steps, NaN for never.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pandas as pd
from scipy.ndimage import binary_dilation

from grokkit.claims.findings import Finding
from grokkit.claims.identity import of_a_diagram, of_runs
from grokkit.claims.samples import Reading, Sample
from grokkit.claims.statistics import closeness_test
from grokkit.phases import LATE, PHASES, phase
from grokkit.sources import b

Diagram = pd.DataFrame
Pair = tuple[np.ndarray, np.ndarray]

EARLY = 2000
"""Steps after which source B's Figure 11 ends."""


@dataclass(frozen=True)
class Diagrams:
    """The complete diagrams of a sample of cells, over weight decays and learning rates, in the order of their seeds.

    reads: an idea that gives the cells whose phase is known, with it and their times. looks: numbers of diagrams at
    which a claim is judged. A store grows, and a test that is made after every diagram errs more often than it says; so
    what comes between two looks waits. Before the first all are shown.
    """

    cells: Sample
    reads: Callable[[pd.DataFrame], Diagram]
    looks: tuple[int, ...]

    def read(self, read: Reading) -> list[Diagram]:
        return list(read(Whole(self)).values())

    def needs(self, read: Reading) -> int:
        return self.looks[0]

    def whole(self, read: Reading) -> dict[int, Diagram]:
        runs = read(self.cells)
        rows, columns = (len(values) for _, values in self.cells.over)
        places = self.cells.places(runs)
        placed = self.reads(runs.assign(row=places // columns, column=places % columns))
        placed = placed.drop_duplicates(["seeds.init", "row", "column"])
        each = placed.groupby("seeds.init", sort=True) if len(placed) else ()
        return at_look({int(seed): cells for seed, cells in each if len(cells) == rows * columns}, self.looks)


@dataclass(frozen=True)
class Whole:
    """Diagrams by their model seed."""

    diagrams: Diagrams

    def read(self, read: Reading) -> dict[int, Diagram]:
        return self.diagrams.whole(read)


@dataclass(frozen=True)
class Having:
    """Those of the diagrams that have all these phases, and so many in all. `least` of them are enough for a test once
    all diagrams were followed."""

    diagrams: Diagrams
    phases: tuple[str, ...]
    least: int
    in_all: int = 1

    def read(self, read: Reading) -> list[Diagram]:
        return [diagram for diagram in read(self.diagrams) if self._has(set(diagram["phase"]))]

    def _has(self, found: set[str]) -> bool:
        return set(self.phases) <= found and len(found) >= self.in_all

    def needs(self, read: Reading) -> int:
        first = self.diagrams.looks[0]
        return self.least if len(read(self.diagrams)) >= first else first


@dataclass(frozen=True)
class Cut:
    """The first columns of diagrams that are complete."""

    diagrams: Diagrams
    columns: int

    def read(self, read: Reading) -> list[Diagram]:
        return [diagram[diagram["column"] < self.columns] for diagram in read(self.diagrams)]

    def needs(self, read: Reading) -> int:
        return self.diagrams.needs(read)


@dataclass(frozen=True)
class Beside:
    """Maps of the phases of two samples of diagrams, seed by seed: the same data, drawn from the same numbers."""

    first: Diagrams
    second: Diagrams

    def read(self, read: Reading) -> list[Pair]:
        first, second = (read(Whole(each)) for each in (self.first, self.second))
        return [(grid(first[seed]), grid(second[seed])) for seed in first if seed in second]

    def needs(self, read: Reading) -> int:
        return self.first.needs(read)


@dataclass(frozen=True)
class Later:
    """Maps of the phases of diagrams, and of what became of the cells that memorise, which were watched for longer.

    What becomes of the others is not looked at.
    """

    diagrams: Diagrams
    reads: Callable[[pd.DataFrame], Diagram]

    def read(self, read: Reading) -> list[Pair]:
        pairs = [(diagram, self._later(diagram)) for diagram in read(self.diagrams)]
        return [(grid(before), grid(after)) for before, after in pairs if after is not None]

    def _later(self, diagram: Diagram) -> Diagram | None:
        """None where one of the cells was not watched for so long."""
        memorised = diagram["phase"] == "memorisation"
        later = self.reads(diagram[memorised])["phase"]
        return diagram.assign(phase=diagram["phase"].mask(memorised, later)) if len(later) == memorised.sum() else None

    def needs(self, read: Reading) -> int:
        return self.diagrams.needs(read)


def at_look(diagrams: dict[int, Diagram], looks: Sequence[int]) -> dict[int, Diagram]:
    """Of the diagrams there are, by seed, as many as the last look that is reached; all before the first."""
    reached = [n for n in looks if n <= len(diagrams)]
    seeds = sorted(diagrams)[: reached[-1] if reached else None]
    return {seed: diagrams[seed] for seed in seeds}


@of_runs(1)
def watched_at_every_step(cells: pd.DataFrame, within: int) -> Diagram:
    """The toy's: phases from exact passages, of runs that were watched for so long."""
    times = {which: _last(cells, f"{which}_passage") for which in ("train", "val")}
    exact = [isinstance(curve, np.ndarray) for curve in cells.get("train_passage", [])]
    whole = (cells["status"] == "reached") | (cells["observed_to"] >= within)
    return cells.assign(**times, phase=phase(*times.values(), within))[whole & np.array(exact or False, dtype=bool)]


@of_runs(1)
def evaluated(cells: pd.DataFrame, within: int) -> Diagram:
    """MNIST's: phases at 100,000 steps from evaluations, of runs of which it is known what becomes of them `within` so
    many: they arrived, diverged, or were watched for so long."""
    times = {which: _first_above(cells, which) for which in ("train", "val")}
    timed = cells.assign(**times, phase=phase(*times.values(), b.STEPS))
    arrived = timed["train"].notna() & timed["val"].notna()
    return timed[arrived | (timed["status"] == "diverged") | (timed["observed_to"] >= within)]


@of_runs(1)
def followed(cells: pd.DataFrame) -> Diagram:
    """The toy's, of runs whose embeddings were seen to the end: phases from evaluations; whether an embedding was
    `ordered` after EARLY steps; its root mean square `early` and `late`, after EARLY steps and at the end."""
    seen = cells[[_was_followed(run) for _, run in cells.iterrows()]]
    told = [_embedding(run) for _, run in seen.iterrows()]
    return seen.join(pd.DataFrame(told, index=seen.index)) if told else seen


def _was_followed(run: pd.Series) -> bool:
    order = run.get("embedding_order")
    if not isinstance(order, np.ndarray):
        return False
    return bool(np.isfinite(order[np.isin(run["steps"], [EARLY, b.STEPS])]).sum() == 2)


def _embedding(run: pd.Series) -> dict[str, object]:
    early, late = (int(np.flatnonzero(run["steps"] == step)[0]) for step in (EARLY, b.STEPS))
    times = [_first(run["steps"], run[f"{which}_accuracy"], b.TOY_ACCURACY) for which in ("train", "val")]
    size = run["embedding_rms"]
    ordered = bool(run["embedding_order"][early] == 1)
    return {
        "phase": str(phase(*times, b.STEPS)), "ordered": ordered, "early": float(size[early]), "late": float(size[late])
    }  # fmt: skip


def _last(cells: pd.DataFrame, curve: str) -> np.ndarray:
    values = cells[curve] if curve in cells else [np.nan] * len(cells)
    return np.array([x[-1] if isinstance(x, np.ndarray) else np.nan for x in values], dtype=float)


def _first_above(cells: pd.DataFrame, which: str) -> np.ndarray:
    """The first evaluated step at which an accuracy is above 60%; NaN for never, and for a run that diverged."""
    if f"{which}_accuracy" not in cells:
        return np.full(len(cells), np.nan)
    times = [
        np.nan if run["status"] == "diverged" else _first(run["steps"], run[f"{which}_accuracy"], b.MNIST_ACCURACY)
        for _, run in cells.iterrows()
    ]
    return np.array(times, dtype=float)


def _first(steps: np.ndarray, accuracy: np.ndarray, threshold: float) -> float:
    arrived = steps[accuracy >= threshold]
    return float(arrived[0]) if len(arrived) else np.nan


def grid(diagram: Diagram, value: str = "phase") -> np.ndarray:
    """A diagram as an array: weight decay downwards, learning rate to the right."""
    return diagram.pivot(index="row", columns="column", values=value).to_numpy()


def generalises(map: np.ndarray) -> np.ndarray:
    """Where validation arrives, too: bool, in the map's shape."""
    return np.isin(map, PHASES[:2])


@of_a_diagram(1)
def has_all_phases(diagram: Diagram) -> bool:
    return set(diagram["phase"]) >= set(PHASES)


@of_a_diagram(1)
def has_grokking_between(diagram: Diagram) -> bool:
    """Whether most ways from comprehension to memorisation lead through grokking; not where there is no way."""
    through, there_are = ways_of(grid(diagram)).sum(axis=0)
    return bool(2 * through > there_are)


def ways_of(map: np.ndarray) -> np.ndarray:
    """(2, 2): along the rows and along the columns, how many `ways` lead through grokking, and how many there are."""
    return np.array([ways(map), ways(map.T)])


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


JUMP = np.sqrt(10)
"""The factor that makes a gap on the source's grid: a tenth of the scale of our smooth diagrams, 1 to 100,000 steps."""
COARSER = 3
"""The toy's learning rates are each third one of the source's. Times go as powers of the rate, so that what is a factor
of JUMP between neighbours there is its third power here. (With JUMP itself the source's own map has no gap, but most
coarse grids cut out of it have one: that would be found of the grid and not of the claim.)"""
ALIKE = 100.0
"""Steps below which MNIST's times are not told apart: the source evaluates every 5 steps at best, and ours are rounded,
too."""


def has_gap(values: Sequence[float], border: float, factor: float = JUMP**COARSER) -> bool | None:
    """Whether the values on both sides of the border keep far from each other; None if all lie on one side of it.

    values, border: in steps, of which less than one counts as one. A value at the border lies above it.
    """
    ordered = np.sort(np.maximum(np.asarray(values, dtype=float), 1.0))
    below = int((ordered < border).sum())
    if below in (0, len(ordered)):
        return None
    return bool(ordered[below] / ordered[below - 1] >= factor)


def stands_out(values: Sequence[float], border: float) -> bool | None:
    """Whether the gap across the border is one and the widest of all; None if all values lie on one side of it."""
    ordered = np.sort(np.maximum(np.asarray(values, dtype=float), ALIKE))
    gap = has_gap(ordered.tolist(), border, JUMP)
    if not gap:
        return gap
    steps = ordered[1:] / ordered[:-1]
    return bool(steps.argmax() == (ordered < border).sum() - 1)


def lateness(diagram: Diagram) -> tuple[np.ndarray, float]:
    """T_val - T_train of the cells that generalise, and the border of grokking."""
    arrived = diagram[diagram["phase"].isin(["comprehension", "grokking"])]
    return (arrived["val"] - arrived["train"]).to_numpy(dtype=float), LATE


def learning(diagram: Diagram) -> tuple[np.ndarray, float]:
    """T_train of the cells that do not, and the budget, where confusion stands."""
    others = diagram[diagram["phase"].isin(["memorisation", "confusion"])]
    return np.where(others["phase"] == "confusion", float(b.STEPS), others["train"]).astype(float), b.STEPS


BORDERS = {"comprehension and grokking": lateness, "memorisation and confusion": learning}
"""Where two phases meet that one number parts: the times on both sides of it, and the number."""


def gap_at(diagram: Diagram, between: str) -> bool | None:
    """Whether there is a gap at one of the BORDERS; None where there is no border. What memorises with the very last
    step lies on neither side."""
    last = (diagram["phase"] == "memorisation") & (diagram["train"] >= b.STEPS)
    return has_gap(*BORDERS[between](diagram[~last]))


def clear_gap_at(diagram: Diagram, between: str) -> bool | None:
    """The same, of a gap that is wider than any other step between the times of the diagram in order: on a coarse grid
    wide steps are everywhere."""
    return stands_out(*BORDERS[between](diagram))


@of_a_diagram(1)
def borders_without_a_gap(diagram: Diagram, between: str) -> bool:
    """A diagram that lacks a phase has no border there, and cannot show that there is no gap."""
    return gap_at(diagram, between) is False


@of_a_diagram(1)
def has_a_clear_gap(diagram: Diagram, between: str) -> bool:
    return clear_gap_at(diagram, between) is True


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


def area(map: np.ndarray) -> int:
    """Cells that generalise."""
    return int(generalises(map).sum())


def confused_at_large_decay(map: np.ndarray) -> int:
    """Cells in the upper half of six weight decays that end in confusion."""
    return int((map[3:] == "confusion").sum())


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


def mean_decays(map: np.ndarray) -> tuple[float, float]:
    """Mean weight decay of comprehension and of grokking as shares of the largest; NaN where there is none."""
    share = np.linspace(0, 1, len(map))[:, None] * np.ones(map.shape)
    found = [share[map == name] for name in ("comprehension", "grokking")]
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


@of_runs(1)
def data_seed_matters(read: Reading, setup: str, same: Diagrams, different: Diagrams) -> list[Finding]:
    """Whether diagrams of one data seed differ in fewer cells from each other than those of different data seeds do;
    model seeds differ in all of them.

    An exact permutation test over diagrams: if the data seed did nothing, any of them could be those of one data seed.
    Besides, the mean share of cells that differ must be twice as large between different data seeds: if the two seeds'
    shares add up, the data seed's own is then the larger one. This part is measured and not tested. Of the one data
    seed never more than the first look's diagrams are read, so that the choices can be counted out.
    """
    first_look = same.looks[0]
    samples = [read(same)[:first_look], read(different)]
    n = min(map(len, samples))
    if n < 2:
        return [Finding(setup, n, 1.0, None, "", needs=first_look)]
    shares = differences(np.array([grid(diagram) for sample in samples for diagram in sample]))
    close = np.arange(len(shares)) < len(samples[0])
    apart, together = mean_within(shares, ~close), mean_within(shares, close)
    told = f"two diagrams of one data seed differ in {together:.0%} of their cells, of different ones in {apart:.0%}"
    p_value = closeness_test(shares, close)
    if apart >= 2 * together:
        return [Finding(setup, n, p_value, None, told, needs=first_look)]
    told += f", less than 2 times as many (of the difference P = {p_value:.2g})"
    return [Finding(setup, n, 1.0, None, told, closeness_test(shares, ~close), first_look)]
