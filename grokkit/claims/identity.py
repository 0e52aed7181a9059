"""What a rule is, as a hash of what it asks: two rules with one key ask the same of the same runs.

A question is a frozen dataclass, a sample is settings of a `Run`, and a real idea (`has_plateau`, `has_gap`) is a
function that is referred to by its name and a version. `tests/golden/rules.json` holds what every rule finds in tables
made up for it: whoever changes what a function finds must give it a new version, or the test of that file fails. What
is said to readers only (fields with `compare=False`) and where a function stands are no part of the key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import partial, wraps
from typing import Any

import numpy as np
import pandas as pd

from grokkit.config.base import Config
from grokkit.errors import BadInput

STATISTICS = 1
"""Goes up when a test of `grokkit.analysis.statistics`, a question of `grokkit.claims.asking` or the policy of
`grokkit.claims.findings` finds something else."""


def of_runs(version: int) -> Callable[[Callable], Callable]:
    """Name an idea: a function of a table of runs."""

    def named(idea: Callable) -> Callable:
        idea.version = version
        return idea

    return named


def of_a_run(version: int) -> Callable[[Callable], Callable]:
    """Name an idea: a function of one run, and from now on of a table of them, (n,) values."""
    return _each(version, pd.DataFrame, lambda runs: (run for _, run in runs.iterrows()))


def of_a_diagram(version: int) -> Callable[[Callable], Callable]:
    """Name an idea: a function of one diagram or of two beside each other, and from now on of a list of them."""
    return _each(version, list, iter)


def _each(version: int, many: type, one_by_one: Callable) -> Callable[[Callable], Callable]:
    def named(idea: Callable) -> Callable:
        @wraps(idea)
        def found(units: Any, **settings: Any) -> Any:
            if isinstance(units, many):
                return np.array([idea(unit, **settings) for unit in one_by_one(units)])
            return idea(units, **settings)

        found.version = version
        return found

    return named


def key_of(asked: Any) -> str:
    """16 hex digits of the canonical JSON of something asked, and of the version of the statistics."""
    text = json.dumps({"statistics": STATISTICS, "asked": canonical(asked)}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def canonical(value: Any) -> Any:
    """The same as JSON values; a field at its default is left out, so that one added later changes no old key."""
    if isinstance(value, Config):
        return {name: each for name, each in value.canonical().items() if name != "seeds"}
    if is_dataclass(value):
        kept = [f for f in fields(value) if f.compare and not _is_default(f.default, getattr(value, f.name))]
        return {"asks": type(value).__name__} | {f.name: canonical(getattr(value, f.name)) for f in kept}
    if isinstance(value, partial):
        return {"idea": canonical(value.func)} | {name: canonical(each) for name, each in value.keywords.items()}
    if callable(value):
        return _name(value)
    if isinstance(value, range):
        return {"from": value.start, "below": value.stop}
    if isinstance(value, dict):
        return {str(name): canonical(each) for name, each in value.items()}
    return [canonical(each) for each in value] if isinstance(value, (tuple, list)) else value


def _is_default(default: Any, value: Any) -> bool:
    return default is not MISSING and default == value


def _name(idea: Callable) -> str:
    if not hasattr(idea, "version"):
        raise BadInput(f"A rule names the ideas that it asks for: {idea} has no version; put one above it.")
    return f"{idea.__name__} {idea.version}"
