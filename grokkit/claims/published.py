"""What the sources published as numbers, packaged with its origin: figures to draw under ours and to compare with."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from grokkit.errors import unknown
from grokkit.phases import LETTERS


def published(name: str) -> pd.DataFrame:
    """One row a point of a source's figure: method, what its x axis is called, value. attrs["origin"] says whose it is.

    name: of a file in `grokkit/claims/targets`: "a_fig5" is source A's Figure 5, best validation accuracy by alpha;
    "b_fig1" is source B's Figure 1, one row a cell: setup, row, column, weight_decay, learning_rate, phase.
    """
    folder = files("grokkit.claims") / "targets"
    known = {file.name.removesuffix(".json"): file for file in folder.iterdir() if file.name.endswith(".json")}
    if name not in known:
        raise unknown("Published figure", name, known)
    found = json.loads(known[name].read_text(encoding="utf-8"))
    table = pd.DataFrame(_cells(found["maps"]) if "maps" in found else _points(found["x"], found["values"]))
    table.attrs["origin"] = found["origin"]
    return table


def _points(x: str, values: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    return [
        {"method": method, x: float(at), "value": value}
        for method, points in values.items()
        for at, value in points.items()
    ]


def _cells(maps: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    cells = []
    for setup, found in maps.items():
        rows = found["rows"]
        decays = np.linspace(0, found["largest weight decay"], len(rows))
        rates = np.logspace(-5, -2, len(rows[0]))
        cells += [
            dict(setup=setup, row=i, column=j, weight_decay=decays[i], learning_rate=rates[j], phase=LETTERS[letter])
            for i, letters in enumerate(rows)
            for j, letter in enumerate(letters)
        ]
    return cells
