"""Compiled libraries are loaded from a folder that nobody else can have written to, and built anew where they are
broken."""

import os
import sys
import tempfile
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from torch._inductor import codecache

import grokkit as gk
from grokkit.engine import libraries as module
from grokkit.engine.libraries import VARIABLE, libraries, prepare_libraries, with_libraries
from grokkit.records.cache import require_own, temporary_cache
from grokkit.train import machine

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="owners and modes")
WHOLE = b"\x7fELF\2\1" + bytes(34) + (64).to_bytes(8, "little") + bytes(10) + b"\x40\0\1\0" + bytes(2) + bytes(64)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of this test's own, where nothing names another place; PyTorch is as it was afterwards."""
    for name in (VARIABLE, "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    for name in ("_HEADER_DIR", "_HEADER_LOCK_DIR"):
        monkeypatch.setattr(codecache, name, getattr(codecache, name))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_libraries_and_headers_lie_in_a_folder_of_the_users_own(home):
    prepare_libraries()
    folder = home / ".cache" / "grokkit" / "compiled"
    assert libraries() == folder == Path(os.environ[VARIABLE])  # which other processes, and PyTorch, go by
    assert folder.stat().st_mode & 0o777 == 0o700
    for place in (codecache.cache_dir(), codecache._HEADER_DIR, codecache._HEADER_LOCK_DIR):
        assert Path(place).is_relative_to(folder)


def test_a_path_that_pytorch_would_take_apart_is_avoided(home, monkeypatch):
    monkeypatch.setenv("HOME", str(home / "a space"))
    (home / "a space").mkdir()
    assert libraries() == home.parent / "tmp" / f"grokkit-{os.getuid()}" / "compiled"
    assert temporary_cache().stat().st_mode & 0o777 == 0o700


def planted(folder, how, monkeypatch):
    if how == "a link":
        (folder.parent / "elsewhere").mkdir()
        folder.symlink_to(folder.parent / "elsewhere")
    elif how == "a file":
        folder.touch()
    else:
        folder.mkdir()
        folder.chmod(0o777 if how == "open to all" else 0o755)
    if how == "another's":
        mine = os.getuid()
        monkeypatch.setattr("os.getuid", lambda: mine + 1)


PLANTED = {
    "a link": "is a link",
    "a file": "is no folder",
    "open to all": "can be written to by others",
    "another's": "belongs to another user",
}


@pytest.mark.parametrize("how", PLANTED)
def test_what_others_can_have_written_is_refused_in_a_sentence(how, tmp_path, monkeypatch):
    folder = tmp_path / "planted"
    planted(folder, how, monkeypatch)
    with pytest.raises(gk.StoreError, match=f"planted {PLANTED[how]}, and what lies there must be nobody's but yours"):
        require_own(folder)


@pytest.mark.parametrize("how", PLANTED)
def test_nothing_planted_is_compiled_with(how, home, tmp_path, monkeypatch):
    folder = tmp_path / "planted"
    planted(folder, how, monkeypatch)
    monkeypatch.setenv(VARIABLE, str(folder))
    with pytest.raises(gk.StoreError):
        with_libraries(lambda: pytest.fail("built"))
    monkeypatch.delenv("GROKKIT_COMPILED")
    if " " not in str(Path(torch.__file__)):
        assert PLANTED[how] in machine.why_uncompiled(torch.device("cpu"))


def test_a_temporary_cache_that_another_user_made_is_refused(home, monkeypatch):
    planted(home.parent / "tmp" / f"grokkit-{os.getuid() + 1}", "another's", monkeypatch)
    with pytest.raises(gk.StoreError, match="belongs to another user"):
        temporary_cache()


def library(folder, content, name="cabc.main.so"):
    file = folder / "ab" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


@pytest.mark.parametrize(("size", "kept"), [(len(WHOLE), True), (len(WHOLE) - 1, False), (64, False), (0, False)])
def test_what_a_killed_process_left_unfinished_is_never_loaded(size, kept, home):
    file = library(libraries(), WHOLE[:size])
    libraries().chmod(0o700)
    prepare_libraries()
    assert file.exists() == kept


def test_what_another_process_is_building_is_left_to_it(home):
    file = library(libraries(), WHOLE[:70])
    (libraries() / "locks").mkdir()
    with FileLock(libraries() / "locks" / "cabc.lock"):
        prepare_libraries()
    assert file.exists()


@pytest.mark.parametrize("error", [OSError, ImportError, RuntimeError])
def test_a_library_that_cannot_be_loaded_is_built_anew_whatever_the_error(error, home):
    prepare_libraries()
    file = library(libraries(), b"no library")

    def build():
        if file.exists():
            raise error(f"dlopen: '{file}': something is wrong")
        return "built"

    assert with_libraries(build) == "built"


def test_a_library_that_stays_broken_ends_in_its_error(home):
    def build():
        raise OSError(f"{library(libraries(), b'no library')}: cannot be mapped")

    prepare_libraries()
    with pytest.raises(OSError, match="cannot be mapped"):
        with_libraries(build)


def test_nothing_outside_the_folder_is_deleted(home, tmp_path):
    file = library(tmp_path, b"another's")

    def build():
        raise ImportError(f"{file}: file too short")

    with pytest.raises(ImportError):
        with_libraries(build)
    assert file.exists()


def test_emptied_and_cut_programs_are_built_anew(compiler, home, monkeypatch):
    """With the real compiler: the same source thrice, its library emptied and then cut in between."""
    monkeypatch.delenv("GROKKIT_COMPILED")
    source = 'extern "C" int seven() { return 7; }\n'
    for content in (None, lambda file: b"", lambda file: file.read_bytes()[:-200]):
        [*files] = libraries().glob("*/*.so")
        for file in files if content else ():
            left = content(file)
            file.unlink()  # this process has it still
            file.write_bytes(left)
        codecache.CppCodeCache.cache.clear()
        module._forget_torn.cache_clear()
        assert with_libraries(lambda: codecache.CppCodeCache.load(source)).seven() == 7
