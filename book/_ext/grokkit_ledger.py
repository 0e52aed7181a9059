"""Sphinx extension: the ledger of all claims, and what their evidence cost.

Directives: `{ledger}`, `{costs}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from grokkit_book import NOTHING, Cell, LibraryTable, html, row, table
from sphinx.application import Sphinx

HERE = Path(__file__).parent
VERDICTS = ("reproduced", "partly", "not reproduced", "undecided", "not tested")


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
            [
                nodes.inline("", claim["verdict"], classes=["verdict", claim["verdict"].replace(" ", "-")]),
                *otherwise(claim),
            ],
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
        forecast = sum(each.forecast or 0.0 for each in found)
        total = row(["All", f"{runs:,}", _spent(spent), _spent(forecast), "", left])
        head = ["Chapter and its claims", "Runs", "Core-hours", "Forecast", "On", "Still to come"]
        return [table(head, [*rows, total], [6, 2, 2, 2, 5, 4], "cost-table")]

    def chapter_row(self, each: Any) -> nodes.row:
        claims = nodes.inline("", f" {', '.join(each.claims)}", classes=["title"])
        link = self.chapter_link(each.chapter)
        machines = "; ".join(f"{name} {_spent(hours)}" for name, hours in each.machines.items())
        left = f"{_left(each.left_runs, each.left)} for {', '.join(each.open)}" if each.open else NOTHING
        told = NOTHING if each.forecast is None else _spent(each.forecast)
        return row([[link, claims], f"{each.runs:,}", _spent(each.spent), told, machines or NOTHING, left])

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


def otherwise(claim: dict[str, Any]) -> list[nodes.Node]:
    """' read otherwise: partly, undecided', where a decided claim has other verdicts under other readings."""
    from grokkit.claims import OPEN

    others = sorted({outcome for outcome in claim["sensitivity"].values() if outcome != claim["verdict"]})
    if not others or claim["verdict"] in OPEN:
        return []
    return [nodes.inline("", f" read otherwise: {', '.join(others)}", classes=["otherwise"])]


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


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("ledger", LedgerTable)
    app.add_directive("costs", CostTable)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
