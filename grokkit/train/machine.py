"""What this machine has: devices, a compiler, hardware bfloat16, one thread a process; and what a record says of it."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from grokkit.config.run import Run
from grokkit.engine.libraries import libraries
from grokkit.errors import BadInput, DeviceError, GrokkitError, StoreError
from grokkit.records.cache import require_own
from grokkit.train.trial import why_it_fails

PACKAGE = Path(__file__).parents[1]
COMPUTES = (
    *(f"{part}/**/*.py" for part in ("engine", "models", "optimizers", "tasks", "observables")),
    *("engine/native/*.h", "engine/native/*.cpp", "metrics.py"),
    *("config/optimizer.py", "config/sampling.py", "config/schedules.py"),
)
"""Of the package, what a step or a measurement runs through."""

OUTCOMES = "results", "README.md"
"""Of the checkout, what evidence itself changes: records, verdicts and the table of them."""

CHOSEN = "GROKKIT_COMPILED=0 is set"
"""Why nothing is compiled where somebody wants it so."""

FIRST_AMPERE = (8, 0)
"""The first CUDA compute capability with bfloat16 matrix units."""


def resolve_device(name: str) -> torch.device:
    """The device of that name, or a sentence that says what there is; "auto" is the GPU where there is one."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name) if isinstance(name, str | torch.device) else None
    except RuntimeError:
        device = None
    if device is None:
        shown = f"'{name}'" if isinstance(name, str) else repr(name)
        raise DeviceError(f"Device {shown} is no device name; use 'cpu', 'cuda' or 'cuda:0'.")
    if device.type == "cuda" and not torch.cuda.is_available():
        raise DeviceError(
            f"Device '{name}' is not there: this PyTorch ({torch.__version__}) sees no CUDA GPU; use 'cpu'."
        )
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise DeviceError(f"Device '{name}' is not there: {torch.cuda.device_count()} CUDA GPUs are, counted from 0.")
    if device.type not in ("cpu", "cuda"):
        raise DeviceError(f"Device '{name}' is not supported; 'cpu' and 'cuda' are.")
    return device


def require_precision(run: Run, device: torch.device) -> None:
    """Refuse bfloat16 where the hardware would only emulate it."""
    if run.precision == "bfloat16" and not has_bfloat16(device):
        raise DeviceError(
            f"Run precision: bfloat16 needs hardware that multiplies in it (AMX, AVX512-BF16, or a CUDA "
            f"GPU of compute capability 8.0); {device.type} here has none. Use float32."
        )


def has_bfloat16(device: torch.device) -> bool:
    """Whether `device` multiplies in bfloat16 itself."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= FIRST_AMPERE
    found = torch.cpu.get_capabilities()
    return bool(found.get("amx_bf16") or found.get("avx512_bf16"))


class UncompiledWarning(UserWarning):
    """Training is slower than it could be."""


def is_compiled(device: torch.device, wanted: bool | None, call: str) -> bool:
    """Decide whether a call compiles: as it is wanted; None wherever that is possible, else with a warning.

    The warning comes once a process, and not where somebody chose it. Raises BadInput where the impossible is wanted.
    """
    reason = why_uncompiled(device) if wanted is not False else None
    if wanted and reason:
        raise BadInput(f"{call} compiled: impossible here, {reason}; leave it out to train uncompiled, slower.")
    if reason and reason != CHOSEN:
        _warn_once(reason)
    return wanted is not False and reason is None


@cache
def _warn_once(reason: str) -> None:
    warnings.warn(
        f"Training is uncompiled, about half as fast, because {reason}. To train so without this warning, pass "
        "compiled=False or set GROKKIT_COMPILED=0.",
        UncompiledWarning,
        stacklevel=4,
    )


def why_uncompiled(device: torch.device) -> str | None:
    """Why nothing is compiled here, as half a sentence; None if it is: two lines have been compiled then."""
    if os.environ.get("GROKKIT_COMPILED") == "0":
        return CHOSEN
    if device.type == "cuda":
        return None
    compiler = os.environ.get("CXX", "clang++" if sys.platform == "darwin" else "g++")  # what PyTorch will call
    if not shutil.which(compiler):
        return f"no C++ compiler ({compiler}; $CXX names another) is installed"
    if not (Path(sysconfig.get_paths()["include"]) / "Python.h").exists():
        return f"the headers of Python {platform.python_version()} are not installed (python3-dev)"
    return _space_in_a_path() or _an_open_folder() or _a_broken_compiler(compiler)


def _an_open_folder() -> str | None:
    """Why compiled libraries cannot be trusted, as half a sentence."""
    try:
        require_own(libraries())
    except StoreError as error:
        return str(error).rstrip(".")
    return None


def _a_broken_compiler(compiler: str) -> str | None:
    reason = why_it_fails(compiler)
    return reason and f"the C++ compiler ({compiler}; $CXX names another) does not work here ({reason})"


def _space_in_a_path() -> str | None:
    """Which path PyTorch's compiler would take apart, as half a sentence: PyTorch splits its command at spaces."""
    places = {
        "PyTorch": Path(torch.__file__).parent,
        "the headers of Python": sysconfig.get_paths()["include"],
        "temporary files": tempfile.gettempdir(),
        "compiled libraries": libraries(),
    }
    spaced = next((name for name, place in places.items() if " " in str(place)), None)
    if spaced is None:
        return None
    return f"the path of {spaced} ({places[spaced]}) has a space, which PyTorch's compiler does not take"


