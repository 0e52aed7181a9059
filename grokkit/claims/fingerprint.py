"""What a rule is, as a hash: everything of ours that it computes with, and none of its words.

Two rules with the same hash decide every table alike. How the table comes from records (`grokkit.evidence_table`,
`grokkit.passage`) is not in it: those have tests of their own. Rewording a docstring or a sentence for readers does not
change it; changing a threshold, a test or a function that the rule calls does. What several findings make together
(`grokkit.claims.findings`) is not in it either: that is one policy for all claims, with tests of its own.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

OURS = "grokkit.claims"
POLICY = "grokkit.claims.findings"


def fingerprint(rule: Callable[..., Any]) -> str:
    """16 hex digits over the rule, the functions of `grokkit.claims` that it reaches, and the constants they use."""
    parts: dict[str, str] = {}
    _collect(rule, parts)
    text = "\n".join(f"{name} {parts[name]}" for name in sorted(parts))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _collect(function: FunctionType, parts: dict[str, str]) -> None:
    name = f"{function.__module__}.{function.__qualname__}"
    if name in parts:
        return
    parts[name] = _logic(inspect.getsource(function))
    for used in _names(function):
        value = function.__globals__.get(used)
        if isinstance(value, FunctionType) and value.__module__ == POLICY:
            continue
        if isinstance(value, FunctionType) and value.__module__.startswith(OURS):
            _collect(value, parts)
        elif _is_constant(value):
            parts[f"{name} {used}"] = repr(sorted(value) if isinstance(value, (set, frozenset)) else value)


def _names(function: FunctionType) -> list[str]:
    return sorted({node.id for node in ast.walk(ast.parse(inspect.getsource(function))) if isinstance(node, ast.Name)})


def _is_constant(value: Any) -> bool:
    return value is not None and not callable(value) and not isinstance(value, (ModuleType, type)) and value != ""


def _logic(source: str) -> str:
    """The function without what is only said to readers: docstrings and formatted strings."""
    return ast.unparse(_Wordless().visit(ast.parse(source)))


class _Wordless(ast.NodeTransformer):
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        self.generic_visit(node)
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.Constant:
        return ast.Constant("")
