"""A folder of records: append-only, atomic, mergeable, and plain Parquet to everything else.

    run-<key>-<digest>.parquet     one record, as `add` writes it
    pack-<digest>.parquet          many records, as `add_all`, `merge` and `pack` write them; never rewritten
    .<name>.<pid>-<random>.tmp     a file on its way to its name

A file's name follows from its content, so writing the same record twice, or from two processes at once, is harmless.
A file that cannot be used is left as it is and named in a warning; the rest loads. Several records of one key may
stay side by side (two machines); one is read, by a fixed rule. Leaves out: what the columns mean
(`grokkit.records.format`), which runs to train, and deleting records, which nothing here ever does.
"""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from grokkit.errors import StoreError
from grokkit.records.cache import from_home, user_cache
from grokkit.records.check import disagreements
from grokkit.records.files import Contents, Problem, load, put
from grokkit.records.format import encode
from grokkit.records.record import Record

PACKAGE = Path(__file__).resolve().parents[1]
LEFTOVER_AGE = 3600.0
"""Seconds after which a temporary file no longer belongs to somebody who is still writing it."""


def evidence_folder() -> Path | None:
    """What the project publishes: the checkout's `results/`, else what came with the package, if anything did."""
    checkout = PACKAGE.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / "results").is_dir():
        return checkout / "results"
    return PACKAGE / "results" if (PACKAGE / "results").is_dir() else None


class StoreWarning(UserWarning):
    """Something in a store could not be used; the rest was."""


class _File(NamedTuple):
    """One state of one file: the same path, time and size are taken for the same content."""

    path: Path
    modified_ns: int
    size: int


class Store:
    """The records in the folder `path`, which need not exist yet.

    beneath: a second folder that is read too and never written to (evidence that came with the package).
    """

    def __init__(self, path: str | Path, *, beneath: str | Path | None = None) -> None:
        self.path = from_home("Store path", path)
        self._folders = [self.path] if beneath is None else [from_home("Store beneath", beneath), self.path]
        self._loaded: dict[_File, Contents] = {}
        self._warned: set[Problem] = set()

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    @classmethod
    def find(cls, path: str | Path | None = None) -> Store:
        """The store at `path`; else at $GROKKIT_STORE; else the checkout's `results/`; else one in the user's cache,
        on top of the evidence shipped with the package where there is any."""
        chosen = os.environ.get("GROKKIT_STORE") if path is None or path == "" else path
        if chosen is not None and chosen != "":
            return cls(chosen)
        evidence = evidence_folder()
        if evidence and evidence.parent != PACKAGE:
            return cls(evidence)
        return cls(user_cache() / "store", beneath=evidence)

    # Reading. Each call looks at the folder again, but reads only files that are new: for many keys call `read` once.

    def read_all(self) -> dict[str, list[Record]]:
        """key -> its records, the one that was observed longest first; of several the one with the smallest digest."""
        contents = self._look()
        self._warn(contents.problems)
        records: dict[str, list[Record]] = defaultdict(list)
        for stored in sorted(contents.stored, key=lambda s: (-s.record.observed_to, s.digest)):
            records[stored.record.key].append(stored.record)
        return dict(records)

    def read(self) -> dict[str, Record]:
        """key -> the first of its records."""
        return {key: records[0] for key, records in self.read_all().items()}

    def get(self, key: str) -> Record | None:
        """The record of `key`, or None."""
        return self.read().get(key)

    def keys(self) -> list[str]:
        return sorted(self.read())

    def __contains__(self, key: str) -> bool:
        return key in self.read()

    def __len__(self) -> int:
        """The number of keys, however many records they have."""
        return len(self.read())

    @property
    def problems(self) -> list[Problem]:
        """Files and records that `read` leaves out, and why."""
        return self._look().problems

    def check(self) -> list[Problem]:
        """Everything wrong with the store, read afresh: `problems`, and keys whose records contradict each other."""
        self._loaded.clear()
        contents = self._look()
        return contents.problems + disagreements(contents.stored)

    # Writing.

    def ensure_writable(self) -> None:
        """Raise `StoreError` now, rather than after an hour of training, if nothing can be written here."""
        with _saying(self.path, "written to"):
            self.path.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=self.path).close()

    def add(self, record: Record) -> Path:
        """Write one record; returns its file once it is on the disk."""
        return self._write([record])

    def add_all(self, records: Iterable[Record]) -> Path | None:
        """Write the records as one file; None if there are none."""
        unique = {record.digest: record for record in records}
        return self._write(list(unique.values())) if unique else None

    def merge(self, other: Store | str | Path) -> int:
        """Add every record of another store, or of one Parquet file, that is not here yet; returns their number."""
        theirs = other._look() if isinstance(other, Store) else _open(from_home("Store to merge", other))
        self._warn(theirs.problems)
        here = {stored.digest for stored in self._look().stored}
        new = {stored.digest: stored.record for stored in theirs.stored if stored.digest not in here}
        self.add_all(new.values())
        return len(new)

    def pack(self) -> Path | None:
        """Gather the files of single records into one; returns it, or None if fewer than two were worth it.

        A small file goes only after the packed file that holds its records has been read back from the disk, so
        this can be killed at any moment, and two processes may pack at once.
        """
        contents = Store(self.path)._look()
        singles = _single_files(contents)
        packed = {s.digest for s in contents.stored if not s.file.name.startswith("run-")}
        new = {s.digest: s.record for s in contents.stored if s.file in singles and s.digest not in packed}
        file = self._write(list(new.values())) if len(new) > 1 else None
        if file:
            packed |= _digests(file)
        for small, digests in singles.items():
            if digests <= packed:
                with _saying(small, "deleted"):
                    small.unlink(missing_ok=True)
        return file

    # The folder.

    def _look(self) -> Contents:
        """What is here now. Files that have not changed are not read again, unless there was a problem with them."""
        while True:
            try:
                files = self._files()
                for file in files:
                    if file not in self._loaded or self._loaded[file].problems:
                        self._loaded[file] = load(file.path)
                problems = [problem for folder in self._folders for problem in _leftovers(folder)]
                break
            except FileNotFoundError:
                pass  # somebody packed it away while we were reading: its records are in a new file
        self._loaded = {file: self._loaded[file] for file in files}
        stored = [stored for contents in self._loaded.values() for stored in contents.stored]
        return Contents(stored, [p for contents in self._loaded.values() for p in contents.problems] + problems)

    def _files(self) -> list[_File]:
        """The Parquet files here. A listing is not a snapshot: while somebody packs, it can miss the new file and the
        small ones deleted for it. Two equal listings in a row cannot."""
        before, now = None, self._list()
        while now != before:
            before, now = now, self._list()
        return now

    def _list(self) -> list[_File]:
        return [file for folder in self._folders for file in _list(folder)]

    def _warn(self, problems: list[Problem]) -> None:
        new = [problem for problem in problems if problem not in self._warned]
        self._warned.update(new)
        if new:
            shown = [f"\n  {problem}" for problem in new[:10]] + ["\n  ..."] * (len(new) > 10)
            text = f"The store {self.path} is read without these, which are left as they are:{''.join(shown)}"
            warnings.warn(text, StoreWarning, stacklevel=3)

    def _write(self, records: list[Record]) -> Path:
        """Bring the records under a final name in one step; returns the file that holds them."""
        data = encode(records)
        digests = {record.digest for record in records}
        if len(records) == 1:
            stem = f"run-{records[0].key}-{records[0].digest}"
        else:
            stem = f"pack-{hashlib.sha256(' '.join(sorted(digests)).encode()).hexdigest()[:16]}"
        with _saying(self.path / f"{stem}.parquet", "written") as file:
            others = 0
            # Whatever else bears the name, damaged or not, stays as it is.
            while file.exists() and not digests <= _digests(file):
                others += 1
                file = file.with_name(f"{stem}-{others}.parquet")
            if not file.exists():
                self.path.mkdir(parents=True, exist_ok=True)
                put(file, data)
            return file


