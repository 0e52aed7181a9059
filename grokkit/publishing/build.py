"""The static book: chapters executed on the records that are there, then built. Publishing trains nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from grokkit.chapters.execution import execute_chapters
from grokkit.chapters.notebooks import chapters, checkout, find_chapter, parameters, planned
from grokkit.claims import ledger
from grokkit.errors import BadInput, GrokkitError
from grokkit.evidence.decisions import write_verdicts
from grokkit.evidence.forecasts import write_forecasts
from grokkit.publishing.address import write_setup_cells
from grokkit.publishing.readme import write_verdicts_table
from grokkit.publishing.stamps import Stamp, code_digest, reasons, stamp, write_stamps
from grokkit.records.cache import a_home
from grokkit.records.passages import passage
from grokkit.records.store import Store
from grokkit.records.tables import curves_table
from grokkit.train import lacking_runs, train

FRONT_FIGURE = "_static/grokking.svg"
EXECUTED = "executed"

Why = dict[Path, list[str]]
"""Chapter -> why it is executed; it is not where there is no reason."""


def build_book(
    live: Path | None = None,
    as_published: bool = False,
    publish: bool = False,
    everything: bool = False,
    tell: Callable[[str], None] = lambda sentence: None,
) -> Path:
    """Build `_build/html` and return its first page.

    The sources are staged under `_build`, so that a build never changes the project, unless `publish` brings it up to
    date: the claims' verdicts and the README's table of them, the project's address in `notebooks/`, and the executed
    chapters. Those that would come out as they are published are taken from there, unless `everything` is wanted
    afresh; `as_published` executes none. `tell` hears which are executed and why. A chapter without all its runs says
    so on its page; only `publish` insists on them. `live`: the store of the run that the quickstart shows first.
    Raises GrokkitError with the missing runs that the ledger does not announce, or with the end of the log of a build
    that failed.
    """
    _require_sense(live, as_published, publish, everything)
    top = checkout()
    if publish:
        _bring_up_to_date(top)
    stage = _staged(top)
    stamps = {} if as_published else _execute_what_changed(stage / "book", live, everything, tell)
    _build(top, stage)
    if publish:
        shutil.copytree(stage / "book" / EXECUTED, top / "book" / EXECUTED, dirs_exist_ok=True)
        shutil.copy(stage / "book" / FRONT_FIGURE, top / "book" / FRONT_FIGURE)
        write_stamps(stamps, top / "book" / EXECUTED)
    return top / "_build" / "html" / "index.html"


def draw_front_figure(file: Path) -> None:
    """The first published run of the quickstart, as the front page and the README show it; without it, no new one."""
    from grokkit.plots import learning_curves, write_svg

    first = planned(find_chapter("quickstart"), {})[0]
    for record in train(first, missing="report"):
        curves, moment = curves_table([record])[["key", "step", "train_accuracy", "val_accuracy"]], passage(record)
        figure = learning_curves(curves, t_train=moment.t_train, t_val=moment.t_val)
        write_svg(figure, file, "Training accuracy rises early, validation accuracy long after it.")


def lost_runs(chapter: Path, store: Store) -> int:
    """How many of a chapter's published runs `store` lacks and the ledger does not name as missing."""
    announced = {key for row in ledger() if row["chapter"] == chapter.stem for key in row["missing"]["keys"]}
    lacking = {run.key for e in planned(chapter, {}) for run in lacking_runs(e.runs, e.until, e.measure, store)}
    return len(lacking - announced)


def _require_sense(live: Path | None, as_published: bool, publish: bool, everything: bool) -> None:
    if live and (publish or as_published):
        raise BadInput("book --live shows a run of yours: it goes with neither --publish nor --as-published.")
    if everything and as_published:
        raise BadInput("book --all executes every chapter and --as-published none: give one of them.")


def _bring_up_to_date(top: Path) -> None:
    """What is published besides pages; raises GrokkitError where a chapter lacks runs that the ledger does not name."""
    write_setup_cells()
    held, results = Store(top / "results"), top / "results"
    write_verdicts(held, results)
    write_forecasts(held, results)
    write_verdicts_table(top / "README.md")
    store = Store.find()
    for chapter in chapters():
        if lost := lost_runs(chapter, store):
            raise GrokkitError(
                f"{chapter.stem} needs {lost} runs that are not in the store; "
                f"`grokkit run {chapter.stem} --profile evidence` trains them."
            )


def _staged(top: Path) -> Path:
    stage = top / "_build" / "stage"
    shutil.rmtree(stage, ignore_errors=True)
    shutil.copytree(top / "book", stage / "book")
    shutil.copy(top / "_config.yml", stage)
    return stage


def _execute_what_changed(
    book: Path, live: Path | None, everything: bool, tell: Callable[[str], None]
) -> dict[Path, Stamp]:
    """Bring the staged chapters up to date and return what they are made from, live runs apart."""
    store, folder = Store.find(), book / EXECUTED
    held, code = store.read_all(), code_digest()
    stamps = {chapter: stamp(chapter, held, code) for chapter in chapters()}
    changed = {chapter: reasons(now, chapter, folder) for chapter, now in stamps.items()}
    given = {chapter: {"live_store": str(live.resolve())} for chapter in stamps if live and _shows_live(chapter)}
    why = {chapter: _why(changed[chapter], everything, chapter in given) for chapter in stamps}
    tell(_told(why))
    execute_chapters({chapter: given.get(chapter, {}) for chapter, found in why.items() if found}, folder, store)
    if everything or changed[find_chapter("quickstart")]:
        draw_front_figure(book / FRONT_FIGURE)
    return stamps


def _shows_live(chapter: Path) -> bool:
    return "live_store" in parameters(chapter)


def _why(changed: list[str], everything: bool, live: bool) -> list[str]:
    return ["it shows your run"] * live + (changed or ["all were asked for"] * everything)


def _told(why: Why) -> str:
    """'11 of 12 chapters are taken as published. Executed: 01_quickstart (it shows your run).'"""
    executed = "; ".join(f"{chapter.stem} ({', '.join(found)})" for chapter, found in why.items() if found)
    kept = sum(not found for found in why.values())
    return f"{kept} of {len(why)} chapters are taken as published. Executed: {executed or 'none'}."


@a_home()
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
