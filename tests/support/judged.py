"""What a claim's rule finds in records that were made up."""

from __future__ import annotations

import re
from collections.abc import Iterable

import grokkit as gk
from grokkit.claims import Verdict, rule_of


def decided(id: str, records: Iterable[gk.Record], **reading):
    """The verdict; `reading` as in `evidence_table`."""
    return rule_of(id)(gk.evidence_table(records, **reading))


def lacks(found: Verdict, n: int, decide: int) -> bool:
    """Whether a verdict says that there are n of whatever it counts, and how many decide."""
    there = f"{n or 'no'} [a-z ]+ so far, and {decide} decide"
    return re.search(there, found.statement) is not None
