"""Every chapter can be executed whatever its store lacks, and then its page says that runs are still to come."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import IPython.display
import pytest

import grokkit as gk
from grokkit.chapters import chapter as page
from grokkit.chapters.notebooks import chapters, planned

every_chapter = pytest.mark.parametrize("chapter", chapters(), ids=lambda path: path.stem)
REPRESENTATIONS = ("_repr_markdown_", "_repr_html_", "_repr_mimebundle_")


@pytest.fixture
def page_of(monkeypatch) -> Callable[[Path], str]:
    """Executes a chapter's smallest profile in this process and without training: the text of all that it displays."""
    said: list[str] = []

    def display(*things: object) -> None:
        for thing in things:
            shown = [getattr(thing, name)() for name in REPRESENTATIONS if hasattr(thing, name)]
            said.append(" ".join(map(str, shown)) or repr(thing))

    def execute(chapter: Path) -> str:
        space = {"display": display}
        for cell in json.loads(chapter.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                _run("".join(cell["source"]), space)
                space |= {"profile": "smoke"} if "parameters" in cell["metadata"].get("tags", []) else {}
        return "\n".join(said)

    monkeypatch.setattr(IPython.display, "display", display)
    monkeypatch.setattr(page, "display", display)
    monkeypatch.setenv("GROKKIT_MISSING", "report")
    return execute


def _run(source: str, space: dict) -> None:
    """As a notebook runs a cell: the value of its last line is displayed."""
    cell = ast.parse(source)
    value = ast.Expression(cell.body.pop().value) if cell.body and isinstance(cell.body[-1], ast.Expr) else None
    exec(compile(cell, "cell", "exec"), space)
    if value and (found := eval(compile(value, "cell", "eval"), space)) is not None:
        space["display"](found)


@every_chapter
def test_a_chapter_without_any_run_says_so(chapter, page_of):
    assert "still to come: `grokkit run" in page_of(chapter)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # medians of runs that are too short to arrive
@every_chapter
def test_a_chapter_with_every_second_run_says_so(chapter, page_of):
    asked = planned(chapter, {"profile": "smoke"})
    for experiment in asked:
        gk.train(replace(experiment, runs=experiment.runs[1::2]), missing="train")
    lacking = {run.key for experiment in asked for run in experiment.runs} - set(gk.Store.find().keys())
    assert ("still to come" in page_of(chapter)) == bool(lacking)
