"""How far prices can be trusted: what the runs of a chapter would have been expected to take by those of all others.

Written beside the evidence when the book is published; a forecast is tested on what was trained since without it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from grokkit.claims import claims
from grokkit.claims.ledger import VERDICTS
from grokkit.evidence.decisions import asked_by
from grokkit.evidence.needs import Asked
from grokkit.records.store import Store
from grokkit.train import Experiment
from grokkit.train.price import Prices

FORECASTS = "forecasts.json"


def write_forecasts(store: Store, folder: Path) -> Path:
    """Write `forecasts.json` into `folder`: chapter -> `{"runs": n, "core_hours": hours}` of all runs that claims read.

    Which these are, the verdicts say that lie there (`grokkit.evidence.decisions.write_verdicts`).
    """
    found = json.loads((folder / VERDICTS).read_text(encoding="utf-8"))
    read: dict[str, set[str]] = {}
    for id, each in found.items():
        read.setdefault(claims()[id].chapter, set()).update(each["keys"])
    told = {chapter: forecast(asked_by(chapter, store), keys, store) for chapter, keys in sorted(read.items()) if keys}
    file = folder / FORECASTS
    file.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return file


def forecast(experiments: Iterable[Experiment], read: set[str], store: Store) -> dict[str, float]:
    """Return how many of the runs `read` a chapter asks for, and the core-hours that all other records foretell."""
    asked = {run.key: Asked(run.key, run, e.until, e.measure) for e in experiments for run in e.runs}
    others = [record for key, records in store.read_all().items() if key not in asked for record in records]
    prices, wanted = Prices(others), [each for key, each in asked.items() if key in read]
    seconds = sum(prices.seconds(each.run, each.until, each.measure) for each in wanted)
    return {"runs": len(wanted), "core_hours": round(seconds / 3600, 1)}
