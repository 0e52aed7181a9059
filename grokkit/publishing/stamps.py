"""What each published chapter was made from, so that only those are executed again that can have changed.

`stamps.json` lies beside the executed chapters: chapter -> part -> 16 hex digits, `PARTS` says of what. They depend
on contents alone, not on paths, times, file names or the order in which a store holds its records. A chapter's page
reads the records of its plan and no other, and no published verdict: it judges its runs itself.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from grokkit.chapters.notebooks import plan_of, planned
from grokkit.plans import PLANS
from grokkit.records.format import provenance_text
from grokkit.records.record import Record

STAMPS = "stamps.json"
PARTS = {
    "source": "its source changed",
    "evidence": "its records changed",
    "code": "the library changed",
    "page": "its executed copy changed",
}
BESIDE_PAGES = (
    "cli",
    "evidence",
    "publishing",
    "results",
    "chapters/execution.py",
    "chapters/notebooks.py",
)
"""Packages and files that no page imports; a test follows the imports of all chapters."""
PACKAGE = Path(__file__).parents[1]
_OF_ONE_PAGE = {Path(*plan.__module__.split(".")[1:]).with_suffix(".py") for plan in PLANS.values()}
"""Modules of plans: each belongs to its chapter's source."""

Stamp = dict[str, str]


def stamp(chapter: Path, held: Mapping[str, list[Record]], code: str) -> Stamp:
    """What executing the chapter now would make its page from. held: all records of a store; code: `code_digest`."""
    keys = sorted({run.key for experiment in planned(chapter, {}) for run in experiment.runs})
    records = [record for key in keys for record in held.get(key, [])]
    return {"source": _of_source(chapter), "evidence": _of_records(records), "code": code}


def code_digest(package: Path = PACKAGE) -> str:
    """Of every file of the package that a page can depend on."""
    files = (file for file in package.rglob("*") if file.is_file() and not _is_beside(file.relative_to(package)))
    named = {file.relative_to(package).as_posix(): file.read_bytes() for file in files}
    return _digest(part for name in sorted(named) for part in (name.encode(), named[name]))


def page_digest(executed: Path) -> str:
    """Of an executed chapter as it lies there."""
    return _digest([executed.read_bytes()]) if executed.is_file() else ""


def reasons(now: Stamp, chapter: Path, folder: Path) -> list[str]:
    """Why the executed copy in `folder` cannot stand for the chapter any longer; empty where it can."""
    then = read_stamps(folder).get(chapter.stem, {})
    if not then:
        return ["it has no stamp"]
    current = now | {"page": page_digest(folder / chapter.name)}
    return [why for part, why in PARTS.items() if then.get(part) != current[part]]


def read_stamps(folder: Path) -> dict[str, Stamp]:
    """Chapter -> its stamp; a file that cannot be read stamps nothing, which only means more work."""
    try:
        found = json.loads((folder / STAMPS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: each for name, each in found.items() if isinstance(each, dict)} if isinstance(found, dict) else {}


def write_stamps(made_from: Mapping[Path, Stamp], folder: Path) -> None:
    """Stamp the executed chapters in `folder`; each was made from what its stamp says."""
    found = {chapter.stem: each | {"page": page_digest(folder / chapter.name)} for chapter, each in made_from.items()}
    (folder / STAMPS).write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _of_source(chapter: Path) -> str:
    """Of a chapter's cells, and of the module of its plan."""
    cells = json.loads(chapter.read_text(encoding="utf-8"))["cells"]
    kept = [[cell["cell_type"], "".join(cell["source"]), cell["metadata"]] for cell in cells]
    return _digest([json.dumps(kept, sort_keys=True).encode(), Path(inspect.getfile(plan_of(chapter))).read_bytes()])


def _of_records(records: Iterable[Record]) -> str:
    """Of all that was measured and of where it was made, which pages tell."""
    lines = {f"{record.digest} {provenance_text(record)}" for record in records}
    return _digest(line.encode() for line in sorted(lines))


def _is_beside(file: Path) -> bool:
    made = "__pycache__" in file.parts or file.name.startswith(".")
    return made or file in _OF_ONE_PAGE or any(file.is_relative_to(part) for part in BESIDE_PAGES)


def _digest(parts: Iterable[bytes]) -> str:
    """16 hex digits; every part is preceded by its length, so that none can pass for two."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()[:16]
