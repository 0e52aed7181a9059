"""Where things are kept outside a checkout: the user's cache, or else a folder of theirs among the temporary files."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import platformdirs

from grokkit.errors import BadInput, StoreError, require_kind


def user_cache() -> Path:
    """The user's cache; for a user without a home, as in a container that has no account for them, a temporary one."""
    try:
        found = platformdirs.user_cache_path("grokkit")
    except RuntimeError:
        return temporary_cache()
    return found if found.is_absolute() else temporary_cache()  # older versions of platformdirs leave the ~


def temporary_cache() -> Path:
    """The same for every process of a user, until the machine is cleaned: made here, and closed to others."""
    folder = Path(tempfile.gettempdir()) / f"grokkit-{os.getuid() if hasattr(os, 'getuid') else 'cache'}"
    require_own(folder, close=True)
    return folder


def require_own(folder: Path, close: bool = False) -> None:
    """Make the folder if it is not there; raise StoreError where another user can have put something into it.

    close: whether others may not even look into it from now on.
    """
    try:
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700, parents=True)
        fault = _fault(folder)
        if close and not fault:
            folder.chmod(0o700)
    except OSError as error:
        fault = f"cannot be used ({error.strerror or error})"
    if fault:
        raise StoreError(
            f"{folder} {fault}, and what lies there must be nobody's but yours: delete it, or choose another place for "
            "temporary files (TMPDIR) or for compiled libraries (TORCHINDUCTOR_CACHE_DIR)."
        )


def _fault(folder: Path) -> str | None:
    """What is wrong with it, as half a sentence; links are not followed, for their owner may turn them elsewhere."""
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode):
        return "is a link" if stat.S_ISLNK(found.st_mode) else "is no folder"
    if hasattr(os, "getuid") and found.st_uid != os.getuid():
        return "belongs to another user"
    return "can be written to by others" if found.st_mode & 0o022 and os.name == "posix" else None


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
    require_kind(what, path, (str, os.PathLike), "a folder's path")
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
