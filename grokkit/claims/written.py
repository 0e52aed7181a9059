"""A rule as it is written: its reasons and its code, and the ideas that it names."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import partial
from importlib import import_module
from typing import Any

from grokkit.claims.registry import claim, rule_of
from grokkit.errors import GrokkitError


def text_of(id: str) -> str:
    """The lines of its chapter's file from the reasons, which begin with its id, to the end of the rule."""
    chapter = claim(id).chapter.partition("_")[2]  # 07_norms
    text = inspect.getsource(import_module(f"grokkit.claims.rules.{chapter}"))
    begins = re.search(rf"^# (?:[A-D]\d+, )*{id}\b.*?:", text, flags=re.MULTILINE)
    ends = [node.end_lineno for node in ast.parse(text).body if isinstance(node, ast.Assign) and id in _names(node)]
    if not begins or not ends:
        raise GrokkitError(f"{id} needs a paragraph of reasons above it that begins with '# {id}:'.")
    first = text[: begins.start()].count("\n")
    return "\n".join(text.splitlines()[first : ends[0]])


def ideas_of(id: str) -> list[Callable]:
    """The functions with a version that the rule names, each once."""
    return list(dict.fromkeys(_ideas(rule_of(id))))


def _names(node: ast.Assign) -> set[str]:
    return {each.id for target in node.targets for each in ast.walk(target) if isinstance(each, ast.Name)}


def _ideas(asked: Any) -> Iterator[Callable]:
    if isinstance(asked, partial):
        yield asked.func
    elif is_dataclass(asked):
        yield from (idea for f in fields(asked) if f.compare for idea in _ideas(getattr(asked, f.name)))
    elif isinstance(asked, (tuple, dict)):
        yield from (idea for part in (asked.values() if isinstance(asked, dict) else asked) for idea in _ideas(part))
    elif callable(asked) and hasattr(asked, "version"):
        yield asked
