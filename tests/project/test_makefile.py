"""What `make` runs, seen by stand-ins for the programs of the environment: also under a path with spaces."""

import os
import shutil
import subprocess
import sys

import pytest
from paths import ROOT

STAND_IN = """#!/bin/bash
echo "$(basename "$0") [$GROKKIT_STORE] [$GROKKIT_CACHE]"
printf '<%s>\\n' "$@"
"""


@pytest.fixture
def project(tmp_path):
    """A checkout with nothing in it but the Makefile, whose programs say how they were called."""
    if not shutil.which("make"):
        pytest.skip("make is not installed.")
    top = tmp_path / "a path" / "with spaces"
    (top / "notebooks").mkdir(parents=True)
    (top / "notebooks" / "01.ipynb").touch()
    shutil.copy(ROOT / "Makefile", top)
    shutil.copy(ROOT / "pyproject.toml", top)
    shutil.copytree(ROOT / ".ci", top / ".ci")
    for name in ("grokkit", "ruff", "nbstripout", "python"):
        stand_in(top / ".venv" / "bin" / name)
    return top


def stand_in(file):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(STAND_IN)
    file.chmod(0o755)


def made(project, *asked):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GROKKIT", "MAKE"))}
    done = subprocess.run(["make", *asked], cwd=project, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_tests_get_the_store_and_the_cache_of_this_checkout(project):
    (project / ".venv" / ".ready").touch()
    lines = made(project, "test").splitlines()
    assert f"python [{project}/_build/test/store] [{project}/_build/test/cache]" in lines
    assert lines[-1].startswith("<--nbmake-timeout") and "<pytest>" in lines


def test_the_environment_is_made_with_any_python_and_constraints(project):
    (project / "my python").mkdir()
    (project / "my python" / "python3").symlink_to(sys.executable)
    asked = ["PYTHON=my python/python3", f"CONSTRAINTS={project}/.ci/constraints.txt", ".venv/.ready"]
    lines = made(project, *asked).splitlines()
    compiler = any(shutil.which(name) for name in (os.environ.get("CXX") or "g++", "g++", "clang++"))
    why = "The path of this folder has a space" if compiler else "No C++ compiler is installed"
    assert any(line.startswith(f"{why}: training works") for line in lines)
    assert lines[-1] == "<.[book,test]>"
    assert lines[lines.index("<--constraint>") + 1] == f"<{project}/.ci/constraints.txt>"
    assert (project / ".venv" / ".ready").exists()


def test_the_book_is_built_on_the_live_run(project):
    (project / ".venv" / ".ready").touch()
    lines = made(project, "book").splitlines()
    assert lines.count("<--live>") == 1 and "<_build/live>" in lines
