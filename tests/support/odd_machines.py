"""Shows that the project works on odd machines.

`make odd-machines` shows all cases, `python tests/support/odd_machines.py CASE ...` some.

Each case is a fresh clone of what is committed, in which a run is trained and its chapter executed, the book is built
as published, and the tests are run that the case touches:

no-chromium: no browser is installed. Tests of pages are skipped and say why.
no-compiler: no compiler of C or C++ is installed. Training is uncompiled and says why.
no-home: HOME is not set.
no-account: nor has the user an account, as in a container; only root can show it.
read-only-home: nothing can be written beneath HOME.
spaces: the clone and the environment, which `make` makes there, lie under a path with spaces. Training is uncompiled
and says why.
python3.12, python3.13: `make` makes the environment with that Python.

The environment is that of the interpreter which runs this file, but the last three have their own, which costs minutes
and over a gigabyte. A case that this machine cannot show is skipped and says why. All is deleted at the end.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from paths import ROOT

CONSTRAINTS = ".ci/constraints.txt"
BROWSERS = ("chromium*", "google-chrome*", "chrome")
COMPILERS = ("*g++*", "*gcc*", "*clang*", "c++*", "cc", "c89*", "c99*")
FAST = (
    "train/test_cache.py",
    "train/test_errors.py",
    "records/test_store.py",
    "project/test_packaging.py",
    "project/test_makefile.py",
)
NOT_OURS = ("GROKKIT_", "XDG_", "PYTEST_", "MAKE", "JUPYTER", "IPYTHON", "MPL", "TORCHINDUCTOR", "VIRTUAL_ENV", "CXX")
"""Of the caller's environment variables, those that must not decide anything here begin so."""
STRANGER = 54321
"""A user's number that has no account."""
SECONDS = 3600.0
"""After which one command is given up."""


class Skipped(Exception):
    """This machine cannot show a case; the sentence says why."""


class Failed(Exception):
    """A command did not end well, or did not say what it should have."""


@dataclass(frozen=True)
class Case:
    """One odd machine.

    folder: of the clone. hidden: patterns of programs that are not found. home: beneath the clone; None for none,
    "" for the user's own. account: whether the user has one. python: what makes the case's own environment, if it has
    one. tests: files and folders of tests. told: what the case's commands must say.
    """

    name: str
    folder: str = "clone"
    hidden: tuple[str, ...] = ()
    home: str | None = ""
    account: bool = True
    python: str | None = None
    tests: tuple[str, ...] = FAST
    told: tuple[str, ...] = ()


CASES = [
    Case(
        "no-chromium",
        hidden=BROWSERS,
        tests=("explorables", "publishing/test_book_pages.py"),
        told=("No Chromium found under the names",),
    ),
    Case(
        "no-compiler",
        hidden=COMPILERS,
        tests=(*FAST, "engine"),
        told=("No C++ compiler is installed: training works", "uncompiled, because no C++ compiler"),
    ),
    Case("no-home", home=None),
    Case("no-account", home=None, account=False),
    Case("read-only-home", home="README.md/home"),
    Case(
        "spaces",
        folder="a path with/spaces in it/grok kit",
        python="python3",
        told=("The path of this folder has a space: training works", "uncompiled, because the path of PyTorch"),
    ),
    Case("python3.12", python="python3.12"),
    Case("python3.13", python="python3.13"),
]


def show(case: Case, top: Path) -> None:
    """Everything that a case has to show, in the folder `top`."""
    as_stranger = [] if case.account else stranger()
    python = interpreter(case.python, top) if case.python else sys.executable
    clone, environment = top / case.folder, surroundings(case, top)
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    if not case.account:
        for path in (top, *top.rglob("*")):
            os.chown(path, STRANGER, STRANGER, follow_symlinks=False)
    said = ""
    for command in commands(case, python, clone):
        print(f"  {' '.join(map(str, command)).splitlines()[0]}", flush=True)
        said += done([*as_stranger, *command], clone, environment)
    if silent := [sentence for sentence in case.told if sentence not in " ".join(said.split())]:
        raise Failed(f"Nothing said: {'; '.join(silent)}\n{said[-4000:]}")


def commands(case: Case, python: str, clone: Path) -> Iterator[list[str | Path]]:
    programs = Path(sys.executable).parent
    if case.python:
        programs = clone / ".venv" / "bin"
        yield ["make", f"PYTHON={python}", f"CONSTRAINTS={CONSTRAINTS}", ".venv/.ready"]
    yield [python, ".ci/preflight.py"]
    yield [programs / "python", "-c", OURS]
    yield [programs / "grokkit", "run", "quickstart", "--profile", "smoke", "--store", "_build/live"]
    yield [programs / "grokkit", "book", "--as-published"]
    yield [programs / "python", "-m", "pytest", "-n", "0", "-rs", *(f"tests/{name}" for name in case.tests)]


OURS = """
import pathlib, grokkit
from grokkit.train.checkpoints import cache_folder
assert pathlib.Path(grokkit.__file__).parents[1] == pathlib.Path.cwd(), grokkit.__file__
cache_folder().mkdir(parents=True, exist_ok=True)
"""
"""The package that is imported is the clone's, and it has a place for checkpoints."""


