"""Chapters as programs: a plan says what runs a chapter needs, papermill executes its notebook on their records.

What papermill sets in a notebook's cell of parameters are the fields of its plan; a test holds both together.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokkit.errors import BadInput, GrokkitError, unknown
from grokkit.records.cache import a_home

if TYPE_CHECKING:  # the command looks for a chapter before the library is there
    from grokkit.plans import Plan
    from grokkit.train.experiment import Experiment


def checkout() -> Path:
    """The top folder of the project this package is installed from in editable form."""
    top = Path(__file__).resolve().parents[2]
    if not (top / "notebooks").is_dir():
        raise GrokkitError(
            f"The chapters are not installed with the package ({top} has no notebooks/). Clone the "
            "project, install it with `pip install -e .[book]` and run the command from there."
        )
    return top


def chapters() -> list[Path]:
    """The notebooks of the book, in order."""
    return sorted((checkout() / "notebooks").glob("[0-9]*.ipynb"))


def find_chapter(name: str) -> Path:
    """The notebook of that path, file name, or name without its number: 'quickstart'."""
    if Path(name).suffix == ".ipynb" and Path(name).is_file():
        return Path(name)
    known = {path.stem.split("_", 1)[1]: path for path in chapters()} | {path.stem: path for path in chapters()}
    if name not in known:
        raise unknown("Chapter", name, known)
    return known[name]


def plan_of(chapter: Path) -> type[Plan]:
    """The plan of a chapter of the book, which its file's name tells."""
    from grokkit.plans import PLANS

    name = chapter.stem.split("_", 1)[-1]
    if name not in PLANS:
        raise unknown("The plan of a chapter", name, PLANS)
    return PLANS[name]


def parameters(chapter: Path) -> dict[str, Any]:
    """The names and defaults of what papermill can set in a chapter."""
    return {name: field.default for name, field in plan_of(chapter).model_fields.items()}


def require_written(chapter: Path, given: Iterable[str]) -> None:
    """Refuse what the notebook's cell of parameters does not name, without the plan, which takes the library.

    A notebook whose cell cannot be read is left to its plan.
    """
    known = _written(chapter)
    for name in given if known else ():
        if name not in known:
            raise unknown(f"Parameter of chapter {chapter.stem}", name, known)


def _written(chapter: Path) -> set[str]:
    try:
        cells = json.loads(chapter.read_text(encoding="utf-8"))["cells"]
        tagged = [cell["source"] for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
        trees = [ast.parse("".join(source)) for source in tagged]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SyntaxError):
        return set()
    names = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return {node.id for node in names if isinstance(node.ctx, ast.Store)}


def checked(chapter: Path, given: dict[str, Any]) -> dict[str, Any]:
    """`given`, or an error for a parameter that the chapter does not have."""
    plan_of(chapter).require_parameters(chapter.stem, given)
    return given


def planned(chapter: Path, given: dict[str, Any]) -> list[Experiment]:
    """What a chapter needs, for these parameters."""
    from grokkit.config.base import tuple_of

    values = {name: tuple_of(value) for name, value in checked(chapter, given).items()}
    return plan_of(chapter)(**values).experiments


def find_run(key: str) -> Experiment:
    """The published run of that key, with what its chapter asks of it."""
    from grokkit.plans import PUBLISHED_PROFILES

    for chapter in chapters():
        for profile in PUBLISHED_PROFILES:
            for asked in planned(chapter, {"profile": profile}):
                if run := next((run for run in asked.runs if run.key == key), None):
                    return replace(asked, runs=[run])
    raise BadInput(f"No chapter plans a run with the id '{key}'; the ledger's tables list the ids there are.")


@a_home()
def execute(chapter: Path, output: Path, given: dict[str, Any]) -> Path:
    """Run every cell and write the notebook with its outputs; a failing cell raises, its output saved."""
    import papermill

    output.parent.mkdir(parents=True, exist_ok=True)
    papermill.execute_notebook(
        str(chapter),
        str(output),
        parameters=given,
        kernel_name="python3",
        cwd=str(output.parent),
        progress_bar=False,
        log_output=False,
        extra_arguments=["--IPKernelApp.log_level=50"],  # its remarks on sockets and shutdown concern no reader
    )
    return output
