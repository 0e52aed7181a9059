"""What a run that nobody has trained yet will cost: processor seconds a step, times the steps that it is expected to
take.

Both are read off records. What these do not tell is taken from the benchmarks (`benchmarks/`), and from the budget.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from operator import ne
from typing import Any, NamedTuple

import numpy as np

from grokkit.config.request import Measure, Until
from grokkit.config.run import Run
from grokkit.engine import Shape
from grokkit.records.known import with_runs
from grokkit.records.passages import passage
from grokkit.records.record import Record
from grokkit.train.groups import Group, arithmetic_of_step

CORES = "cpu"
"""The device whose paces tell what runs cost: a core-hour is one of these."""
DOUBLE = 2.0
"""What an operation in double precision costs, in those of single precision."""
KINSHIP = 4.0
"""The ratio of arithmetic up to which one shape's pace tells another's."""


PARTS = tuple(name for name in Run.model_fields if name != "seeds")
Settings = tuple[str, ...]
"""A run's configuration without its seeds, part by part: task, model, optimizer, ..."""


class Timed(NamedTuple):
    """A benchmark of `benchmarks/shapes.py`: its kind of network, operations a step, and steps a second of one core, of
    the slowest processor that was measured."""

    kind: str
    work: float
    steps_a_second: float


BENCHMARKS = (
    Timed("transformer", 1.298e9, 21.77),
    Timed("mlp", 1.584e9, 43.27),
    Timed("mlp", 1.200e7, 3329.0),  # the toy
    Timed("mlp", 4.782e8, 103.5),  # MNIST, in double precision
    Timed("lstm", 3.099e7, 321.9),
    Timed("lstm", 8.019e9, 8.313),
)


@dataclass(frozen=True)
class Prices:
    """Prices as some records tell them.

    records: as they are stored, whole. hardware: the processor whose records, where it has any of a shape, are taken
    for its pace; None takes all.
    """

    records: list[Record]
    hardware: str | None = None

    def seconds(self, run: Run, until: Until, measure: Measure, begun: int = 0) -> float:
        """Processor seconds from step `begun` to the end of a run that is watched so."""
        steps = self.steps(run, until, measure)
        return self.pace(Shape.of(run)) * ((steps if steps > begun else until.steps) - begun)

    def pace(self, shape: Shape) -> float:
        """Processor seconds a step of that shape; where no run has it that of its kin, else that of the benchmarks, in
        proportion to the arithmetic.

        Kin have the same kind of network under the same optimizer, and at most four times its arithmetic or a quarter.
        """
        if shape in self._paces:
            return self._paces[shape]
        kin = [other for other in self._paces if _are_kin(shape, other)]
        if kin:
            return float(np.median([self._paces[other] * _work(shape) / _work(other) for other in kin]))
        return _benchmarked(shape)

    def steps(self, run: Run, until: Until, measure: Measure) -> float:
        """The steps that the run is expected to take: the mean of runs that differ from it by their seeds only; where
        there are none, the most of those of its kin that differ in the fewest settings; without kin its budget."""
        settings = _settings(run.canonical())
        name = settings, until, measure.every
        if name not in self._told:
            alike = self._alike.get(settings, [])
            watched = [_watched(r, until, measure.every) for r in alike or self._nearest(settings, Shape.of(run))]
            self._told[name] = float(np.mean(watched) if alike else max(watched, default=until.steps))
        return self._told[name]

    @cached_property
    def _told(self) -> dict[tuple[Settings, Until, int], float]:
        """What was found before: many runs differ by their seeds only."""
        return {}

    def _nearest(self, settings: Settings, shape: Shape) -> list[Record]:
        if shape not in self._of_kin:
            kin = [other for other in self._by_shape if other.task.kind == shape.task.kind and _are_kin(shape, other)]
            theirs = (_settings(record.config) for other in kin for record in self._by_shape[other])
            self._of_kin[shape] = list(dict.fromkeys(theirs))  # in an order that no hash decides
        apart = {theirs: sum(map(ne, theirs, settings)) for theirs in self._of_kin[shape]}
        least = min(apart.values(), default=0)
        return [record for theirs, parts in apart.items() if parts == least for record in self._alike[theirs]]

    @cached_property
    def _of_kin(self) -> dict[Shape, list[Settings]]:
        """The settings of a shape's kin, as far as they were asked for."""
        return {}

    @cached_property
    def _alike(self) -> dict[Settings, list[Record]]:
        """Settings -> the records that have them."""
        found = defaultdict(list)
        for record in self.records:
            found[_settings(record.config)].append(record)
        return dict(found)

    @cached_property
    def _by_shape(self) -> dict[Shape, list[Record]]:
        found = defaultdict(list)
        for record, run in with_runs(self.records):
            found[Shape.of(run)].append(record)
        return dict(found)

    @cached_property
    def _paces(self) -> dict[Shape, float]:
        found = {shape: self._pace_of(records) for shape, records in self._by_shape.items()}
        return {shape: pace for shape, pace in found.items() if pace}

    def _pace_of(self, records: list[Record]) -> float:
        """All seconds over all steps, 0 where none were timed; those of processors before those of the wall."""
        timed = [r for r in records if r.observed_to and r.provenance.get("device") == CORES]
        ours = [r for r in timed if r.provenance.get("hardware") == self.hardware]
        chosen = [r for r in ours or timed if "cpu_seconds" in r.provenance] or ours or timed
        steps = sum(r.observed_to for r in chosen)
        return sum(seconds_of(r.provenance) for r in chosen) / steps if steps else 0.0


def seconds_of(provenance: Mapping[str, Any]) -> float:
    """What a run took of a core: processor seconds, or in records without them those on the wall."""
    return provenance.get("cpu_seconds", provenance.get("seconds", 0.0))


def _watched(record: Record, until: Until, every: int) -> int:
    """For how many steps the recorded run would be watched; its whole budget where the record does not tell."""
    if record.status == "diverged":
        return min(record.observed_to, until.steps)
    if until.accuracy is None:
        return until.steps
    found = passage(record, until.accuracy)
    arrived = max(found.t_train, found.t_val) if found.delay == found.delay else until.steps
    return int(min(until.steps, arrived + (0 if until.every_step else until.extra * every)))


def _settings(config: dict[str, Any]) -> Settings:
    return tuple(json.dumps(config.get(part), sort_keys=True) for part in PARTS)


def _are_kin(one: Shape, other: Shape) -> bool:
    alike = (one.model.kind, one.method) == (other.model.kind, other.method)
    return alike and 1 / KINSHIP <= _work(one) / _work(other) <= KINSHIP


@cache
def _benchmarked(shape: Shape) -> float:
    """The pace of the benchmark that is nearest in arithmetic, of the same kind of network if one is."""
    rows = [row for row in BENCHMARKS if row.kind == shape.model.kind] or BENCHMARKS
    near = min(rows, key=lambda row: abs(np.log(row.work / _work(shape))))
    return _work(shape) / near.work / near.steps_a_second


@cache
def _work(shape: Shape) -> float:
    """Arithmetic of a step, in operations of single precision."""
    once = arithmetic_of_step(Group(shape, []))
    return once * shape.method.kind.gradients_per_step * (DOUBLE if shape.precision == "float64" else 1)
