"""The README's table of verdicts, written from the ledger between two marks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from grokkit.claims import OPEN, interval_text, ledger
from grokkit.errors import GrokkitError

BEGIN, END = "<!-- verdicts: written by `grokkit book --publish` -->", "<!-- end of verdicts -->"


def with_verdicts(text: str) -> str:
    """The README's text with the table that the ledger gives today."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise GrokkitError(f"README.md lacks the marks '{BEGIN}' and '{END}' between which its verdicts stand.")
    return f"{head}{BEGIN}\n{verdicts_markdown(ledger())}\n{END}{tail}"


def write_verdicts_table(readme: Path) -> None:
    """Bring the README up to date."""
    readme.write_text(with_verdicts(readme.read_text(encoding="utf-8")), encoding="utf-8")


def verdicts_markdown(rows: Iterable[dict[str, Any]]) -> str:
    """A line of counts and one row for every decided claim."""
    rows = list(rows)
    decided = [row for row in rows if row["verdict"] not in OPEN]
    lines = [f"{len(decided)} of {len(rows)} claims are decided.", ""]
    if decided:
        lines += [
            "| claim | the source says | verdict | n | effect in the source's own form, 90% interval |",
            "|---|---|---|---|---|",
        ]
    return "\n".join(lines + [_line(row) for row in decided])


def _line(row: dict[str, Any]) -> str:
    effect = f"{row['effect']}: {interval_text(row['interval'])}" if row["interval"] else ""
    return f"| {row['id']} | {row['statement']} | **{row['verdict']}** | {row['n']} | {effect} |"
