"""The static book: chapters executed on the records that are there, then built. Publishing trains nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grokkit.address import write_setup_cells
from grokkit.chapters import chapters, checkout, execute, find_chapter, parameters, planned
from grokkit.claims import ledger
from grokkit.decisions import write_verdicts
from grokkit.errors import BadInput, GrokkitError
from grokkit.passages import passage
from grokkit.readme import write_verdicts_table
from grokkit.store import Store
from grokkit.tables import curves_table
from grokkit.train import lacking_runs, records

FRONT_FIGURE = "_static/grokking.svg"


def build_book(live: Path | None = None, execute_chapters: bool = True, publish: bool = False) -> Path:
    """Build `_build/html` and return its first page.

    The sources are staged under `_build`, so that a build never changes the project, unless `publish` brings it up to
    date: the claims' verdicts and the README's table of them, the project's address in `notebooks/`, and the executed
    chapters. `live`: the store of the run that the quickstart shows first.
    Raises GrokkitError with the missing runs that the ledger does not announce, or with the end of the log of a build
    that failed.
    """
    if live and (publish or not execute_chapters):
        raise BadInput("book --live shows a run of yours: it goes with neither --publish nor --as-published.")
    top = checkout()
    if publish:
        write_setup_cells()
        write_verdicts(Store(top / "results"), top / "results")
        write_verdicts_table(top / "README.md")
    stage = _staged(top)
    if execute_chapters:
        _execute_all(stage / "book" / "executed", live)
        draw_front_figure(stage / "book" / FRONT_FIGURE)
    _build(top, stage)
    if publish:
        shutil.copytree(stage / "book" / "executed", top / "book" / "executed", dirs_exist_ok=True)
        shutil.copy(stage / "book" / FRONT_FIGURE, top / "book" / FRONT_FIGURE)
    return top / "_build" / "html" / "index.html"


def draw_front_figure(file: Path) -> None:
    """The first published run of the quickstart, as the front page and the README show it."""
    from grokkit.plots import learning_curves, write_svg

    first = planned(find_chapter("quickstart"), {})[0]
    [record] = records(**vars(first), missing="raise")
    curves, moment = curves_table([record])[["key", "step", "train_accuracy", "val_accuracy"]], passage(record)
    figure = learning_curves(curves, t_train=moment.t_train, t_val=moment.t_val)
    write_svg(figure, file, "Training accuracy rises early, validation accuracy long after it.")


def _staged(top: Path) -> Path:
    stage = top / "_build" / "stage"
    shutil.rmtree(stage, ignore_errors=True)
    shutil.copytree(top / "book", stage / "book")
    shutil.copy(top / "_config.yml", stage)
    return stage


def _execute_all(folder: Path, live: Path | None) -> None:
    for chapter in chapters():
        given = {"live_store": str(live.resolve())} if live and "live_store" in parameters(chapter) else {}
        if lost := lost_runs(chapter, Store.find()):
            raise GrokkitError(
                f"{chapter.stem} needs {lost} runs that are not in the store; "
                f"`grokkit run {chapter.stem} --profile evidence` trains them."
            )
        with _environment(GROKKIT_MISSING="report", GROKKIT_STORE=str(Store.find().path.resolve())):
            _tidy(execute(chapter, folder / chapter.name, given))


def lost_runs(chapter: Path, store: Store) -> int:
    """How many of a chapter's published runs `store` lacks and the ledger does not name as missing."""
    announced = {key for row in ledger() if row["chapter"] == chapter.stem for key in row["missing"]["keys"]}
    lacking = {run.key for e in planned(chapter, {}) for run in lacking_runs(e.runs, e.until, e.measure, store)}
    return len(lacking - announced)


def _tidy(notebook: Path) -> None:
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


def _build(top: Path, stage: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "from jupyter_book.cli.main import main; main()",
        "build",
        "book",
        "--config",
        "_config.yml",
        "--path-output",
        str(top),
        "-W",
        "-n",
        "--keep-going",
        "--all",
    ]
    (top / "_build" / "html" / "index.html").unlink(missing_ok=True)
    done = subprocess.run(command, cwd=stage, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"})
    if done.returncode or not (top / "_build" / "html" / "index.html").is_file():
        raise GrokkitError(f"The book was not built:\n{(done.stdout + done.stderr)[-4000:]}")


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
