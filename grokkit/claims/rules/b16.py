"""B16: the embedding's magnitude tells the phases apart: confusion grows fastest; grokking ends larger than
comprehension."""

from __future__ import annotations

import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.diagrams import shown_in
from grokkit.claims.rules.embeddings import cells, diagrams, first_look, medians
from grokkit.claims.verdict import Verdict

LEVEL = 0.05 / 12
EFFECT = "share of diagrams in which embeddings grow fastest in confusion"


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Regression diagrams whose runs are followed to the end."""
    return cells(table)[table.columns]


def rule(table: pd.DataFrame) -> Verdict:
    """Two tests, of diagrams that have the phases they speak of: in more than half of them, does the embedding's root
    mean square gain more from 2,000 to 100,000 steps in confusion than in every other phase, and is it larger at the
    end of grokking than at the end of comprehension? A phase is as its median cell."""
    found = list(diagrams(table).values())
    return verdict([_grows(found), _ends_larger(found)], LEVEL, EFFECT)


def _grows(found: list[pd.DataFrame]) -> Finding:
    gains = [medians(each, each["late"] - each["early"]) for each in found]
    holds = [
        all(gain["confusion"] > other for name, other in gain.items() if name != "confusion")
        for gain in gains
        if "confusion" in gain and len(gain) > 1
    ]
    return shown_in("confusion grows fastest", holds, "gain most in confusion", first_look(found))


def _ends_larger(found: list[pd.DataFrame]) -> Finding:
    ends = [medians(each, each["late"]) for each in found]
    holds = [end["grokking"] > end["comprehension"] for end in ends if {"grokking", "comprehension"} <= end.keys()]
    return shown_in("grokking against comprehension", holds, "end larger in grokking", first_look(found))
