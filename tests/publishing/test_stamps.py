"""A chapter is executed again exactly when its source, its records, the library or its executed copy changed."""

from __future__ import annotations

import ast
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tiny import MEASURE, TinyPlan, a_run

import grokkit as gk
from grokkit.chapters.notebooks import chapters
from grokkit.plans import PLANS, Plan
from grokkit.publishing.stamps import BESIDE_PAGES, PACKAGE, PARTS, STAMPS, code_digest, reasons, stamp, write_stamps

UNTIL = gk.Until(steps=20)


class Asked(Plan):
    @property
    def experiments(self):
        return [gk.Experiment([a_run(i) for i in range(3)], UNTIL, MEASURE)]


def notebook(path: Path, **cells: str) -> Path:
    made = [{"cell_type": "code", "metadata": {"tags": [tag]}, "source": source} for tag, source in cells.items()]
    path.write_text(json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


@pytest.fixture
def chapter(tmp_path, monkeypatch):
    monkeypatch.setitem(PLANS, "tiny", Asked)
    return notebook(tmp_path / "07_tiny.ipynb", parameters="", shown="1 + 1")


@pytest.fixture
def store(tmp_path):
    kept = gk.Store(tmp_path / "a store")
    gk.train([a_run(i) for i in range(4)], until=UNTIL, measure=MEASURE, store=kept)
    return kept


@pytest.fixture
def published(chapter, store, tmp_path):
    """A folder with the chapter's executed copy, stamped; and a function that says why it must be executed again."""
    folder = tmp_path / "executed"
    folder.mkdir()
    (folder / chapter.name).write_text("its page")
    write_stamps({chapter: stamp(chapter, store.read_all(), "code")}, folder)

    def why(held=store, code="code", at=chapter):
        return reasons(stamp(at, held.read_all(), code), at, folder)

    return folder, why


def test_what_is_unchanged_is_not_executed_again(published, chapter, tmp_path):
    _, why = published
    moved = tmp_path / "elsewhere" / chapter.name
    moved.parent.mkdir()
    shutil.copy(chapter, moved)
    assert why() == [] and why(at=moved) == []


def test_how_a_store_keeps_its_records_does_not_matter(published, store, tmp_path):
    _, why = published
    other = gk.Store(tmp_path / "other")
    other.add_all(reversed([record for records in store.read_all().values() for record in records]))
    assert [file.name for file in other.path.iterdir()] != [file.name for file in store.path.iterdir()]
    assert why(other) == []


def test_records_that_the_chapter_does_not_ask_for_do_not_matter(published, store):
    _, why = published
    gk.train([a_run(50)], until=UNTIL, measure=MEASURE, store=store)
    assert why() == []


def test_every_part_is_noticed(published, chapter, store, tmp_path):
    folder, why = published
    assert why(code="other") == [PARTS["code"]]
    assert why(gk.Store(tmp_path / "empty")) == [PARTS["evidence"]]
    (folder / chapter.name).write_text("another page")
    assert why() == [PARTS["page"]]
    notebook(chapter, parameters="", shown="1 + 2")
    assert why() == [PARTS["source"], PARTS["page"]]


def test_another_plan_is_another_source(published, monkeypatch):
    _, why = published
    monkeypatch.setitem(PLANS, "tiny", TinyPlan)
    assert PARTS["source"] in why()


def test_a_longer_record_of_the_same_run_and_another_provenance_are_noticed(published, store, tmp_path):
    _, why = published
    held = store.read()
    for changed in ({"observed_to": 30}, {"provenance": held[a_run(1).key].provenance | {"hardware": "another"}}):
        other = gk.Store(tmp_path / str(len(changed)) / next(iter(changed)))
        other.add_all([replace(r, **changed) if r.key == a_run(1).key else r for r in held.values()])
        assert why(other) == [PARTS["evidence"]]


@pytest.mark.parametrize("text", ["", "[1]", '{"07_tiny": 3}', "{}"])
def test_stamps_that_say_nothing_only_mean_more_work(text, published):
    folder, why = published
    (folder / STAMPS).write_text(text)
    assert why() == ["it has no stamp"]


def test_the_code_is_every_file_that_a_page_can_depend_on(tmp_path):
    copy = shutil.copytree(PACKAGE, tmp_path / "grokkit")
    assert code_digest(copy) == code_digest()
    (copy / "__pycache__" / "left.pyc").parent.mkdir(exist_ok=True)
    (copy / "__pycache__" / "left.pyc").write_bytes(b"compiled")
    (copy / "publishing" / "build.py").write_text("beside the pages")
    (copy / "plans" / "toy.py").write_text("of one page")
    assert code_digest(copy) == code_digest()
    for name in (
        "plans/plan.py",
        "chapters/chapter.py",
        "claims/registered.toml",
        "explorables/new.js",
        "engine/native/new.h",
    ):
        (file := copy / name).write_bytes((file.read_bytes() if file.exists() else b"") + b"\n")
        assert code_digest(copy) != code_digest(), name
        shutil.rmtree(copy)
        shutil.copytree(PACKAGE, copy)


def test_no_chapter_imports_what_is_taken_to_be_beside_pages():
    """Follows every import, those within functions too, from the notebooks down."""
    cells = [c for path in chapters() for c in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    waiting = [ast.parse("".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"]
    waiting += [ast.parse(file.read_text(encoding="utf-8")) for file in (PACKAGE / "claims" / "rules").glob("*.py")]
    seen: set[Path] = set()
    while waiting:
        new = {file for name in _imported(waiting.pop()) for file in _files(name)} - seen
        seen |= new
        waiting += [ast.parse(file.read_text(encoding="utf-8")) for file in new]
    reached = {file.relative_to(PACKAGE).as_posix() for file in seen}
    assert {"chapters/chapter.py", "plots/curves.py", "engine/stack.py", "claims/judging.py"} <= reached
    assert not {file for file in reached for beside in BESIDE_PAGES if Path(file).is_relative_to(beside)}
    assert all((PACKAGE / name).exists() for name in BESIDE_PAGES if name != "results")


def _imported(tree: ast.AST) -> list[str]:
    """Names of modules, and of what is taken from them, which may be modules too."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [each.name for each in node.names]
        if isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
    return [name for name in found if name.split(".")[0] == "grokkit"]


def _files(module: str) -> list[Path]:
    parts = module.split(".")[1:]
    packages = [PACKAGE.joinpath(*parts[:i], "__init__.py") for i in range(len(parts) + 1)]
    own = [PACKAGE.joinpath(*parts).with_suffix(".py")] if parts else []
    return [file for file in [*packages, *own] if file.is_file()]
