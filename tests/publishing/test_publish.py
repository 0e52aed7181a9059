"""What a build executes and what it takes as published; that runs are missing keeps it from nothing but publishing."""

from __future__ import annotations

import json
from ast import literal_eval
from pathlib import Path

import pytest

from grokkit import BadInput, GrokkitError, Store
from grokkit.chapters import notebooks as chapters
from grokkit.chapters.execution import execute_chapters
from grokkit.plans import PLANS, Plan
from grokkit.publishing import build as publish
from grokkit.publishing.stamps import STAMPS


def notebook(path: Path, shown: str, parameters: str = "") -> Path:
    """A chapter that shows the value of an expression."""
    sources = {"parameters": parameters, "imports": "import os", "shown": shown}
    usual = {"cell_type": "code", "outputs": [], "execution_count": None}
    cells = [usual | {"id": tag, "metadata": {"tags": [tag]}, "source": source} for tag, source in sources.items()]
    about = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path.write_text(json.dumps({"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}))
    return path


class Nothing(Plan):
    @property
    def experiments(self):
        return []


class Live(Nothing):
    live_store: str = ""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of three chapters, with what is around pages left out."""
    top = tmp_path / "project"
    for folder in ("notebooks", "book/executed", "book/_static"):
        (top / folder).mkdir(parents=True)
    (top / "book" / publish.FRONT_FIGURE).write_text("a figure")
    (top / "_config.yml").write_text("")
    notebook(top / "notebooks" / "01_quickstart.ipynb", "1", parameters="live_store = ''")
    for name, plan in {"quickstart": Live, "one": Nothing, "two": Nothing}.items():
        monkeypatch.setitem(PLANS, name, plan)
    for name in ("02_one", "03_two"):
        notebook(top / "notebooks" / f"{name}.ipynb", "2")
    for module in (chapters, publish):
        monkeypatch.setattr(module, "checkout", lambda: top)
    written = ("write_setup_cells", "write_verdicts", "write_forecasts", "write_verdicts_table", "draw_front_figure")
    for name in (*written, "_build"):
        monkeypatch.setattr(publish, name, lambda *_: None)
    return top


@pytest.fixture
def book(project, monkeypatch):
    """Builds the project: which chapters were executed, and what was told."""

    def build(**how):
        executed, told = {}, []

        def execute(given, folder, store):
            for chapter, parameters in given.items():
                executed[chapter.stem] = parameters
                (folder / chapter.name).write_text(f"executed with {parameters}")

        monkeypatch.setattr(publish, "execute_chapters", execute)
        publish.build_book(tell=told.append, **how)
        return executed, " ".join(told)

    return build


ALL = dict.fromkeys(["01_quickstart", "02_one", "03_two"], {})


def test_nothing_is_executed_again_that_would_come_out_as_published(book, project):
    executed, told = book(publish=True)
    assert executed == ALL
    assert told.startswith(
        "0 of 3 chapters are taken as published. Executed: 01_quickstart (it has no stamp); 02_one ("
    )
    assert book() == ({}, "3 of 3 chapters are taken as published. Executed: none.")
    assert book(publish=True)[0] == {} and book(everything=True)[0] == ALL
    staged = project / "_build" / "stage" / "book" / "executed"
    for name in ("02_one.ipynb", STAMPS):
        assert (staged / name).read_text() == (project / "book" / "executed" / name).read_text()


def test_a_chapter_that_changed_is_executed_until_it_is_published(book, project):
    book(publish=True)
    notebook(project / "notebooks" / "03_two.ipynb", "3")
    expected = ({"03_two": {}}, "2 of 3 chapters are taken as published. Executed: 03_two (its source changed).")
    assert book() == expected and book() == expected
    assert book(publish=True) == expected and book()[0] == {}


def test_a_live_run_executes_the_quickstart_and_publishes_nothing(book, project, tmp_path):
    book(publish=True)
    before = {file.name: file.read_text() for file in (project / "book" / "executed").iterdir()}
    executed, told = book(live=tmp_path)
    assert executed == {"01_quickstart": {"live_store": str(tmp_path)}}
    assert told == "2 of 3 chapters are taken as published. Executed: 01_quickstart (it shows your run)."
    assert {file.name: file.read_text() for file in (project / "book" / "executed").iterdir()} == before
    assert book()[0] == {}


@pytest.mark.parametrize("how", [{"as_published": True}, {"publish": True}])
def test_a_live_run_goes_with_nothing_that_shows_published_runs(how, book, project, tmp_path):
    with pytest.raises(BadInput, match="--live shows a run of yours"):
        book(live=tmp_path, **how)
    assert not (project / "_build").exists()


def test_all_and_none_at_once_is_refused(book, project):
    with pytest.raises(BadInput, match="book --all executes every chapter and --as-published none"):
        book(as_published=True, everything=True)
    assert not (project / "_build").exists()


def test_only_publishing_insists_on_the_runs(book, project, monkeypatch):
    monkeypatch.setattr(publish, "lost_runs", lambda chapter, store: 3 * (chapter.stem == "02_one"))
    assert book()[0] == ALL
    with pytest.raises(GrokkitError, match=r"02_one needs 3 runs that are not in the store; `grokkit run 02_one"):
        book(publish=True)
    assert not list((project / "book" / "executed").iterdir())


def test_without_its_run_the_front_page_keeps_its_figure(tmp_path, monkeypatch):
    monkeypatch.setenv("GROKKIT_STORE", str(tmp_path / "empty"))
    (file := tmp_path / "figure.svg").write_text("as it was")
    publish.draw_front_figure(file)
    assert file.read_text() == "as it was"


# Execution.


def shown(executed: Path) -> str:
    [output] = json.loads(executed.read_text())["cells"][-1]["outputs"]
    return "".join(output["data"]["text/plain"])


def test_chapters_are_executed_side_by_side_on_the_store_given_and_train_nothing(tmp_path):
    asked = "os.environ['GROKKIT_STORE'], os.environ['GROKKIT_MISSING'], name"
    given = {notebook(tmp_path / f"{name}.ipynb", asked, "name = ''"): {"name": name} for name in ("a", "b", "c")}
    execute_chapters(given, tmp_path / "out", Store(tmp_path / "store"))
    for name in ("a", "b", "c"):
        assert literal_eval(shown(tmp_path / "out" / f"{name}.ipynb")) == (str(tmp_path / "store"), "report", name)


@pytest.mark.parametrize("others", [0, 1])
def test_a_cell_that_fails_is_named_with_its_chapter(others, tmp_path):
    given = {notebook(tmp_path / f"good{i}.ipynb", "1"): {} for i in range(others)}
    given[notebook(tmp_path / "bad.ipynb", "1 / 0")] = {}
    with pytest.raises(GrokkitError, match=r"bad was not executed[\s\S]*ZeroDivisionError"):
        execute_chapters(given, tmp_path / "out", Store(tmp_path / "store"))
