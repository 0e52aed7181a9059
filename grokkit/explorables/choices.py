"""Settings that a reader can choose from: their values, and which combinations of them a table has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_number


def combinations(table: pd.DataFrame, choices: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every setting that has runs, in the table's order."""
    return table[list(choices)].drop_duplicates().to_dict("records")


def options(table: pd.DataFrame, choices: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the controls offer, in the order of `choices`."""
    return [{"name": name, "label": label, "values": values_of(table[name])} for name, label in choices.items()]


def values_of(column: pd.Series) -> list[Any]:
    """Numbers in rising order, anything else in the order in which the table has it."""
    values = [plain(value) for value in column.unique()]
    return sorted(values) if all(map(is_number, values)) else values


def plain(value: Any) -> Any:
    """A number as JSON can have it."""
    return value.item() if isinstance(value, np.generic) else value


def places_of(row: Mapping[str, Any], choices: list[dict[str, Any]]) -> list[int]:
    """Where the row's values stand among the `options`."""
    return [choice["values"].index(plain(row[choice["name"]])) for choice in choices]


def rows_of(table: pd.DataFrame, chosen: Mapping[str, Any]) -> pd.DataFrame:
    """Those with one setting."""
    for name, value in chosen.items():
        table = table[table[name] == value]
    return table
