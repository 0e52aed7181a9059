"""One setting says where the project is; buttons and first cells follow from it, and name nothing while it is empty."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from paths import ROOT

from grokkit import BadInput
from grokkit.chapters.notebooks import chapters
from grokkit.publishing import address

SET = "https://github.com/-owner-/name"
"""Stands for an address in tests: nobody can register an owner that begins with a hyphen."""
NOW = address.address()
EXECUTED = sorted((ROOT / "book" / "executed").glob("*.ipynb"))
BUTTONS = re.compile(r'href="(https://(?:colab|github)[^"]*)"')


def cells(notebook):
    return json.loads(notebook.read_text(encoding="utf-8"))["cells"]


@pytest.mark.parametrize("notebook", [*chapters(), *EXECUTED], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_chapters_first_code_cell_is_what_the_setting_gives(notebook):
    title, first, *_ = cells(notebook)
    assert title["cell_type"] == "markdown" and title["source"][0].startswith("# ")
    assert "".join(first["source"]) == address.setup_source(NOW)
    assert first["metadata"]["tags"] == ["setup", "remove-cell"]
    assert not [cell for cell in cells(notebook)[2:] if "setup" in cell["metadata"].get("tags", [])]


@pytest.mark.parametrize("notebook", [*chapters(), *EXECUTED], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_cell_installs_anything_but_from_the_address_or_a_copy(notebook):
    code = "\n".join("".join(cell["source"]) for cell in cells(notebook))
    installed = re.findall(r"pip install (.*)", code)
    assert all(each.startswith("-e .[book]") or (NOW and NOW in each) for each in installed)
    assert NOW or not re.search(r"git\+|github\.com", code)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of the notebooks, with a setting of its own."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns(".*"))
    monkeypatch.setattr("grokkit.chapters.notebooks.checkout", lambda: tmp_path)
    monkeypatch.setattr(address, "checkout", lambda: tmp_path)

    def configured(url):
        (tmp_path / "_config.yml").write_text(yaml.safe_dump({"repository": {"url": url}}), encoding="utf-8")
        return sorted((tmp_path / "notebooks").glob("*.ipynb"))

    return configured


def test_setting_the_address_rewrites_that_cell_alone_and_setting_it_back_undoes_that(project):
    notebooks = project(SET)
    before = [path.read_bytes() for path in notebooks]
    assert address.write_setup_cells() == notebooks and address.write_setup_cells() == []
    for path, old in zip(notebooks, before, strict=True):
        assert f'%pip install -q "grokkit[plots] @ git+{SET}"' in "".join(cells(path)[1]["source"])
        assert [cell for cell in cells(path) if cell["id"] != "setup"] == [
            json.loads(old)["cells"][0],
            *cells(path)[2:],
        ]
    project(NOW)
    address.write_setup_cells()
    assert [path.read_bytes() for path in notebooks] == before


def test_a_chapter_without_the_cell_gets_it_after_its_title():
    title, text = ({"cell_type": "markdown", "id": i, "metadata": {}, "source": [i]} for i in "ab")
    written = address.with_setup_cell({"cells": [title, text], "nbformat": 4}, "")
    assert [cell["id"] for cell in written["cells"]] == ["a", "setup", "b"]


WRONG = ["github.com/a/b", "https://gitlab.com/a/b", "https://x/y", "a b", *(SET + end for end in ("/", ".git", "/x"))]


@pytest.mark.parametrize("url", WRONG)
def test_an_address_that_cannot_work_is_refused(project, url):
    project(url)
    with pytest.raises(BadInput, match="must be https://github.com/OWNER/NAME"):
        address.write_setup_cells()


def run_cell(url, there):
    """What the cell asks of `%pip`, or its last error, in a process in which grokkit is there or is not."""
    code = re.sub("%pip (.*)", r"print('\1')", address.setup_source(url))
    hidden = "" if there else "import importlib.util as u; u.find_spec = lambda name: None\n"
    done = subprocess.run([sys.executable, "-c", hidden + code], capture_output=True, text=True)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1:]


def test_the_cell_acts_only_where_grokkit_is_missing():
    assert run_cell(SET, there=True) == run_cell("", there=True) == []
    assert run_cell(SET, there=False) == f'install -q "grokkit[plots] @ git+{SET}"'
    [error] = run_cell("", there=False)
    assert error.startswith("ModuleNotFoundError: grokkit is not installed: run `pip install -e .[book]`")


def tiny_book(top, url):
    """Two pages of a book with the project's own configuration and extensions.

    Built, because the buttons are made inside the theme: only a page shows whether there are any and where they lead.
    """
    write_tiny_book(top, url)
    build = "from jupyter_book.cli.main import main; main()"
    options = ["build", "book", "--config", "_config.yml", "--path-output", ".", "-W", "-n", "--keep-going"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    asked = dict(cwd=top, env=environment, capture_output=True, text=True)
    done = subprocess.run([sys.executable, "-c", build, *options], **asked)
    assert done.returncode == 0, done.stdout + done.stderr
    return [
        (top / "_build" / "html" / page).read_text(encoding="utf-8") for page in ("index.html", "executed/01_a.html")
    ]


def write_tiny_book(top, url):
    shutil.copytree(ROOT / "book", top / "book", ignore=shutil.ignore_patterns("*.md", "executed", "_toc.yml"))
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["repository"]["url"] = url
    title = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# A chapter"}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = {"cells": [title], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (top / "book" / "executed").mkdir()
    for name, text in {
        "_config.yml": yaml.safe_dump(config),
        "book/_toc.yml": "format: jb-book\nroot: index\nchapters: [{file: executed/01_a}]\n",
        "book/index.md": "# A page\n\nThe chapter is {chapter}`here <01_a>` or {chapter}`to come <02_b>`.\n",
        "book/executed/01_a.ipynb": json.dumps(notebook),
    }.items():
        (top / name).write_text(text, encoding="utf-8")


def test_without_an_address_no_button_leads_out_of_the_book(tmp_path):
    page, chapter = tiny_book(tmp_path, "")
    assert BUTTONS.findall(page + chapter) == []
    links = r'<a class="reference internal" href="executed/01_a.html">here</a> or to come\.'
    assert re.search(links, page), "a chapter is linked once it is a page, and named until then"


def test_with_an_address_they_lead_to_the_notebook_as_it_is_written(tmp_path):
    pages = tiny_book(tmp_path, SET)
    page, chapter = (set(BUTTONS.findall(each)) for each in pages)
    assert page == {SET, f"{SET}/blob/main/book/index.md?plain=1", f"{SET}/edit/main/book/index.md"}
    at_home = {SET, f"{SET}/blob/main/notebooks/01_a.ipynb?plain=1", f"{SET}/edit/main/notebooks/01_a.ipynb"}
    on_colab = "https://colab.research.google.com/github/-owner-/name/blob/main/notebooks/01_a.ipynb"
    assert chapter == at_home | {on_colab}
    assert not re.search(r"\bfab\b", "".join(pages)), "an icon that makes every page load a font of brands"
