"""What a claim's rule finds in records that were made up."""

from __future__ import annotations

from collections.abc import Iterable

import grokkit as gk
from grokkit.claims import rule_of


def decided(id: str, records: Iterable[gk.Record], **reading):
    """The verdict; `reading` as in `evidence_table`."""
    return rule_of(id)(gk.evidence_table(records, **reading))
