"""A table as a page shows it: words to the left, numbers to the right, a header for every column and every row."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

import pandas as pd
from pandas.api.types import is_numeric_dtype

from grokkit.plots.typeset import in_html

LONG = 40
"""Characters from which a column is set as prose, which no screen squeezes to a word a line."""


class PageTable:
    """A frame ready for a page; Jupyter shows it by itself. The first column names the rows."""

    def __init__(self, frame: pd.DataFrame, caption: str, formats: dict[str, str | Callable[[Any], str]]) -> None:
        self.frame, self.caption, self.formats = frame, caption, formats

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col"{self._side(name)}>{in_html(str(name))}</th>' for name in self.frame)
        rows = "".join(f"<tr>{self._row(row)}</tr>" for row in self.frame.itertuples(index=False))
        caption = f"<caption>{in_html(self.caption)}</caption>" if self.caption else ""
        return f'<table class="page-table">{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'

    def __repr__(self) -> str:
        return self.frame.to_string(index=False)

    def _row(self, values: tuple[Any, ...]) -> str:
        cells = [
            f"{self._side(name)}>{in_html(self._text(name, x))}" for name, x in zip(self.frame, values, strict=True)
        ]
        return f'<th scope="row"{cells[0]}</th>' + "".join(f"<td{cell}</td>" for cell in cells[1:])

    def _text(self, name: str, value: Any) -> str:
        if pd.isna(value):
            return "–"
        how = self.formats.get(name, "{:,.0f}" if is_numeric_dtype(self.frame[name]) else "{}")
        return how(value) if callable(how) else how.format(value)

    def _side(self, name: str) -> str:
        if is_numeric_dtype(self.frame[name]):
            return ' class="number"'
        return ' class="prose"' if self.frame[name].astype(str).str.len().gt(LONG).any() else ""


def page_table(frame: pd.DataFrame, caption: str = "", **formats: str | Callable[[Any], str]) -> PageTable:
    """The frame as a table of a page; its index is not shown, a missing value is a dash.

    caption: what the table is, said above it.
    formats: column -> a format string such as "{:.1%}", or a function of a value. Numbers have no decimals otherwise.
    """
    return PageTable(frame, caption, formats)


def steps_text(steps: float) -> str:
    """'1,900', or in words that it never came; for the `formats` of a table of times."""
    return f"{steps:,.0f}" if isfinite(steps) else "not within the budget"
