"""The two times of a run as formulae have them, in text that becomes a page: T_val is written with an index."""

from __future__ import annotations

import re
from html import escape

_TIMES = re.compile(r"\bT_(train|val)\b")


def in_html(text: str) -> str:
    """Return the text with what HTML would take for a tag written out, and with T_train and T_val set."""
    return in_markdown(escape(text))


def in_markdown(text: str) -> str:
    """Return the text with T_train and T_val set; all else is Markdown's."""
    return _TIMES.sub(r"<i>T</i><sub>\1</sub>", text)
