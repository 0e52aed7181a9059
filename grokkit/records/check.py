"""Records of one run that contradict each other: two machines, two versions, or a nondeterministic step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from grokkit.records.files import Problem, Stored
from grokkit.records.record import Record

ORIGIN = ("device", "precision", "version", "versions", "revision")
"""Entries of a record's provenance that can explain why two machines disagree."""


def disagreements(everything: Iterable[Stored]) -> list[Problem]:
    """For each key, the records that saw something else than its first at a step that both measured."""
    by_key: dict[str, dict[str, Stored]] = defaultdict(dict)
    for stored in everything:
        by_key[stored.record.key][stored.digest] = stored
    problems = []
    for records in by_key.values():
        first, *others = (records[digest] for digest in sorted(records))
        problems += [_problem(first, other) for other in others if _contradict(first.record, other.record)]
    return problems


def _contradict(one: Record, other: Record) -> bool:
    """Whether any curve differs at a common step; records whose evaluations used other samples are not compared."""
    if one.sample != other.sample:
        return False
    _, mine, theirs = np.intersect1d(one.steps, other.steps, return_indices=True)
    shared = one.curves.keys() & other.curves.keys()
    return any(_differ(one.curves[name][mine], other.curves[name][theirs]) for name in shared)


def _differ(a: np.ndarray, b: np.ndarray) -> bool:
    measured = ~(np.isnan(a) | np.isnan(b))
    return not np.array_equal(a[measured], b[measured])


def _problem(one: Stored, other: Stored) -> Problem:
    told = " against ".join(f"{s.digest} in {s.file.name} ({_origin(s.record)})" for s in (one, other))
    return Problem(
        one.file,
        f"disagrees with another record of key {one.record.key}, observed for {one.record.observed_to} and "
        f"{other.record.observed_to} steps: {told}.",
    )


def _origin(record: Record) -> str:
    """Where a record was made, as far as it says."""
    told = [f"{name} {record.provenance[name]}" for name in ORIGIN if name in record.provenance]
    return ", ".join(told) or "origin not recorded"
