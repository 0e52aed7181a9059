"""One ES module, two hosts: what every interactive figure of the book is made of.

With a kernel an explorable is an ordinary widget: its traits are shared with Python. A static page shows its
`text/html` instead: the same module, run against a small model that holds the traits inlined as JSON. That page asks
nothing of a server, so it also works from disk; until its script has run it shows a first view in plain HTML.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import anywidget
import traitlets

_HERE = Path(__file__).parent
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+\.js)";\n', flags=re.MULTILINE)


def own_file(name: str) -> str:
    """The text of a file of this folder."""
    return (_HERE / name).read_text(encoding="utf-8")


def one_module(name: str) -> str:
    """A module of this folder with those it imports written before it, each once: a page has no folder to look in."""
    *imported, own = [_IMPORT.sub("", own_file(each)) for each in _in_order(name)]
    return "\n".join([*(re.sub("^export ", "", text, flags=re.MULTILINE) for text in imported), own])


def _in_order(name: str) -> list[str]:
    """The module's name after those of what it imports."""
    below = [each for imported in _IMPORT.findall(own_file(name)) for each in _in_order(imported)]
    return list(dict.fromkeys([*below, name]))


class Explorable(anywidget.AnyWidget):
    """A figure to play with. A subclass gives `_esm`, synced traits, and a first view.

    _esm: an ES module whose default export has `render({ model, el })`, from `one_module`. It fills `el`, reads and
    sets traits through `model`, redraws on `model.on("change:<trait>")`, and returns a function that lets go of it.
    data: what is drawn, as JSON; the front end only reads it.
    """

    _css = own_file("explorable.css")
    data = traitlets.Dict().tag(sync=True)

    def first_view(self) -> str:
        """HTML that says the essential to a reader without scripts."""
        raise NotImplementedError

    def to_html(self) -> str:
        """The explorable for a page without a kernel: first view, data, module, and the script that joins them."""
        inlined = _inline_json({"esm": self._esm, "state": self._shared()})
        return (
            f"<style>{self._css}</style>\n"
            f'<div class="grokkit-explorable"><div class="first-view" tabindex="0">{self.first_view()}</div>\n'
            f'<script type="application/json">{inlined}</script>\n'
            f"<script>{own_file('page.js')}</script></div>"
        )

    def _shared(self) -> dict[str, Any]:
        """The traits a subclass adds to a plain widget's."""
        own = set(self.trait_names(sync=True)) - set(anywidget.AnyWidget.class_trait_names(sync=True))
        return {name: getattr(self, name) for name in sorted(own) if not name.startswith("_")}

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle, metadata = super()._repr_mimebundle_(**kwargs)
        return bundle | {"text/html": self.to_html()}, metadata


def _inline_json(value: Any) -> str:
    """JSON that cannot end the script element it stands in: no `<`, so neither `</script>` nor `<!--`."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
