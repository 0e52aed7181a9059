"""What the rules on phase diagrams ask alike: whether most diagrams show something."""

from __future__ import annotations

from collections.abc import Callable

from grokkit.analysis.phases import PHASES
from grokkit.claims import maps
from grokkit.claims.asking import Mostly
from grokkit.claims.maps import Diagram
from grokkit.claims.rule import Question, asks
from grokkit.claims.samples import Reading
from grokkit.claims.values import Word


def shown(name: str, sample: object, shows: Callable, told: str, **seen: Word) -> Question:
    """Do more than half of all diagrams show something?"""
    return asks(name, Mostly(sample, shows), told="{0} of {1} diagrams " + told, seen=seen)


def all_phases(name: str, sample: object) -> Question:
    """At least one cell of every phase."""

    def each(read: Reading) -> str:
        found = [set(diagram["phase"]) for diagram in read(sample)]
        return ", ".join(f"{phase} in {sum(phase in held for held in found)}" for phase in PHASES)

    return shown(name, sample, maps.has_all_phases, "show all four ({each})", each=each)


def ways_there_are(sample: object) -> Word:
    """(2, 2): as `ways_of`, of all diagrams."""
    return lambda read: sum(maps.ways_of(maps.grid(diagram)) for diagram in read(sample))


def without_a_border(sample: object, gap: Callable[[Diagram, str], bool | None], between: str) -> Word:
    """How many diagrams lack one of the two phases whose border it is."""
    return lambda read: sum(gap(diagram, between) is None for diagram in read(sample))
