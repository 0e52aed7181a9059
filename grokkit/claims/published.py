"""What the sources published as numbers, packaged with its origin: figures to draw under ours and to compare with."""

from __future__ import annotations

import json
from importlib.resources import files

import pandas as pd

from grokkit.errors import unknown


def published(name: str) -> pd.DataFrame:
    """One row a point of a source's figure: method, what its x axis is called, value. attrs["origin"] says whose it is.

    name: of a file in `grokkit/claims/targets`: "a_fig5" is source A's Figure 5, best validation accuracy by alpha.
    """
    folder = files("grokkit.claims") / "targets"
    known = {file.name.removesuffix(".json"): file for file in folder.iterdir() if file.name.endswith(".json")}
    if name not in known:
        raise unknown("Published figure", name, known)
    found = json.loads(known[name].read_text(encoding="utf-8"))
    rows = [
        {"method": method, found["x"]: float(x), "value": value}
        for method, points in found["values"].items()
        for x, value in points.items()
    ]
    table = pd.DataFrame(rows)
    table.attrs["origin"] = found["origin"]
    return table