@contextmanager
def _saying(file: Path, done: str) -> Iterator[Path]:
    """Turn the system's errors into a sentence that names the file and says what to do."""
    try:
        yield file
    except OSError as error:
        todo = "make the folder writable, or choose another one with GROKKIT_STORE"
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            todo = "free some space, then run the same call again"
        why = error.strerror or str(error)
        raise StoreError(f"{file} cannot be {done} ({why}): {todo}. What was stored before is unharmed.") from error


def _list(folder: Path) -> list[_File]:
    try:
        with os.scandir(folder) as entries:
            # Hidden files are nobody's records: pyarrow passes over them too, and macOS leaves some beside each copy.
            found = [e for e in entries if e.name.endswith(".parquet") and not e.name.startswith(".") and e.is_file()]
    except FileNotFoundError:
        return []  # nothing was written yet
    except OSError as error:
        why = f"{folder} cannot be read as a store ({error.strerror or error})"
        raise StoreError(f"{why}: name a folder that you may read, or choose another with GROKKIT_STORE.") from error
    states = [(Path(entry.path), entry.stat()) for entry in found]
    return sorted(_File(path, state.st_mtime_ns, state.st_size) for path, state in states)


def _leftovers(folder: Path) -> list[Problem]:
    """Temporary files that nobody can still be writing."""
    old = [file for file in sorted(folder.glob("*.tmp")) if time.time() - file.stat().st_mtime > LEFTOVER_AGE]
    return [Problem(file, "was never finished by whoever began it; it can be deleted.") for file in old]


def _digests(file: Path) -> set[str]:
    try:
        return {stored.digest for stored in load(file).stored}
    except FileNotFoundError:
        return set()


def _open(source: Path) -> Contents:
    """A folder's contents or a single file's, for `merge`: here nothing at all is an error."""
    if source.is_dir():
        return Store(source)._look()
    if not source.exists():
        raise StoreError(f"{source} cannot be merged: there is no such folder or file.")
    contents = load(source)
    if contents.problems and not contents.stored:
        raise StoreError(f"{source} cannot be merged: it {contents.problems[0].sentence}")
    return contents


def _single_files(contents: Contents) -> dict[Path, set[str]]:
    """The files of single records, each with its digests; without those that hold something we cannot read."""
    files: dict[Path, set[str]] = defaultdict(set)
    for stored in contents.stored:
        if stored.file.name.startswith("run-"):
            files[stored.file].add(stored.digest)
    for problem in contents.problems:
        files.pop(problem.file, None)
    return files
