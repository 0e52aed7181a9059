"""The four sources and what they claim (`claims.toml`), and which rules were registered when (`registered.toml`)."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib import import_module
from importlib.resources import files
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from grokkit.errors import BadInput, unknown

if TYPE_CHECKING:
    from grokkit.claims.rule import Rule


@dataclass(frozen=True)
class Registration:
    """A rule's key and the moment at which it was fixed: before the runs that it judges.

    was: the keys, and the hashes of its source text, that it had before, while its question, samples, tests and levels
    were the same. A rule that asks something else is registered anew, with another moment and no past.
    """

    rule: str
    at: datetime
    was: tuple[str, ...] = ()


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
    registration: of the rule that decides it; None while nothing does.
    """

    id: str
    source: str
    where: str
    statement: str
    setting: str
    chapter: str
    registration: Registration | None = None

    @property
    def rule(self) -> Rule | None:
        """Decides the claim from `grokkit.evidence_table`; None while nothing does. Imported when first asked for."""
        return rule_of(self.id) if self.registration else None


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


def rule_of(id: str) -> Rule:
    """What decides a claim; `BadInput` where nothing does."""
    if id not in all_rules():
        file = claim(id).chapter.partition("_")[2] or "CHAPTER"  # 07_norms
        raise BadInput(f"{id} has no rule; write one in grokkit/claims/rules/{file}.py, as {id} = rule(...).")
    return all_rules()[id]


@cache
def all_rules() -> dict[str, Rule]:
    """Claim -> its rule, with its equal part of what its chapter spends. Imported when first asked for."""
    from grokkit.claims.rule import CHAPTER_LEVEL, Rule

    folder = import_module("grokkit.claims.rules")
    modules = [import_module(f"{folder.__name__}.{file.name}") for file in iter_modules(folder.__path__)]
    written = {id: rule for module in modules for id, rule in vars(module).items() if isinstance(rule, Rule)}
    chapters = {row["id"]: row["chapter"] for row in _document()["claims"]}
    claims_of = Counter(chapters[id] for id in written)
    return {id: replace(written[id], level=CHAPTER_LEVEL / claims_of[chapters[id]]) for id in chapters if id in written}


@cache
def _claims() -> dict[str, Claim]:
    registered = {id: _registration(**row) for id, row in _read("registered.toml").items()}
    found = [Claim(**row, registration=registered.get(row["id"])) for row in _document()["claims"]]
    return {each.id: each for each in sorted(found, key=lambda each: (each.source, int(each.id[1:])))}


def _registration(rule: str, at: datetime, was: Iterable[str] = ()) -> Registration:
    return Registration(rule, at, tuple(was))


@cache
def _document() -> dict[str, Any]:
    return _read("claims.toml")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((files("grokkit.claims") / name).read_text(encoding="utf-8"))
