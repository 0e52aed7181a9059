"""Where things are kept outside a checkout: also where there is no home, or one that cannot be written to."""

import os
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

import grokkit as gk
from grokkit.chapters import notebooks as chapters
from grokkit.publishing import build as publish
from grokkit.records import store as store_module
from grokkit.train.checkpoints import cache_folder

NAMES = "GROKKIT_CACHE", "GROKKIT_STORE", "XDG_CACHE_HOME"


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A folder of temporary files of this test's own; nothing else says where to keep things."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def nobody(temporary, monkeypatch):
    """A user without HOME and without an account, as containers have them."""

    def unknown(uid):
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)
    return temporary / f"grokkit-{os.getuid()}"


def with_home(home, monkeypatch):
    monkeypatch.setenv("HOME", str(home))
    return cache_folder()


def test_with_a_home_checkpoints_are_in_its_cache(temporary, monkeypatch):
    (temporary / "home").mkdir()
    assert with_home(temporary / "home", monkeypatch) == temporary / "home" / ".cache" / "grokkit"
    assert not list((temporary / "home").iterdir())


@pytest.mark.parametrize("home", ["file", "file/home", "gone"])
def test_with_a_home_that_cannot_hold_them_checkpoints_are_temporary_files(home, temporary, monkeypatch):
    (temporary / "file").touch()
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    monkeypatch.setattr("os.access", lambda place, mode: Path(place) != temporary)
    assert with_home(temporary / home, monkeypatch) == elsewhere / f"grokkit-{os.getuid()}"


def test_a_home_that_may_not_even_be_looked_into_is_none(temporary, monkeypatch):
    def refuse(place, *_, **__):
        raise PermissionError(13, "Permission denied", str(place))

    monkeypatch.setattr("pathlib.Path.stat", refuse)
    monkeypatch.setattr("os.stat", refuse)
    assert with_home("/root", monkeypatch) == temporary / f"grokkit-{os.getuid()}"


def test_without_a_home_the_store_and_checkpoints_are_temporary_files(nobody, monkeypatch):
    monkeypatch.setattr(store_module, "evidence_folder", lambda: None)
    assert cache_folder() == nobody
    assert gk.Store.find().path == nobody / "store"


def test_a_path_from_home_is_refused_in_a_sentence_where_there_is_no_home(nobody):
    with pytest.raises(gk.BadInput, match="^Store path: '~/runs' came, and no home folder is known here; name"):
        gk.Store("~/runs")


def test_what_the_environment_names_is_used_as_it_is(nobody, monkeypatch):
    monkeypatch.setenv("GROKKIT_CACHE", "/dev/null/cache")
    assert cache_folder() == Path("/dev/null/cache")


def homes_seen(monkeypatch, tmp_path):
    """HOME as a chapter's kernel and the book's builder see it."""
    seen = []
    monkeypatch.setattr("papermill.execute_notebook", lambda *_, **__: seen.append(os.environ.get("HOME")))
    monkeypatch.setattr("subprocess.run", lambda *_, env, **__: seen.append(env.get("HOME")) or 1 / 0)
    chapters.execute(chapters.find_chapter("quickstart"), tmp_path / "done.ipynb", {})
    with pytest.raises(ZeroDivisionError):
        publish._build(tmp_path, tmp_path)
    return seen


def test_jupyter_gets_a_temporary_home_where_there_is_none(nobody, monkeypatch, tmp_path):
    """It needs one to know where its own files are."""
    assert homes_seen(monkeypatch, tmp_path) == [str(nobody), str(nobody)]
    assert "HOME" not in os.environ


def test_jupyter_gets_the_home_that_there_is(temporary, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", "/dev/null/home")
    assert homes_seen(monkeypatch, tmp_path) == ["/dev/null/home", "/dev/null/home"]
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", lambda uid: SimpleNamespace(pw_dir="/home/somebody"))
    assert homes_seen(monkeypatch, tmp_path) == [None, None]
