"""The sentences a user can meet: one class per way out, all of them `GrokkitError`.

A message names the parameter, what came and what is allowed, and is raised before any work is done.
"""

from __future__ import annotations

import signal
from collections.abc import Iterable
from difflib import get_close_matches


class GrokkitError(Exception):
    """Base of every error that grokkit raises on purpose."""


class BadInput(GrokkitError, ValueError):
    """A value that cannot mean anything; the sentence says what would."""


class StoreError(GrokkitError, OSError):
    """A store that cannot be read or written, or a cache; the sentence names the file and what to do."""


class DeviceError(GrokkitError, RuntimeError):
    """A device that is not there, or cannot do what was asked of it."""


class Interrupted(GrokkitError, KeyboardInterrupt):
    """Training was stopped from outside; the sentence says what is stored and how to go on.

    by: the signal's number, that of Ctrl-C or of SIGTERM.
    """

    def __init__(self, sentence: str, by: int = signal.SIGINT) -> None:
        super().__init__(sentence)
        self.by = by


def unknown(what: str, name: object, known: Iterable[str]) -> BadInput:
    """The error for a name that is not in a table, with the nearest one that is."""
    known = sorted(known)
    near = get_close_matches(str(name), known, n=1, cutoff=0.5)
    hint = f"; did you mean '{near[0]}'?" if near else "."
    return BadInput(f"{what} '{name}' is unknown{hint} Known: {', '.join(known) or 'none'}.")