def done(command: list[str | Path], clone: Path, environment: dict[str, str]) -> str:
    """What a command says, if it ends well."""
    try:
        ended = subprocess.run(
            command, cwd=clone, env=environment, text=True, timeout=SECONDS,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired as late:
        raise Failed(f"Not done after {SECONDS:.0f} s: {late.output}") from None
    if ended.returncode:
        raise Failed(f"Exit status {ended.returncode}:\n{ended.stdout[-4000:]}")
    return ended.stdout


def surroundings(case: Case, top: Path) -> dict[str, str]:
    """The environment variables of a case's commands."""
    clone, scratch = top / case.folder, top / "scratch"
    scratch.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_OURS)}
    for name in ("CI", "PYTHONPATH", *(["HOME"] if case.home is None else [])):
        kept.pop(name, None)
    if case.home:
        kept["HOME"] = str(clone / case.home)
    if not case.python:
        kept["PYTHONPATH"] = str(clone)
    if case.hidden:
        kept["PATH"] = str(programs_without(case.hidden, top / "programs"))
    return kept | {"TMPDIR": str(scratch)}


def programs_without(hidden: tuple[str, ...], folder: Path) -> Path:
    """A folder with links to all programs that are found now, but for those whose names match."""
    folder.mkdir()
    for place in map(Path, os.environ["PATH"].split(os.pathsep)):
        for program in place.iterdir() if place.is_dir() else ():
            link = folder / program.name
            if not link.is_symlink() and not any(fnmatch(program.name, pattern) for pattern in hidden):
                link.symlink_to(program)
    return folder


def stranger() -> list[str]:
    """What makes the rest of a command line run as a user without an account."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        raise Skipped("only root, with setpriv, can become a user without an account")
    if any(user.pw_uid == STRANGER for user in pwd.getpwall()):
        raise Skipped(f"the number {STRANGER} has an account here")
    prefix = ["setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups"]
    code = "import subprocess, sys, torch; subprocess.run([sys.executable, '-c', ''], check=True)"
    if subprocess.run([*prefix, sys.executable, "-c", code], capture_output=True, cwd="/").returncode:
        raise Skipped(f"another user may not read the environment of {sys.executable}")
    return prefix


def interpreter(name: str, top: Path) -> str:
    """A Python of that name for which there is a PyTorch without CUDA."""
    version = name.removeprefix("python")
    own = Path(sys.base_prefix) / "bin" / name
    pyenv = sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob(f"versions/{version}.*/bin/{name}"))
    found = next((path for path in map(str, (own, *pyenv, shutil.which(name) or "")) if starts(path)), None)
    if found is None:
        raise Skipped(f"{name} is not installed")
    if wanted := gigabytes_of_cuda(found, top):
        raise Skipped(f"{wanted}; a pip configuration that finds a CPU build of PyTorch for it would do")
    return found


def starts(python: str) -> bool:
    """Whether it is there and is more than a stand-in for versions that are not."""
    return Path(python).is_file() and not subprocess.run([python, "--version"], capture_output=True).returncode


def gigabytes_of_cuda(python: str, top: Path) -> str | None:
    """Why PyTorch is not to be installed for this Python, as half a sentence; None if it is."""
    environment, report = top / "asking", top / "report.json"
    subprocess.run([python, "-m", "venv", environment], check=True)
    asked = ["install", "--dry-run", "--quiet", "--only-binary=:all:", "--report", report, "torch"]
    constraint = ["--constraint", ROOT / CONSTRAINTS]
    asking = [environment / "bin" / "python", "-m", "pip", *asked, *constraint]
    answer = subprocess.run(asking, capture_output=True, text=True)
    shutil.rmtree(environment)
    if answer.returncode:
        return f"no PyTorch for {python} is found ({answer.stderr.strip().splitlines()[-1]})"
    names = [found["metadata"]["name"] for found in json.loads(report.read_text())["install"]]
    return f"PyTorch for {python} comes with CUDA here" if any("nvidia" in name for name in names) else None


def outcome(case: Case) -> str:
    began = time.monotonic()
    print(f"{case.name}:", flush=True)
    with tempfile.TemporaryDirectory(prefix="grokkit-odd-") as folder:
        Path(folder).chmod(0o755)
        try:
            show(case, Path(folder))
        except Skipped as why:
            print(f"  skipped: {why}.", flush=True)
            return "skipped"
        except Failed as why:
            print(f"  FAILED. {why}", flush=True)
            return "failed"
    print(f"  passed in {time.monotonic() - began:.0f} s", flush=True)
    return "passed"


def main(names: list[str]) -> int:
    known = {case.name: case for case in CASES}
    if strange := set(names) - set(known):
        print(f"No such case: {', '.join(sorted(strange))}. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    outcomes = [outcome(known[name]) for name in names or known]
    print(", ".join(f"{outcomes.count(each)} {each}" for each in ("passed", "failed", "skipped")))
    return 1 if "failed" in outcomes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
