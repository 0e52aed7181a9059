"""Chapters as programs: notebooks whose `plan` cell says what runs they need, executed by papermill.

A chapter's cells tagged `parameters`, `imports` and `plan` can be run on their own in a moment; they leave a
list `experiments`. Everything else in it only reads records.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from grokkit.config.base import tuple_of
from grokkit.errors import BadInput, GrokkitError, unknown
from grokkit.plans import PLANS, PROFILES, PUBLISHED_PROFILES, Plan
from grokkit.records.cache import a_home
from grokkit.train.experiment import Experiment

_PLANNING = ("parameters", "imports", "plan")


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


def plan_of(chapter: Path) -> type[Plan] | None:
    """The plan of a chapter of the book."""
    return PLANS.get(chapter.stem.split("_", 1)[-1])


def parameters(chapter: Path) -> dict[str, Any]:
    """The names and defaults of a chapter's `parameters` cell."""
    if plan := plan_of(chapter):
        return {name: field.default for name, field in plan.model_fields.items()}
    space: dict[str, Any] = {}
    exec(_source(chapter, "parameters"), space)  # our own notebook: running it is what a chapter is for
    return {name: value for name, value in space.items() if not name.startswith("__")}


def checked(chapter: Path, given: dict[str, Any]) -> dict[str, Any]:
    """`given`, or an error for a parameter that the chapter does not have or a profile that no chapter has."""
    known = parameters(chapter)
    for name in given:
        if name not in known:
            raise unknown(f"Parameter of chapter {chapter.stem}", name, known)
    if "profile" in given and given["profile"] not in PROFILES:
        raise BadInput(f"Profile '{given['profile']}' is unknown; {', '.join(PROFILES)} are known.")
    return given


def planned(chapter: Path, given: dict[str, Any]) -> list[Experiment]:
    """What a chapter needs, for these parameters."""
    if plan := plan_of(chapter):
        return plan(**{name: tuple_of(value) for name, value in checked(chapter, given).items()}).experiments
    space: dict[str, Any] = {}
    exec(_source(chapter, "parameters"), space)
    space |= checked(chapter, given)
    for tag in _PLANNING[1:]:
        exec(_source(chapter, tag), space)
    if "experiments" not in space:
        raise BadInput(f"Chapter {chapter.name}: its cells tagged 'plan' leave no list `experiments`.")
    return space["experiments"]


def find_run(key: str) -> Experiment:
    """The published run of that key, with what its chapter asks of it."""
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
        parameters=checked(chapter, given),
        kernel_name="python3",
        cwd=str(output.parent),
        progress_bar=False,
        log_output=False,
        extra_arguments=["--IPKernelApp.log_level=50"],  # its remarks on sockets and shutdown concern no reader
    )
    return output


def _source(chapter: Path, tag: str) -> str:
    try:
        cells = json.loads(chapter.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"Chapter {chapter} cannot be read as a notebook ({error!r}).") from None
    tagged = [c for c in cells if c["cell_type"] == "code" and tag in c["metadata"].get("tags", [])]
    if not tagged:
        raise BadInput(f"Chapter {chapter.name} has no cell tagged '{tag}'; a chapter needs {', '.join(_PLANNING)}.")
    return "\n".join("".join(cell["source"]) for cell in tagged)
