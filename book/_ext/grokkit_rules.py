"""Sphinx extension of the book: what rules found, in directives and in running text, and the runs of every claim.

`{rules}`: each registered rule with its reasons, its code, its key and how its verdict changes with the reading.
`{verdicts}`: what was found so far, one row a decided claim. `runs/<id>.csv` lie beside the ledger's page.
`` {claim}`A1 reproduced` `` and `` {interval}`A1` ``: a verdict and an effect from the store, for sentences.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from docutils import nodes
from grokkit_book import LibraryTable, row, table, typeset
from grokkit_ledger import interval, otherwise
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

SHARED = [f"grokkit.claims.{name}" for name in ("rule", "asking", "values", "samples", "findings")]
SHARED.append("grokkit.analysis.statistics")
"""What rules are made of, from the whole to its parts."""


class Rules(LibraryTable):
    """`{rules}`: a section for each rule, then what they share."""

    def render(self) -> list[nodes.Node]:
        from grokkit.claims import claims, ledger

        found = {each["id"]: each for each in ledger()}
        rules = [self.rule(claim, found[claim.id]) for claim in claims().values() if claim.registration]
        shared = section("what-the-rules-share", "What the rules share", *map(module_code, SHARED))
        return [*rules, shared]

    def rule(self, claim: Any, found: dict[str, Any]) -> nodes.section:
        from grokkit.claims.written import ideas_of, text_of

        registered = f"{claim.registration.at:%d %B %Y, %H:%M} UTC"
        told = nodes.paragraph("", f"Registered {registered}, key ")
        told += [nodes.literal("", claim.registration.rule), nodes.Text(".")]
        if claim.registration.was:
            told += nodes.Text(f" Before, with the same question: {', '.join(claim.registration.was)}.")
        outcome = nodes.paragraph("", "", nodes.strong("", found["verdict"].capitalize()), nodes.Text(". "))
        outcome += typeset(found["found"])
        parts = [told, outcome, *readings(found["sensitivity"]), code(text_of(claim.id))]
        parts += [code(inspect.getsource(idea)) for idea in ideas_of(claim.id)]
        return section(f"rule-{claim.id.lower()}", f"{claim.id}: {claim.statement}", *parts)


class Verdicts(LibraryTable):
    """`{verdicts}`: the claims that have a verdict."""

    def render(self) -> list[nodes.Node]:
        from grokkit.claims import OPEN, ledger

        rows = [self.verdict(each) for each in ledger() if each["verdict"] not in OPEN]
        return [table(["Id", "Verdict", "What was seen", "n", "Interval"], rows, [1, 2, 8, 1, 3], "verdicts-table")]

    def verdict(self, found: dict[str, Any]) -> nodes.row:
        uri = self.env.app.builder.get_relative_uri(self.env.docname, "ledger")
        id = nodes.reference("", found["id"], refuri=f"{uri}#claim-{found['id'].lower()}")
        outcome = [nodes.Text(found["verdict"]), *otherwise(found)]
        return row([id, outcome, found["found"], str(found["n"]), interval(found)])


class FoundRole(SphinxRole):
    """A role whose text begins with a claim's id; read again on every build, as the directives are."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        from grokkit.claims import ledger

        self.env.note_reread()
        id, _, rest = self.text.partition(" ")
        found = next((each for each in ledger() if each["id"] == id), None)
        if found is None:
            return self.wrong(f"There is no claim {id}.")
        return self.render(found, rest)

    def wrong(self, sentence: str) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        message = self.inliner.reporter.error(sentence, line=self.lineno)
        return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]

    def render(self, found: dict[str, Any], rest: str) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        raise NotImplementedError


class ClaimRole(FoundRole):
    """The claim's id and verdict, linked to the ledger. A sentence names the verdict that it tells of: where the rule
    finds another one now, the build fails, and somebody must look at the sentence."""

    def render(self, found: dict[str, Any], rest: str) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        if found["verdict"] != rest:
            return self.wrong(f"This sentence takes {found['id']} to be '{rest}'; its rule finds '{found['verdict']}'.")
        uri = self.env.app.builder.get_relative_uri(self.env.docname, "ledger")
        return [nodes.reference("", f"{found['id']}: {rest}", refuri=f"{uri}#claim-{found['id'].lower()}")], []


class IntervalRole(FoundRole):
    """The 90% interval of a claim's effect, in numbers alone."""

    def render(self, found: dict[str, Any], rest: str) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        from grokkit.claims import interval_text

        if not found["interval"]:
            return self.wrong(f"{found['id']} has no interval.")
        return [nodes.Text(interval_text(found["interval"]))], []


def section(anchor: str, title: str, *parts: nodes.Node) -> nodes.section:
    return nodes.section("", nodes.title("", title), *parts, ids=[anchor], names=[anchor])


def readings(sensitivity: dict[str, str]) -> list[nodes.Node]:
    """One sentence on how the verdict changes with the threshold and the evaluation grid."""
    if not sensitivity:
        return []
    told = "; ".join(f"{reading}: {outcome}" for reading, outcome in sensitivity.items())
    return [nodes.paragraph("", f"Read otherwise: {told}.")]


def module_code(name: str) -> nodes.literal_block:
    return code(inspect.getsource(__import__(name, fromlist=["_"])))


def code(source: str) -> nodes.literal_block:
    text = source.strip()
    return nodes.literal_block(text, text, language="python")  # highlighted only where both are the same


def write_runs(app: Sphinx, exception: Exception | None) -> None:
    """Write `runs/<id>.csv` beside the ledger's page."""
    if exception or app.builder.format != "html":
        return
    from grokkit.publishing.runs import write_runs

    write_runs(Path(app.outdir) / "runs")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("rules", Rules)
    app.add_directive("verdicts", Verdicts)
    app.add_role("claim", ClaimRole())
    app.add_role("interval", IntervalRole())
    app.connect("build-finished", write_runs)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
