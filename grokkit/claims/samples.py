"""The runs that a question reads, as data: all settings equal to a source's run but those named, and the seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from grokkit.claims.verdict import RUNS_TO_DECIDE
from grokkit.config.run import Run
from grokkit.records.tables import settings_table

Over = tuple[tuple[str, tuple], ...]
ANY = range(2**63)
"""Seed."""


@dataclass(frozen=True)
class Sample:
    """Runs with the settings of `run`, in the order of their seeds.

    over: settings that take these values instead, in the order in which they are compared. free: settings that may be
    anything. tied: settings that follow the data seed. seeds: of the initial weights. data, batch: those seeds; the
    same as the initial weights' where None.
    where: of the runs with curves, those that count: a function of their table, bool (n,). looks: numbers of runs at
    which a claim is judged; what comes between two looks waits for the second.
    """

    run: Run
    over: Over = ()
    free: tuple[str, ...] = ()
    tied: tuple[str, ...] = ()
    seeds: range | tuple[int, ...] = ANY
    data: int | None = None
    batch: int | None = None
    where: Callable[[pd.DataFrame], Any] | None = None
    looks: tuple[int, ...] = ()

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows of a table, of records or of runs that are not trained, whatever the runs did."""
        wanted = settings_table([self.run]).iloc[0].dropna().to_dict()
        if not set(wanted) <= set(table.columns):  # no run of the table has what the sample's have
            return table.iloc[:0]
        for name in (column for column in table.columns if column.split(".")[0] in Run.model_fields):
            table = table[self._fits(table, name, wanted.get(name))]
        return table[self._has_seeds(table)].sort_values("seeds.init", kind="stable")

    def _fits(self, table: pd.DataFrame, name: str, wanted: Any) -> Any:
        """bool (n,): whether a setting is as it should be."""
        if name in self.free or name.startswith("seeds."):
            return np.ones(len(table), dtype=bool)
        if name in self.tied:
            return (table[name] == table["seeds.data"]).to_numpy()
        if name in dict(self.over):
            return np.logical_or.reduce([_is_near(table[name], value) for value in dict(self.over)[name]])
        return _same(table[name], wanted)

    def _has_seeds(self, table: pd.DataFrame) -> pd.Series:
        init = table["seeds.init"]
        kept = init.between(self.seeds.start, self.seeds.stop - 1) if isinstance(self.seeds, range) else None
        kept = init.isin(self.seeds) if kept is None else kept
        kept &= table["seeds.data"] == (init if self.data is None else self.data)
        return kept & (table["seeds.batch"] == (init if self.batch is None else self.batch))

    def read(self, read: Reading) -> pd.DataFrame:
        """The rows that count."""
        runs = self.rows(read.table)
        counted = runs if self.where is None else runs[np.asarray(self.where(runs), dtype=bool)]
        return counted.head(seen_at(self.looks, len(counted)))

    def needs(self, read: Reading) -> int:
        """The runs from which a majority of them is judged."""
        return self.looks[0] if self.looks else RUNS_TO_DECIDE

    def by_seed(self, runs: pd.DataFrame, values: Any) -> np.ndarray:
        """(n, k): for each seed that has a run at all k values of what the sample is over, its `values`, in order."""
        values = np.asarray(values, dtype=float)
        if not self.over:
            return values[:, None]
        found = pd.DataFrame({"seed": runs["seeds.init"].to_numpy(), "place": self.places(runs), "value": values})
        each = [dict(zip(its["place"], its["value"], strict=True)) for _, its in found.groupby("seed", sort=True)]
        k = len(list(self.cells()))
        rows = [[values[place] for place in range(k)] for values in each if len(values) == k]
        return np.array(rows, dtype=float).reshape(-1, k)

    def cells(self) -> Iterator[tuple]:
        """All combinations of the values that the sample is over, the last setting's fastest."""
        return product(*(values for _, values in self.over))

    def places(self, runs: pd.DataFrame) -> np.ndarray:
        """(n,) which of the `cells` each run is."""
        place = np.zeros(len(runs), dtype=int)
        for name, values in self.over:
            matches = np.array([_is_near(runs[name], value) for value in values])
            place = place * len(values) + matches.argmax(axis=0)
        return place


def seen_at(looks: Sequence[int], n: int) -> int:
    """Of n runs or diagrams, those that are judged: as many as the last look that is reached; all before the first.

    A store grows, and a test that is made after every run errs more often than it says; so the numbers are fixed.
    """
    return max((look for look in looks if look <= n), default=n)


def like(run: Run, over: Mapping[str, tuple] | None = None, **others: Any) -> Sample:
    """The runs like this one, for any values or seeds that `over` and the other fields of `Sample` allow."""
    return Sample(run, tuple((over or {}).items()), **others)


@dataclass(frozen=True)
class Together:
    """The runs of several samples as one."""

    samples: tuple[Sample, ...]

    def read(self, read: Reading) -> pd.DataFrame:
        found = [read(sample).index for sample in self.samples]
        return read.table[read.table.index.isin(np.concatenate(found))]


class Reading:
    """One look of a rule at a table: each sample and each measured value is found once.

    table: one row a run (`grokkit.evidence_table`). level: at which its tests are judged.
    """

    def __init__(self, table: pd.DataFrame, level: float = 0.05) -> None:
        self.table, self.level = table, level
        self._found: dict[Any, Any] = {}

    def __call__(self, asked: Any) -> Any:
        """What a sample or another object with a method `read(reading)` finds."""
        if asked not in self._found:
            self._found[asked] = asked.read(self)
        return self._found[asked]


def _same(column: pd.Series, wanted: Any) -> np.ndarray:
    """bool (n,): where a setting has a value; None stands for a setting that a run does not have."""
    if wanted is None:
        return column.isna().to_numpy()
    return np.array([found == wanted for found in column], dtype=bool)


def _is_near(column: pd.Series, value: float) -> np.ndarray:
    """bool (n,): where a number is within a millionth of a value, for those of a grid differ in their last digits."""
    return np.isclose(column.to_numpy(dtype=float), value, rtol=1e-6, atol=0)
