"""What the page of deviations says a chapter runs, for tests that hold a chapter's plan to it."""

from paths import ROOT

PAGE = (ROOT / "book" / "deviations.md").read_text(encoding="utf-8")


def says(row, text, section="", columns=3):
    """Whether the cell "what we run" of a row holds the text. section: the heading from which on to look.

    columns: how many cells lie between; two in the tables of source C, which have no column for code.
    """
    lines = PAGE[PAGE.index(section) :].splitlines()
    return text in lines[lines.index(f"* - {row}") + columns]


def runs_of(experiments):
    """All runs of a plan."""
    return [run for each in experiments for run in each.runs]