def cores() -> int:
    """Count the cores that this process may use; where the system does not tell, all that there are."""
    allowed = getattr(os, "sched_getaffinity", None)  # neither macOS nor Windows has it
    return len(allowed(0)) if allowed else os.cpu_count() or 1


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread for PyTorch, and the caller's number afterwards.

    Two threads make operations of this size up to ten times slower, and their sums depend on the number.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@cache
def versions() -> dict[str, str]:
    """What computed a record: versions, and the checkout's revision ('-dirty' if more than OUTCOMES was changed)."""
    try:
        ours = version("grokkit")
    except PackageNotFoundError:
        ours = "unknown"
    found = {
        "grokkit": ours,
        "torch": torch.__version__,
        "numpy": version("numpy"),
        "python": platform.python_version(),
    }
    return found | ({"revision": revision} if (revision := _revision()) else {})


def _revision() -> str:
    top = Path(__file__).parents[2]
    if not (top / ".git").exists() or not shutil.which("git"):
        return ""
    revision = _git(top, "describe", "--always", "--abbrev=12", "--exclude=*")
    but_outcomes = [".", *(f":(top,exclude){name}" for name in OUTCOMES)]
    changed = _git(top, "status", "--porcelain", "--untracked-files=no", "--", *but_outcomes)
    return f"{revision}-dirty" if revision and changed else revision


def _git(top: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(top), *arguments], capture_output=True, text=True).stdout.strip()


def require_clean_checkout() -> None:
    """Refuse to make evidence with code that nobody can look up afterwards."""
    revision = versions().get("revision", "")
    if not revision:
        raise GrokkitError(
            "Evidence must name the code that made it, and this copy of the project has no git history: clone it."
        )
    if revision.endswith("-dirty"):
        raise GrokkitError(
            f"This checkout is {revision}: files besides {' and '.join(OUTCOMES)} differ from the last commit, and "
            "evidence must come from code that can be looked up. Commit, or train in a clean worktree "
            "(`git worktree add`)."
        )


def hardware(device: torch.device) -> str:
    """The device's own name."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return str(torch.cpu.get_capabilities().get("cpu_name") or platform.processor() or platform.machine())


def environment(device: torch.device, compiled: bool) -> dict[str, Any]:
    """Where a trajectory is computed, as its record says it."""
    return {"device": device.type, "compiled": compiled, "torch": torch.__version__, "hardware": hardware(device)}


def arithmetic(device: torch.device, compiled: bool) -> dict[str, Any]:
    """What decides the bits of a trajectory besides its configuration: a step there must be the same step here."""
    return environment(device, compiled) | {
        "vector instructions": torch.backends.cpu.get_cpu_capability(),  # one name stands for several generations
        "MKL_CBWR": os.environ.get("MKL_CBWR", ""),
        "code": _code(),
    }


@cache
def _code() -> str:
    """8 hex digits over our files that compute; a key's NUMERICS sees only what moves float64 by more than 1e-9."""
    files = sorted(file for part in COMPUTES for file in PACKAGE.glob(part))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:8]
