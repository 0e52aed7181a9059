"""A published run trained again, beside what was published."""

from __future__ import annotations

import pandas as pd

from grokkit.chapters.notebooks import checkout
from grokkit.records.record import Record
from grokkit.records.store import Store
from grokkit.records.tables import runs_table
from grokkit.train import Experiment, train


def compared(asked: Experiment, apart: Store) -> tuple[pd.DataFrame, str]:
    """The published record and the one in `apart` of a single run, one row each, and a sentence on their bits."""
    published = train(asked, store=Store(checkout() / "results"), missing="report")
    again = train(asked, store=apart, missing="raise")
    table = runs_table([*published, *again])[["t_train", "t_val", "observed_to", "status"]]
    table.insert(0, "run", ["published"] * len(published) + ["here"])
    if not published:
        return table, "The project's store does not hold this run yet."
    if published[0].digest == again[0].digest:
        return table, "Bit for bit the published run."
    return table, f"Not the same bits: {_differences(published[0], again[0])}"


def _differences(published: Record, again: Record) -> str:
    """What two records of one run differ in besides their bits."""
    names = ("hardware", "device", "torch", "compiled")
    pairs = {name: tuple(str(record.provenance.get(name)) for record in (published, again)) for name in names}
    found = [f"{name} {theirs} then, {ours} now" for name, (theirs, ours) in pairs.items() if theirs != ours]
    return "; ".join(found) + "." if found else "and nothing else differs, which is worth a look."
