"""Sphinx extension: the figures of a page are numbered from 1, and each can be linked to by its number.

Figures come inline from executed chapters, so that Sphinx does not know them; its own numbers do not reach them.
"""

from __future__ import annotations

import re
from itertools import count
from typing import Any

from sphinx.application import Sphinx

FIGURE = re.compile(r'<figure class="grokkit-figure">(.*?)(?:<figcaption>(.*?)</figcaption>)?</figure>', re.DOTALL)


def number_figures(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    context["body"] = numbered(context.get("body", ""))


def numbered(body: str) -> str:
    """The page with an id and a number, which is a link to the figure, for each."""
    numbers = count(1)
    return FIGURE.sub(lambda figure: _figure(next(numbers), *figure.groups(default="")), body)


def _figure(number: int, drawing: str, caption: str) -> str:
    link = f'<a class="figure-number" href="#figure-{number}">Figure {number}</a>'
    told = f"<figcaption>{link}. {caption}".rstrip()
    return f'<figure class="grokkit-figure" id="figure-{number}">{drawing}{told}</figcaption></figure>'


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", number_figures)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
