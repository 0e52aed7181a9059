"""Phase diagrams as samples: one diagram a seed, complete when it is known of all its cells what became of them.

The cells of a diagram share their data and their initial weights, so the diagram counts as one, not its cells. What is
asked of a diagram stands in `grokkit.claims.maps`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
import pandas as pd

from grokkit.analysis.phases import phase
from grokkit.claims.identity import of_runs
from grokkit.claims.maps import Diagram, Pair, grid
from grokkit.claims.samples import Reading, Sample, seen_at
from grokkit.records.passages import first_passage
from grokkit.sources import b

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
    unit: ClassVar[str] = "diagram"

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
    unit: ClassVar[str] = "diagram"

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
    unit: ClassVar[str] = "diagram"

    def read(self, read: Reading) -> list[Diagram]:
        return [diagram[diagram["column"] < self.columns] for diagram in read(self.diagrams)]

    def needs(self, read: Reading) -> int:
        return self.diagrams.needs(read)


@dataclass(frozen=True)
class Beside:
    """Maps of the phases of two samples of diagrams, seed by seed: the same data, drawn from the same numbers."""

    first: Diagrams
    second: Diagrams
    unit: ClassVar[str] = "pair"

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
    reads: partial[Diagram]
    unit: ClassVar[str] = "diagram"

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

    @property
    def longer(self) -> int:
        """For how many steps the cells that memorise are watched."""
        return self.reads.keywords["within"]


def maps_of(table: pd.DataFrame, diagrams: Diagrams) -> dict[int, np.ndarray]:
    """Model seed -> map of the phases, of the diagrams that there are in a table of runs."""
    return {seed: grid(diagram) for seed, diagram in Reading(table)(Whole(diagrams)).items()}


def at_look(diagrams: dict[int, Diagram], looks: Sequence[int]) -> dict[int, Diagram]:
    """Return those that are judged of the diagrams by seed (see `seen_at`)."""
    return {seed: diagrams[seed] for seed in sorted(diagrams)[: seen_at(looks, len(diagrams))]}


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
    times = [first_passage(run["steps"], run[f"{which}_accuracy"], b.TOY_ACCURACY) for which in ("train", "val")]
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
    found = [first_passage(run["steps"], run[f"{which}_accuracy"], b.MNIST_ACCURACY) for _, run in cells.iterrows()]
    return np.where(cells["status"] == "diverged", np.nan, found)
