"""What papermill has put into a notebook that runs: a parameter that the chapter has not would otherwise do nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from IPython import get_ipython

from grokkit.plans import PLANS, Plan

MARK = "# Parameters"
"""The first line of the cell that papermill adds; the notebook's own says no such thing."""


def require_known_parameters(plan: Plan) -> None:
    """Raise BadInput, as `grokkit run` does, if a notebook of this plan was given what it does not take."""
    shell, chapters = get_ipython(), list(PLANS)
    if shell is None or plan.chapter() not in PLANS:
        return
    name = f"{chapters.index(plan.chapter()) + 1:02d}_{plan.chapter()}"
    plan.require_parameters(name, given(shell.user_ns.get("In", [])))


def given(cells: Iterable[str]) -> list[str]:
    """The names in papermill's cell, of all the cells that have run."""
    added = [ast.parse(cell) for cell in cells if cell.startswith(MARK)]
    targets = [node.targets for tree in added for node in tree.body if isinstance(node, ast.Assign)]
    return [target.id for several in targets for target in several if isinstance(target, ast.Name)]
