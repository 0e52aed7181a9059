"""The four sources and what they claim, read once from `claims.toml`.

Rules are not registered yet: every claim's `rule` is None.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from grokkit.claims.verdict import Verdict
from grokkit.errors import unknown

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Source:
    """One of the four documents; `common_setting` holds for all its claims unless a claim says otherwise."""

    id: str
    title: str
    document: str
    common_setting: str


@dataclass(frozen=True)
class Claim:
    """One statement of a source.

    id: a letter for the source and a number; it never changes.
    source: the id of the `Source`.
    where: the source's own section, figure or table.
    statement: the claim in our words.
    setting: what holds beyond the source's common setting, "" if nothing; "not stated" marks what we had to choose.
    chapter: the chapter that tests it, "" if none does yet.
    rule: decides the claim from a table of runs; None while nothing does.
    """

    id: str
    source: str
    where: str
    statement: str
    setting: str
    chapter: str
    rule: Callable[[pandas.DataFrame], Verdict] | None = None


def sources() -> dict[str, Source]:
    """The four documents by letter."""
    return {letter: Source(letter, **row) for letter, row in _document()["sources"].items()}


def claims() -> dict[str, Claim]:
    """Every claim by id: A1, A2, ... A25, B1 ... D20."""
    return dict(_claims())


def claim(id: str) -> Claim:
    """The claim of that id; `BadInput` with the nearest one if there is none."""
    known = _claims()
    if id not in known:
        raise unknown("claim", id, known)
    return known[id]


@cache
def _claims() -> dict[str, Claim]:
    found = [Claim(**row) for row in _document()["claims"]]
    return {each.id: each for each in sorted(found, key=lambda each: (each.source, int(each.id[1:])))}


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads((files("grokkit.claims") / "claims.toml").read_text(encoding="utf-8"))
