"""From what was found in each setting to one verdict: the policy for several settings and for many claims.

A chapter spends 5% on all its claims together, in equal parts fixed before its runs: the `level` of each claim.

- Too few runs for some test to be able to pass at that level: the claim is *not tested*.
- Every test passes: *reproduced* (asking for all of them needs no correction).
- Some pass at the level divided by the number of settings: *partly*.
- None passes, and some setting refutes the claim, a one-sided 95% bound being at or beyond what is claimed: *not
  reproduced*. A claim that speaks of several settings is refuted with one of them.
- Else it is *undecided*: these runs neither show the claim nor refute it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log2
from typing import NamedTuple

from scipy.stats import norm

from grokkit.claims.verdict import RUNS_TO_DECIDE, Outcome, Verdict, interval_text

REFUTES = 0.05
"""The largest p-value of the opposite that refutes: a one-sided 95% bound at or beyond what is claimed."""
IN_SIGHT = 1000
"""Runs beyond which it helps nobody to be told how many would decide."""


class Finding(NamedTuple):
    """One test in one setting.

    setting: its name for readers. n: independent runs, or seeds with a run in every group. p_value: one-sided.
    interval: of the effect. told: half a sentence of what was seen.
    against: one-sided p-value that the opposite holds; 1 where nothing seen so far could refute the claim, as where
    runs were not watched for long enough. needs: the runs from which the test is judged. least_p: the smallest p-value
    that n runs could have given, whatever they did. unit: what n counts, in the singular. looks: the numbers at which
    the test is made, where they are fixed.
    """

    setting: str
    n: int
    p_value: float
    interval: tuple[float, float] | None
    told: str
    against: float = 1.0
    needs: int = RUNS_TO_DECIDE
    least_p: float = 0.0
    unit: str = "run"
    looks: tuple[int, ...] = ()


def verdict(findings: Sequence[Finding], level: float, effect: str) -> Verdict:
    """What the findings decide: the smallest n, and the interval of the first finding's `effect`."""
    few = [f for f in findings if _has_few(f, level)]
    outcome = "not tested" if few else _outcome(findings, level)
    told = [_told(f, level, len(findings)) for f in findings if f.n >= RUNS_TO_DECIDE and f.told]
    lacking = [_lacking(f, level) for f in few]
    open_ends = [_would_decide(f, level) for f in findings] if outcome == "undecided" else []
    n = min(f.n for f in findings)
    statement = "\n".join([*told, *lacking, *filter(None, open_ends)])
    return Verdict(outcome, n, findings[0].interval, statement, effect=effect)


def runs_needed(finding: Finding, level: float) -> int:
    """The number of runs from which the finding's test is judged and can pass at that level.

    A test with a `least_p` is one of a majority, whose p-value is at least 2 to the power of -n.
    """
    return max(finding.needs, ceil(log2(1 / level))) if finding.least_p else finding.needs


def _has_few(finding: Finding, level: float) -> bool:
    return finding.n < max(finding.needs, RUNS_TO_DECIDE) or finding.least_p > level


def _outcome(findings: Sequence[Finding], level: float) -> Outcome:
    p_values = [f.p_value for f in findings]
    if max(p_values) <= level:
        return "reproduced"
    if min(p_values) <= level / len(p_values):
        return "partly"
    return "not reproduced" if min(f.against for f in findings) <= REFUTES else "undecided"


def _told(finding: Finding, level: float, settings: int) -> str:
    ends = f"interval {interval_text(finding.interval)}, " if finding.interval else ""
    passes = "does not pass" if finding.p_value > level else "passes"
    together = " with the others only" if level / settings < finding.p_value <= level else ""
    refuted = f"; of the opposite P = {_number(finding.against)}: refuted" if finding.against <= REFUTES else ""
    return f"{finding.setting}: {finding.told} ({ends}P = {_number(finding.p_value)}: {passes}{together}{refuted})."


def _lacking(finding: Finding, level: float) -> str:
    so_far = f"{finding.n or 'no'} {finding.unit}{'s' * (finding.n != 1)}"
    return f"{finding.setting}: {so_far} so far, and {runs_needed(finding, level)} decide."


def _would_decide(finding: Finding, level: float) -> str:
    """How many runs would settle an open test, if they went on like those seen, and when it is made again."""
    if finding.p_value <= level:
        return ""
    n, again = _enough(finding, level), _next_look(finding)
    if n is None:
        return f"{finding.setting}: longer runs or another question would decide, more of the same would not{again}."
    return f"{finding.setting}: about {n} {finding.unit}s would decide, if they went on like these{again}."


def _next_look(finding: Finding) -> str:
    if not finding.looks:
        return ""
    look = next((look for look in finding.looks if look > finding.n), None)
    return f"; the next look is at {look}" if look else "; no look is left"


def _enough(finding: Finding, level: float) -> int | None:
    """From the distance of a p-value to the one that is wanted, in standard deviations: it grows as the root of n."""
    wanted = [(finding.p_value, level), (finding.against, REFUTES)]
    seen = [(norm.isf(p), norm.isf(limit)) for p, limit in wanted if p < 0.5]
    sizes = [ceil(finding.n * (limit / z) ** 2) for z, limit in seen]
    return min((size for size in sizes if size <= IN_SIGHT), default=None)


def _number(p_value: float) -> str:
    return f"{p_value:.2g}" if p_value >= 1e-4 else f"{p_value:.0e}"
