"""Where things are kept outside a checkout: the user's cache, or else a folder of theirs among the temporary files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from grokkit.errors import BadInput


def user_cache() -> Path:
    """The user's cache; for a user without a home, as in a container that has no account for them, a temporary one."""
    try:
        found = platformdirs.user_cache_path("grokkit")
    except RuntimeError:
        return temporary_cache()
    return found if found.is_absolute() else temporary_cache()  # older versions of platformdirs leave the ~


def temporary_cache() -> Path:
    """The same for every process of a user, until the machine is cleaned."""
    return Path(tempfile.gettempdir()) / f"grokkit-{os.getuid() if hasattr(os, 'getuid') else 'cache'}"


def writable_cache() -> Path:
    """The user's cache, or the temporary one where nothing can be written into it."""
    folder = user_cache()
    return folder if _can_hold_files(folder) else temporary_cache()


def _can_hold_files(folder: Path) -> bool:
    try:
        nearest = next(place for place in (folder, *folder.parents) if place.exists())
        return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
    except OSError:  # not even looking is allowed
        return False


def from_home(what: str, path: str | Path) -> Path:
    """The path, with the user's home in place of a ~ at its beginning."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise BadInput(f"{what}: '{path}' came, and no home folder is known here; name the folder in full.") from None


@contextmanager
def a_home() -> Iterator[None]:
    """For programs that need a home: where the user has none, HOME is the temporary cache."""
    if _has_home():
        yield
        return
    os.environ["HOME"] = str(temporary_cache())
    try:
        yield
    finally:
        del os.environ["HOME"]


def _has_home() -> bool:
    try:
        return bool(Path.home())
    except RuntimeError:
        return False
