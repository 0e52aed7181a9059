"""A queue of a tiny book for tests: one chapter, three claims that share runs, and runs that no claim reads."""

from __future__ import annotations

from types import SimpleNamespace

from tiny import MEASURE, UNTIL, a_run

from grokkit.evidence import queue
from grokkit.train import Experiment

CHAPTER = "01_tiny"
READS = {"A1": (0, 1), "A2": (0, 1, 2, 3), "A3": (4,)}
"""Claim -> the seeds of the runs that its rule reads."""
ASIDES = (7, 8)


def runs(*seeds):
    return [a_run(seed) for seed in seeds]


def plan_a_tiny_book(monkeypatch, asked=None) -> None:
    """Make the queue see this book instead of ours."""
    asked = asked or [Experiment(runs(0, 1, 2, 3, 4, *ASIDES), UNTIL, MEASURE)]
    claims = {id: SimpleNamespace(id=id, chapter=CHAPTER, registration="one") for id in READS}
    rules = {id: _rule_reading(seeds) for id, seeds in READS.items()}
    monkeypatch.setattr(queue, "chapters", lambda: [SimpleNamespace(stem=CHAPTER)])
    monkeypatch.setattr(queue, "claims", lambda: claims)
    monkeypatch.setattr(queue, "rule_of", rules.get)
    monkeypatch.setattr(queue, "asked_by", lambda chapter, store: asked)


def _rule_reading(seeds):
    return SimpleNamespace(longer=0, rows=lambda table: table[table["seeds.init"].isin(seeds)])
