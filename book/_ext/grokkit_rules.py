"""Sphinx extension of the book: the `{rules}` and `{verdicts}` directives, and the runs of every claim as CSV files.

`{rules}`: each registered rule with its code, its fingerprint and how its verdict changes with the reading.
`{verdicts}`: what was found so far, one row a decided claim. `runs/<id>.csv` lie beside the ledger's page.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from docutils import nodes
from grokkit_book import LibraryTable, interval, row, table
from sphinx.application import Sphinx

SHARED = ("grokkit.claims.findings", "grokkit.claims.statistics", "grokkit.claims.rules.samples")


class Rules(LibraryTable):
    """`{rules}`: a section for each rule, then what they share."""

    def render(self) -> list[nodes.Node]:
        from grokkit.claims import claims, ledger

        found = {each["id"]: each for each in ledger()}
        rules = [self.rule(claim, found[claim.id]) for claim in claims().values() if claim.registration]
        shared = section("what-the-rules-share", "What the rules share", *map(module_code, SHARED))
        return [*rules, shared]

    def rule(self, claim: Any, found: dict[str, Any]) -> nodes.section:
        from grokkit.claims import rule_module

        registered = f"{claim.registration.at:%d %B %Y, %H:%M} UTC"
        told = nodes.paragraph("", f"Registered {registered}, fingerprint ")
        told += [nodes.literal("", claim.registration.rule), nodes.Text(".")]
        outcome = nodes.paragraph("", "", nodes.strong("", found["verdict"].capitalize()), nodes.Text(". "))
        outcome += nodes.Text(found["found"])
        parts = [told, outcome, *readings(found["sensitivity"]), code(inspect.getsource(rule_module(claim.id)))]
        return section(f"rule-{claim.id.lower()}", f"{claim.id}: {claim.statement}", *parts)


class Verdicts(LibraryTable):
    """`{verdicts}`: the claims that have a verdict."""

    def render(self) -> list[nodes.Node]:
        from grokkit.claims import ledger

        rows = [self.verdict(each) for each in ledger() if each["verdict"] != "not tested"]
        return [table(["Id", "Verdict", "What was seen", "n", "Interval"], rows, [1, 2, 8, 1, 3], "verdicts-table")]

    def verdict(self, found: dict[str, Any]) -> nodes.row:
        uri = self.env.app.builder.get_relative_uri(self.env.docname, "ledger")
        id = nodes.reference("", found["id"], refuri=f"{uri}#claim-{found['id'].lower()}")
        return row([id, found["verdict"], found["found"], str(found["n"]), interval(found)])


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
    """`runs/<id>.csv` for every claim that has runs: settings, seeds, times, what they cost."""
    if exception or app.builder.format != "html":
        return
    from grokkit.claims import ledger
    from grokkit.store import Store, evidence_folder
    from grokkit.tables import runs_table

    evidence = evidence_folder()
    held = Store(evidence).read() if evidence else {}
    folder = Path(app.outdir) / "runs"
    folder.mkdir(exist_ok=True)
    for found in ledger():
        if found["keys"]:
            runs = runs_table(held[key] for key in found["keys"])
            runs.to_csv(folder / f"{found['id']}.csv", index=False)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("rules", Rules)
    app.add_directive("verdicts", Verdicts)
    app.connect("build-finished", write_runs)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
