"""What the sources published as numbers, packaged with its origin: figures to draw under ours and to compare with."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from grokkit.analysis.phases import LETTERS
from grokkit.errors import unknown


def published(name: str) -> pd.DataFrame:
    """One row a point of a source's figure: method, what its x axis is called, value. attrs["origin"] says whose it is.

    name: of a file in `grokkit/claims/targets`: "a_fig5" is source A's Figure 5, best validation accuracy by alpha;
    "b_fig1" is source B's Figure 1, one row a cell: setup, row, column, weight_decay, learning_rate, phase;
    "b_fig2" and "b_fig5" are its figures of MNIST: row, column, weight_decay, learning_rate, t_train and t_val in
    steps, NaN for never.
    """
    folder = files("grokkit.claims") / "targets"
    known = {file.name.removesuffix(".json"): file for file in folder.iterdir() if file.name.endswith(".json")}
    if name not in known:
        raise unknown("Published figure", name, known)
    found = json.loads(known[name].read_text(encoding="utf-8"))
    table = pd.DataFrame(_rows(found))
    table.attrs["origin"] = found["origin"]
    return table


def _rows(found: dict[str, Any]) -> list[dict[str, Any]]:
    if "maps" in found:
        return _cells(found["maps"], found["learning rates"])
    if "cells" in found:
        return _times(found["weight decays"], found["learning rates"], found["cells"])
    return _points(found["x"], found["values"])


def _times(decays: list[float], rates: list[float], cells: list[list[list[float | None]]]) -> list[dict[str, Any]]:
    return [
        dict(row=i, column=j, weight_decay=decays[i], learning_rate=rates[j], t_train=times[0], t_val=times[1])
        for i, line in enumerate(cells)
        for j, times in enumerate(line)
    ]


def _points(x: str, values: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    return [
        {"method": method, x: float(at), "value": value}
        for method, points in values.items()
        for at, value in points.items()
    ]


def _cells(maps: dict[str, dict[str, Any]], rates: list[float]) -> list[dict[str, Any]]:
    cells = []
    for setup, found in maps.items():
        rows = found["rows"]
        decays = np.linspace(0, found["largest weight decay"], len(rows))
        cells += [
            dict(setup=setup, row=i, column=j, weight_decay=decays[i], learning_rate=rates[j], phase=LETTERS[letter])
            for i, letters in enumerate(rows)
            for j, letter in enumerate(letters)
        ]
    return cells
