"""What source B's phase diagrams took, from the records of the chapter on its toy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grokkit as gk
from grokkit.chapters.notebooks import find_chapter, planned
from grokkit.sources import b

RECORDS = gk.Store(Path(__file__).parents[1] / "results")
CELLS = 21 * 21
OWN_SEEDS = gk.Seeds(data=42, init=102)


def whole_diagrams() -> list[dict[str, Any]]:
    """A row for each setup of the source's own diagram with all its cells in the store.

    setup, cells, run_steps, core_minutes (the runs' shares of their processes' time, evaluations included), hardware.
    """
    rows = []
    for setup in b.SETUPS:
        held = _records(setup)
        if len(held) == CELLS:
            minutes = sum(record.provenance["seconds"] for record in held) / 60
            hardware = sorted({record.provenance["hardware"] for record in held})
            steps = sum(record.observed_to for record in held)
            rows.append(dict(setup=setup, cells=CELLS, run_steps=steps, core_minutes=minutes, hardware=hardware))
    return rows


def _records(setup: str) -> list[gk.Record]:
    """The cells of one setup that are there, each once and no further than its budget."""
    found = {}
    for asked in planned(find_chapter("toy"), {"profile": "evidence"}):
        own = [run for run in asked.runs if _is_own(run, setup)]
        if own and asked.until.steps == b.STEPS:
            records = gk.train(own, until=asked.until, measure=asked.measure, store=RECORDS, missing="report")
            found |= {record.key: record for record in records}
    return list(found.values())


def _is_own(run: gk.Run, setup: str) -> bool:
    plain = run.model.activation == "tanh" and run.precision == "float32" and run.init_scale == 1
    return plain and run.seeds == OWN_SEEDS and run.task.vectors == b.toy(setup).task.vectors
