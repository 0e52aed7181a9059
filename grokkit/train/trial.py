"""Whether a C++ compiler works, tried on two lines: that it is installed says nothing of OpenMP, nor of its linker."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

import torch

from grokkit.engine.compiler import first_error
from grokkit.train.checkpoints import cache_folder

PROGRAM = '#include <omp.h>\nextern "C" int threads() { return omp_get_max_threads(); }\n'
"""What every program that PyTorch's compiler writes needs, too."""
SECONDS = 60.0
"""After which a compiler is given up."""
BREW = "/opt/homebrew/opt/libomp", "/usr/local/opt/libomp"
"""Where Homebrew puts OpenMP, on new and on old Macs."""


def why_it_fails(compiler: str) -> str | None:
    """Return what keeps the compiler from working, in its own words; None if it works.

    A compiler that worked is not tried again until it, PyTorch or Python is another; one that failed is tried once a
    process, so that it is found when it has been mended.
    """
    return _tried(compiler, _tag(compiler))


@cache
def _tried(compiler: str, tag: str) -> str | None:
    known = cache_folder() / "compilers" / tag
    if known.exists():
        return None
    reason = _compile(compiler)
    if reason is None:
        with suppress(OSError):  # it will be tried again
            known.parent.mkdir(parents=True, exist_ok=True)
            known.touch()
    return reason


def _tag(compiler: str) -> str:
    """What the outcome depends on: the program, as far as a look at its file tells, and where it is to compile."""
    found = Path(shutil.which(compiler) or compiler)
    state = [found.stat().st_mtime_ns, found.stat().st_size] if found.exists() else []
    around = [torch.__version__, platform.python_version(), *_openmp()]
    return hashlib.sha256(repr([str(found), *state, *around]).encode()).hexdigest()[:16]


def _compile(compiler: str) -> str | None:
    with tempfile.TemporaryDirectory() as folder:
        flags = ["-x", "c++", "-", "-shared", "-fPIC", "-std=c++20", f"-I{sysconfig.get_paths()['include']}"]
        command = [compiler, *flags, *_openmp(), "-o", str(Path(folder) / "threads.so")]
        try:
            ended = subprocess.run(command, input=PROGRAM, capture_output=True, text=True, timeout=SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
    return first_error(ended.stderr) if ended.returncode else None


def _openmp() -> list[str]:
    """The options with which PyTorch compiles for several threads."""
    if sys.platform != "darwin":
        return ["-fopenmp"]
    named = [os.environ.get(name) for name in ("OMP_PREFIX", "CONDA_PREFIX")]
    found = [place for place in (*named, *BREW) if place and (Path(place) / "include" / "omp.h").exists()]
    places = [option for place in found[:1] for option in (f"-I{place}/include", f"-L{place}/lib")]
    return ["-Xclang", "-fopenmp", *places, "-lomp"]
