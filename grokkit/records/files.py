"""One file of records on the disk: what can be used of it, and bringing one there in one step.

What its bytes mean says `grokkit.records.format`; folders and names are those of `grokkit.records.store`.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from grokkit.records.format import NotRecords, decode
from grokkit.records.record import Record


class Problem(NamedTuple):
    """A file, and a sentence about it whose subject is the file."""

    file: Path
    sentence: str

    def __str__(self) -> str:
        return f"{self.file} {self.sentence}"


class Stored(NamedTuple):
    """A record and the file it came from. `digest` is that of the content, computed once."""

    file: Path
    digest: str
    record: Record


class Contents(NamedTuple):
    """What was found in a file, or in a whole folder."""

    stored: list[Stored]
    problems: list[Problem]


def load(file: Path) -> Contents:
    """The records in one file; what cannot be used becomes a problem. `FileNotFoundError` if it has gone."""
    try:
        rows = decode(file.read_bytes())
    except FileNotFoundError:
        raise
    except NotRecords as error:
        return Contents([], [Problem(file, f"{error}.")])
    except OSError as error:
        return Contents([], [Problem(file, f"cannot be read ({error.strerror}).")])
    stored = [Stored(file, row.digest, row.record) for row in rows if row.record and not row.problem]
    return Contents(stored, [Problem(file, row.problem) for row in rows if row.problem])


def put(file: Path, data: bytes) -> None:
    """All of `data` under its final name and on the disk, or nothing."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    with suppress(OSError):  # makes the new name survive a power cut; some systems and network folders cannot
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
