"""Sphinx extension of the book: tables rendered from the library, the ledger, inline figures, and no other host.

Directives: `{axes}`, `{metrics}`, `{observables}`, `{svg-figure}`. Pages take MathJax and the text face
from `book/vendor`; what the theme's extensions would fetch from elsewhere is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

HERE = Path(__file__).parent
VENDOR = HERE.parent / "vendor"
NOTHING = "–"
THEBE_SETTINGS = re.compile(
    r'<script type="text/x-thebe-config">.*?</script>\s*<script>kernelName = .*?</script>', flags=re.DOTALL
)

Cell = nodes.Node | str


def table(head: Sequence[str], rows: Iterable[nodes.row], widths: Sequence[int], kind: str) -> nodes.table:
    """A table whose first column names its rows; `kind` is its CSS class."""
    group = nodes.tgroup("", cols=len(head))
    group += [nodes.colspec(colwidth=width, stub=int(i == 0)) for i, width in enumerate(widths)]
    group += nodes.thead("", row(head))
    group += nodes.tbody("", *rows)
    return nodes.table("", group, classes=["book-table", kind])


def row(cells: Sequence[Cell | Sequence[Cell]], classes: Sequence[str] = ()) -> nodes.row:
    """One row; a cell is text, a node, or several of them."""
    entries = []
    for i, cell in enumerate(cells):
        parts = [cell] if isinstance(cell, str | nodes.Node) else cell
        paragraph = nodes.paragraph("", "")
        for part in parts:
            paragraph += typeset(part) if isinstance(part, str) else part
        named = [classes[i]] if classes else []
        entries.append(nodes.entry("", paragraph, classes=[*named, "nothing"] if cell == NOTHING else named))
    return nodes.row("", *entries)


def typeset(text: str) -> list[nodes.Node]:
    """The text with T_train and T_val as formulae have them."""
    found: list[nodes.Node] = []
    for place, part in enumerate(re.split(r"\bT_(train|val)\b", text)):  # every second part is an index
        found += [nodes.emphasis("", "T"), nodes.subscript("", part)] if place % 2 else [nodes.Text(part)]
    return found


class LibraryTable(SphinxDirective):
    """A table of what the installed library says; read again on every build, since no file of the book changes."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        return self.render()

    def render(self) -> list[nodes.Node]:
        raise NotImplementedError


class AxesTable(LibraryTable):
    """`{axes}`: the axis alphabet."""

    def render(self) -> list[nodes.Node]:
        from grokkit.publishing.axes import AXES

        rows = [row([nodes.literal("", letter), meaning]) for letter, meaning in AXES.items()]
        return [table(["Letter", "What the axis runs over"], rows, [1, 9], "axes-table")]


class MetricsTable(LibraryTable):
    """`{metrics}`: every logged quantity with its unit and definition."""

    def metrics(self) -> dict[str, Any]:
        from grokkit.metrics import LAYER_METRICS, METRICS

        return METRICS | LAYER_METRICS

    def render(self) -> list[nodes.Node]:
        rows = [row([nodes.literal("", name), m.unit, m.definition]) for name, m in self.metrics().items()]
        return [table(["Name", "Unit", "Definition"], rows, [3, 2, 7], "metrics-table")]


class ObservablesTable(MetricsTable):
    """`{observables}`: the same for what is logged on request, of all observables."""

    def metrics(self) -> dict[str, Any]:
        from grokkit.metrics import OBSERVED

        return {name: metric for curves in OBSERVED.values() for name, metric in curves.items()}


class SvgFigure(SphinxDirective):
    """`{svg-figure} FILE`: an SVG file of the book, inline, so that it follows the page's colour scheme.

    The content is the caption. With `:optional:` a file that is not there yet leaves nothing on the page.
    """

    required_arguments = 1
    has_content = True
    option_spec = {"alt": directives.unchanged_required, "optional": directives.flag}

    def run(self) -> list[nodes.Node]:
        relative, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(relative)
        if not Path(path).exists():
            if "optional" in self.options:
                return []
            raise self.error(f"No SVG file '{relative}' in the book.")
        svg = Path(path).read_text(encoding="utf-8")
        return [html(self.figure(re.sub(r'<style class="standalone">.*?</style>', "", svg, flags=re.DOTALL)))]

    def figure(self, svg: str) -> str:
        if alt := self.options.get("alt"):
            svg = re.sub(r'aria-label="[^"]*"', lambda _: f'aria-label="{escape(alt)}"', svg, count=1)
        caption = f"<figcaption>{escape(' '.join(self.content))}</figcaption>" if self.content else ""
        return f'<figure class="grokkit-figure">{svg}{caption}</figure>'


def html(text: str) -> nodes.raw:
    return nodes.raw("", text, format="html")


def use_vendored_files(app: Sphinx, config: Config) -> None:
    if not (VENDOR / "mathjax" / "startup.js").exists():
        raise ExtensionError(f"{VENDOR / 'mathjax'} lacks MathJax: check the repository out whole.")
    config.html_static_path.append(str(VENDOR))
    config.mathjax_path = "mathjax/startup.js"
    config.nb_ipywidgets_js = {}


def drop_thebe(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Jupyter Book brings thebe along: a live kernel from another host, and an error on every page without one."""
    context["script_files"] = [script for script in context.get("script_files", []) if not _is_thebe(script)]
    context["css_files"] = [sheet for sheet in context.get("css_files", []) if not _is_thebe(sheet)]
    context["body"] = THEBE_SETTINGS.sub("", context.get("body", ""))


def mend_roles(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Docutils gives each reference a role that ARIA has withdrawn, inside a list that wants list items."""
    context["body"] = context.get("body", "").replace('role="doc-biblioentry"', 'role="listitem"')


def _is_thebe(asset: Any) -> bool:
    return "thebe" in f"{getattr(asset, 'filename', asset)}{getattr(asset, 'attributes', {}).get('body', '')}".lower()


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("axes", AxesTable)
    app.add_directive("metrics", MetricsTable)
    app.add_directive("observables", ObservablesTable)
    app.add_directive("svg-figure", SvgFigure)
    app.connect("config-inited", use_vendored_files)
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("html-page-context", mend_roles)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
