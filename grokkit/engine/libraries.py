"""Where compiled libraries lie, which a process loads and runs: in a folder that nobody else can have written to.

PyTorch's own place is a folder of a known name among the temporary files of all users, which whoever comes first owns.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from grokkit.records.cache import require_own, temporary_cache, writable_cache

VARIABLE = "TORCHINDUCTOR_CACHE_DIR"
"""What tells PyTorch, and the processes that it starts, where to compile to."""
SECTIONS = slice(40, 48), slice(58, 60), slice(60, 62)
"""Of an ELF header of 64 bits: where the table of sections begins, the size of an entry, and their number. A linker
writes that table last."""


def libraries() -> Path:
    """The folder that is named, or one in the user's cache; a temporary one where that path has a space, at which
    PyTorch would take its compiler's command apart."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    folder = writable_cache() / "compiled"
    return temporary_cache() / "compiled" if " " in str(folder) else folder


def prepare_libraries() -> None:
    """Have PyTorch compile there; raises StoreError where others can write to it."""
    folder = libraries()
    require_own(folder, close=VARIABLE not in os.environ)
    os.environ[VARIABLE] = str(folder)
    _move_headers(folder)
    _forget_torn(folder)


def _move_headers(folder: Path) -> None:
    """Headers that are compiled beforehand would still be looked for in PyTorch's own place."""
    from torch._inductor import codecache

    codecache._HEADER_DIR = str(folder / "precompiled_headers")
    codecache._HEADER_LOCK_DIR = str(folder / "precompiled_headers" / "locks")


@cache
def _forget_torn(folder: Path) -> None:
    """Delete libraries that a killed process has left unfinished: some can be loaded, and end the process later."""
    for file in folder.glob("*/*.so"):
        if _is_torn(file) and not _is_being_built(file):
            file.unlink(missing_ok=True)


def _is_torn(file: Path) -> bool:
    """Whether it ends before its table of sections does; only of ELF's 64 bits, little end first, can that be told."""
    with suppress(OSError), file.open("rb") as opened:
        head = opened.read(64)
        if head[:6] == b"\x7fELF\2\1":
            start, size, count = (int.from_bytes(head[part], "little") for part in SECTIONS)
            return not start or start + size * count > file.stat().st_size
        return not head.strip(b"\0")
    return False


def _is_being_built(file: Path) -> bool:
    """Whether a process holds the lock of this library, as PyTorch names it."""
    lock = file.parents[1] / "locks" / f"{file.name.split('.')[0]}.lock"
    try:
        with FileLock(lock, timeout=0):
            return False
    except (Timeout, OSError):
        return lock.exists()


def with_libraries(build: Callable[[], Any]) -> Any:
    """What `build` compiles or loads; built anew where a library cannot be loaded, whatever that error is called."""
    from torch._inductor.exc import CppCompileError

    prepare_libraries()
    gone: set[Path] = set()
    while True:
        try:
            return build()
        except CppCompileError:
            raise
        except Exception as error:
            broken = _named(str(error)) - gone
            if not broken:
                raise
        for file in broken:
            file.unlink(missing_ok=True)
        gone |= broken


def _named(sentence: str) -> set[Path]:
    """The libraries of the folder that an error names."""
    found = {Path(name) for name in re.findall(r"[^\s'\":]+\.so\b", sentence)}
    return {file for file in found if file.is_relative_to(libraries()) and file.exists()}
