"""The sentences a user can meet: one class per way out, all of them `GrokkitError`.

A message names the parameter, what came and what is allowed, and is raised before any work is done.
"""

from __future__ import annotations

import signal
from collections.abc import Iterable
from difflib import get_close_matches
from numbers import Integral


class GrokkitError(Exception):
    """Base of every error that grokkit raises on purpose."""


class BadInput(GrokkitError, ValueError):
    """A value that cannot mean anything; the sentence says what would."""

    def _render_traceback_(self) -> list[str]:
        """In a notebook, the sentence alone: the cell that it stands under is what was wrong."""
        return [f"{type(self).__name__}: {self}"]


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


LONGEST = 80
"""Characters of a value that a sentence repeats."""


def unknown(what: str, name: object, known: Iterable[str], meant: str | None = None) -> BadInput:
    """The error for a name that is not in a table, with the one that is meant, or else the nearest one."""
    known = sorted(known)
    near = [meant] if meant in known else get_close_matches(str(name), known, n=1, cutoff=0.5)
    hint = f"; did you mean '{near[0]}'?" if near else "."
    return BadInput(f"{what} '{name}' is unknown{hint} Known: {', '.join(known) or 'none'}.")


def unfit(what: str, wanted: str, came: object) -> BadInput:
    """The error for a value of a call that is not what it takes."""
    shown = " ".join(repr(came).split())
    return BadInput(f"{what}: {wanted}; {shown if len(shown) <= LONGEST else shown[: LONGEST - 3] + '...'} came.")


def require_kind(what: str, value: object, kinds: type | tuple[type, ...], wanted: str) -> None:
    """Raise BadInput unless the value is of one of these kinds; a truth value is no number."""
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise unfit(what, wanted, value)


def whole_number(what: str, value: object) -> int:
    """The value as an integer; raises BadInput for what is none, or is less than 1."""
    require_kind(what, value, Integral, COUNT)
    if (count := int(value)) < 1:  # type: ignore[call-overload]
        raise unfit(what, COUNT, value)
    return count


COUNT = "a whole number, at least 1"
