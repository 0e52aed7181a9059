"""Chapters executed for the book: two at a time, on the records that are there, and without a trace of the machine."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from grokkit.chapters.notebooks import execute
from grokkit.errors import GrokkitError
from grokkit.records.store import Store

AT_A_TIME = 2
"""Chapters; each has a process of its own, whose kernel takes up to a gigabyte."""


def execute_chapters(given: Mapping[Path, dict[str, Any]], folder: Path, store: Store) -> None:
    """Execute each chapter with its parameters into `folder`; runs that `store` lacks are not trained.

    Raises GrokkitError with the cell that failed.
    """
    outputs = [folder / chapter.name for chapter in given]
    with _environment(GROKKIT_MISSING="report", GROKKIT_STORE=str(store.path.resolve())):
        if len(given) < 2:
            list(map(_execute, given, outputs, given.values()))
            return
        with ProcessPoolExecutor(AT_A_TIME, mp_context=get_context("spawn")) as pool:  # papermill changes the folder
            list(pool.map(_execute, given, outputs, given.values()))


def _execute(chapter: Path, output: Path, given: dict[str, Any]) -> None:
    from papermill.exceptions import PapermillExecutionError

    try:
        tidy(execute(chapter, output, given))
    except PapermillExecutionError as error:  # cannot travel between processes as it is
        raise GrokkitError(f"{chapter.stem} was not executed.\n{error}") from None


def tidy(notebook: Path) -> None:
    """Leave out what names this machine or this hour, and the cell in which papermill repeats the parameters.

    Of a widget its HTML stays: state and view of a kernel that is gone would only show an error.
    """
    content = json.loads(notebook.read_text(encoding="utf-8"))
    for name in ("papermill", "widgets"):
        content["metadata"].pop(name, None)
    content["cells"] = [c for c in content["cells"] if "injected-parameters" not in c["metadata"].get("tags", [])]
    for cell in content["cells"]:
        cell["metadata"].pop("papermill", None)
        cell["metadata"].pop("execution", None)
        for bundle in (output.get("data", {}) for output in cell.get("outputs", [])):
            if "text/html" in bundle:
                bundle.pop("application/vnd.jupyter.widget-view+json", None)
    notebook.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
