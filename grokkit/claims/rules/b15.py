"""B15: after 2,000 iterations the embeddings are ordered in every phase but memorisation; grokking and confusion look
alike then."""

from __future__ import annotations

import pandas as pd

from grokkit.analysis.phases import PHASES
from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.diagrams import shown_in
from grokkit.claims.rules.embeddings import cells, diagrams, first_look
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 12
EFFECT = "share of diagrams in which most cells of comprehension are in order"
MOST = 0.5
ALIKE = 0.25
"""Grokking and confusion look alike if the shares of their cells that are in order differ by no more than this."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Regression diagrams whose runs are followed to the end."""
    return cells(table)[table.columns]


def rule(table: pd.DataFrame) -> Verdict:
    """Five tests, of diagrams that have the phases they speak of. In more than half of them, after 2,000 steps: are
    most cells of comprehension, of grokking and of confusion in order, and less than half of those of memorisation; and
    do grokking and confusion differ by no more than a quarter of their cells?"""
    shares = [share_in_order(each) for each in diagrams(table).values()]
    findings = [_in_order(name, shares) for name in PHASES]
    return verdict([*findings, _alike(shares)], LEVEL, EFFECT)


def share_in_order(diagram: pd.DataFrame) -> dict[str, float]:
    """Phase -> share of its cells whose embeddings are in order; phases that the diagram has."""
    means = diagram.groupby("phase")["ordered"].mean()
    return {str(name): float(x) for name, x in means.items()}


def _in_order(name: str, shares: list[dict[str, float]]) -> Finding:
    found = [each[name] for each in shares if name in each]
    if name == "memorisation":
        few = [share < MOST for share in found]
        return shown_in(name, few, "have less than half of its cells in order", first_look(shares))
    most = [share > MOST for share in found]
    return shown_in(name, most, "have most of its cells in order", first_look(shares))


def _alike(shares: list[dict[str, float]]) -> Finding:
    both = [each for each in shares if {"grokking", "confusion"} <= each.keys()]
    holds = [abs(each["grokking"] - each["confusion"]) <= ALIKE for each in both]
    told = "have about the same share of cells in order in both"
    return shown_in("grokking and confusion", holds, told, first_look(shares))
