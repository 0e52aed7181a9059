"""Sphinx extension: all claims at a glance, a square each in the colour of its verdict, and a network to be trained.

Directives: `{claim-squares}`, `{live-network}`. A square leads to the claim's line in the ledger and says its verdict
in words.
"""

from __future__ import annotations

from collections import Counter
from html import escape
from itertools import groupby
from typing import Any

from docutils import nodes
from grokkit_book import LibraryTable
from grokkit_ledger import VERDICTS
from sphinx.application import Sphinx


class ClaimSquares(LibraryTable):
    def render(self) -> list[nodes.Node]:
        from grokkit.claims import ledger, sources

        page = self.env.app.builder.get_relative_uri(self.env.docname, "ledger")
        by_source = groupby(ledger(), key=lambda claim: claim["id"][0])
        rows = "".join(_row(sources()[letter].title, list(claims), page) for letter, claims in by_source)
        counts = Counter(claim["verdict"] for claim in ledger())
        return [nodes.raw("", f'<div class="claim-squares">{rows}{_legend(counts)}</div>', format="html")]


class LiveNetworkHere(LibraryTable):
    """`{live-network}`: the explorable of that name, as a page without a kernel shows it."""

    def render(self) -> list[nodes.Node]:
        from grokkit.explorables import LiveNetwork

        return [nodes.raw("", LiveNetwork().to_html(), format="html")]


def _row(title: str, claims: list[dict[str, Any]], page: str) -> str:
    squares = "".join(_square(claim, page) for claim in claims)
    label = escape(f"The {len(claims)} claims of {title}", quote=True)
    return f'<ul class="of-source" aria-label="{label}">{squares}</ul>'


def _square(claim: dict[str, Any], page: str) -> str:
    told = escape(f"{claim['id']}, {claim['verdict']}: {claim['statement']}", quote=True)
    name, kind = claim["id"], claim["verdict"].replace(" ", "-")
    link = f'<a class="square {kind}" href="{page}#claim-{name.lower()}" title="{told}" aria-label="{told}">{name}</a>'
    return f"<li>{link}</li>"


def _legend(counts: Counter[str]) -> str:
    """What the colours mean; every verdict that there is, in the order of the ledger."""
    named = [(verdict, counts[verdict]) for verdict in VERDICTS if counts[verdict]]
    marks = "".join(
        f'<li><span class="square {verdict.replace(" ", "-")}" aria-hidden="true"></span>{count} {verdict}</li>'
        for verdict, count in named
    )
    return f'<ul class="legend">{marks}</ul>'


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("claim-squares", ClaimSquares)
    app.add_directive("live-network", LiveNetworkHere)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
