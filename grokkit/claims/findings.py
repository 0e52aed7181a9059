"""From what was found in each setting to one verdict: the policy for several settings and for many claims.

A chapter spends 5% on all its claims together, in equal parts fixed before its runs: the `level` of each claim.
A claim is *reproduced* if its test passes at that level in every setting (asking for all of them needs no
correction), *partly* if it passes in some at the level divided by the number of settings, and *not reproduced* if
there are enough runs and it passes in none: the burden of proof is the claim's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from grokkit.claims.verdict import RUNS_TO_DECIDE, Outcome, Verdict


class Finding(NamedTuple):
    """One test in one setting.

    setting: its name for readers. n: independent runs, or seeds with a run in every group. p_value: one-sided.
    interval: of the effect. told: half a sentence of what was seen.
    """

    setting: str
    n: int
    p_value: float
    interval: tuple[float, float] | None
    told: str


def verdict(findings: Sequence[Finding], level: float, effect: str) -> Verdict:
    """What the findings decide: the smallest n, and the interval of the first finding's `effect`."""
    few = [f for f in findings if f.n < RUNS_TO_DECIDE]
    outcome = "not tested" if few else _outcome([f.p_value for f in findings], level)
    lacking = "".join(
        f" {f.setting}: {f.n or 'no'} run{'s' * (f.n != 1)} so far, and {RUNS_TO_DECIDE} decide." for f in few
    )
    told = " ".join(
        f"{f.setting}: {f.told} ("
        f"{f'interval {f.interval[0]:.3g} to {f.interval[1]:.3g}, ' if f.interval else ''}"
        f"P = {_number(f.p_value)}: {'does not pass' if f.p_value > level else 'passes'}"
        f"{' with the others only' if level / len(findings) < f.p_value <= level else ''})."
        for f in findings
        if f not in few
    )
    n = min(f.n for f in findings)
    return Verdict(outcome, n, findings[0].interval, (told + lacking).strip(), effect=effect)


def _outcome(p_values: Sequence[float], level: float) -> Outcome:
    if max(p_values) <= level:
        return "reproduced"
    return "partly" if min(p_values) <= level / len(p_values) else "not reproduced"


def _number(p_value: float) -> str:
    return f"{p_value:.2g}" if p_value >= 1e-4 else f"{p_value:.0e}"
