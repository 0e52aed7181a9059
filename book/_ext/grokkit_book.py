"""Sphinx extension of the book: tables rendered from the library, the ledger, inline figures, and no other host.

Directives: `{axes}`, `{metrics}`, `{observables}`, `{ledger}`, `{svg-figure}`. Pages take MathJax and the text face
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
VERDICTS = ("reproduced", "partly", "not reproduced", "undecided", "not tested")
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
        paragraph = nodes.paragraph("", "", *(nodes.Text(part) if isinstance(part, str) else part for part in parts))
        named = [classes[i]] if classes else []
        entries.append(nodes.entry("", paragraph, classes=[*named, "nothing"] if cell == NOTHING else named))
    return nodes.row("", *entries)


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


class LedgerTable(LibraryTable):
    """`{ledger}`: counts by source, the filter, and one row a claim, which `#claim-a1` points to."""

    def render(self) -> list[nodes.Node]:
        from grokkit.claims import ledger, sources

        claims, titles = ledger(), {letter: source.title for letter, source in sources().items()}
        rows = [self.claim_row(claim) for claim in claims]
        head = ["Id", "Claim", "Where", "Verdict", "n", "Interval", "Evidence"]
        script = (HERE / "ledger.js").read_text(encoding="utf-8")
        return [
            counts_table(claims, titles),
            html(filter_form(titles, len(claims))),
            table(head, rows, [1, 8, 3, 3, 1, 3, 3], "ledger-table"),
            html(f"<script>{script}</script>"),
        ]

    def claim_row(self, claim: dict[str, Any]) -> nodes.row:
        anchor = f"claim-{claim['id'].lower()}"
        cells = [
            claim["id"],
            claim["statement"],
            claim["where"],
            [nodes.inline("", claim["verdict"], classes=["verdict", claim["verdict"].replace(" ", "-")])],
            str(claim["n"]),
            interval(claim),
            self.evidence(claim),
        ]
        made = row(cells, ["id", "claim", "where", "outcome", "n", "interval", "evidence"])
        made["ids"] = [anchor]
        self.env.get_domain("std").note_hyperlink_target(anchor, self.env.docname, anchor, claim["id"])
        return made

    def evidence(self, claim: dict[str, Any]) -> Cell | list[Cell]:
        """Links to the chapter, the rule and the runs of a claim, and what the runs cost."""
        links = [self.link(f"executed/{claim['chapter']}", claim["chapter"].split("_", 1)[-1])]
        if claim["rule"]:
            links.append(self.link("rules", "rule", f"#rule-{claim['id'].lower()}"))
        if claim["keys"]:
            links += [nodes.reference("", "runs (CSV)", refuri=f"runs/{claim['id']}.csv"), cost(claim)]
        links += missing(claim)
        present = [link for link in links if link]
        separated = [part for link in present for part in (link, " · ")][:-1]
        return separated or NOTHING

    def link(self, page: str, text: str, place: str = "") -> Cell | None:
        """A link to a page of the book; None if there is no such page yet."""
        if page not in self.env.found_docs:
            return None
        return nodes.reference("", text, refuri=self.env.app.builder.get_relative_uri(self.env.docname, page) + place)


class CostTable(LibraryTable):
    """`{costs}`: a row for each chapter, and their sum."""

    def render(self) -> list[nodes.Node]:
        from grokkit.publishing.costs import costs

        found = costs()
        runs, spent = (sum(getattr(each, name) for each in found) for name in ("runs", "spent"))
        left = _left(sum(each.left_runs for each in found), sum(each.left for each in found))
        rows = [self.chapter_row(each) for each in found]
        total = row(["All", f"{runs:,}", _spent(spent), "", left])
        head = ["Chapter and its claims", "Runs", "Core-hours", "On", "Still to come"]
        return [table(head, [*rows, total], [6, 2, 2, 5, 4], "cost-table")]

    def chapter_row(self, each: Any) -> nodes.row:
        claims = nodes.inline("", f" {', '.join(each.claims)}", classes=["title"])
        link = self.chapter_link(each.chapter)
        machines = "; ".join(f"{name} {_spent(hours)}" for name, hours in each.machines.items())
        left = f"{_left(each.left_runs, each.left)} for {', '.join(each.open)}" if each.open else NOTHING
        return row([[link, claims], f"{each.runs:,}", _spent(each.spent), machines or NOTHING, left])

    def chapter_link(self, chapter: str) -> nodes.Node:
        page = self.env.app.builder.get_relative_uri(self.env.docname, f"executed/{chapter}")
        return nodes.reference("", chapter.split("_", 1)[-1], refuri=page)


def _spent(hours: float) -> str:
    return "under 0.1" if 0 < hours < 0.05 else f"{hours:.1f}"


def _left(runs: int, hours: float) -> str:
    return f"{_runs(runs)}, about {_hours(hours)}"


def interval(claim: dict[str, Any]) -> Cell:
    """The interval and what it is of."""
    if not claim["interval"]:
        return NOTHING
    from grokkit.claims import interval_text

    return f"{interval_text(claim['interval'])} ({claim['effect']})"


def cost(claim: dict[str, Any]) -> str:
    """'24 runs, 0.4 core-hours'."""
    return f"{_runs(len(claim['keys']))}, {_hours(claim['core_hours'])}"


def missing(claim: dict[str, Any]) -> list[Cell]:
    """'40 runs missing (about 12 core-hours): grokkit next --claims A7'; nothing where none is."""
    runs, hours = claim["missing"]["runs"], claim["missing"]["core_hours"]
    if not runs:
        return []
    price = "" if hours is None else f" (about {_hours(hours)})"
    command = nodes.literal("", f"grokkit next --claims {claim['id']}")
    return [nodes.inline("", "", nodes.Text(f"{_runs(runs)} missing{price}: "), command)]


def _runs(n: int) -> str:
    return f"{n:,} run{'s' * (n != 1)}"


def _hours(hours: float) -> str:
    return f"{hours:,.0f} core-hours" if hours >= 10 else f"{hours:.2g} core-hours"


def counts_table(claims: Sequence[dict[str, Any]], titles: dict[str, str]) -> nodes.table:
    """How many claims of each source have come to each verdict."""

    def counts(name: Cell | Sequence[Cell], chosen: Sequence[dict[str, Any]]) -> nodes.row:
        found = [claim["verdict"] for claim in chosen]
        return row([name, *(str(found.count(verdict)) for verdict in VERDICTS), str(len(found))])

    rows = []
    for letter, title in titles.items():
        name = [nodes.strong("", letter), nodes.inline("", f" {title}", classes=["title"])]
        rows.append(counts(name, [claim for claim in claims if claim["source"] == letter]))
    return table(["Source", *VERDICTS, "claims"], [*rows, counts("All", claims)], [6, 2, 2, 2, 2, 2, 2], "counts-table")


def filter_form(titles: dict[str, str], total: int) -> str:
    """Controls that `ledger.js` brings to life; without scripts they stay hidden and the table is whole."""
    sources = "".join(f'<option value="{key}">{key}: {escape(title)}</option>' for key, title in titles.items())
    verdicts = "".join(f"<option>{verdict}</option>" for verdict in VERDICTS)
    return f"""<form class="ledger-filter" id="ledger-filter" aria-label="Filter the claims" hidden>
<label>Source <select name="source"><option value="">all</option>{sources}</select></label>
<label>Verdict <select name="verdict"><option value="">all</option>{verdicts}</select></label>
<label>Text <input type="search" name="text" autocomplete="off" placeholder="weight decay"></label>
<button type="button" name="all">Show all</button>
<output name="count" aria-live="polite">{total} of {total} claims</output>
</form>"""


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
    app.add_directive("ledger", LedgerTable)
    app.add_directive("costs", CostTable)
    app.add_directive("svg-figure", SvgFigure)
    app.connect("config-inited", use_vendored_files)
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("html-page-context", mend_roles)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
