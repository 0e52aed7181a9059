"""The answer to one claim: what came out, from how many runs, with which interval and by which rule.

Five outcomes and no others. n >= 5 decides; fewer runs are shown, and the claim stays "not tested".
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Literal, get_args

from grokkit.errors import BadInput, unknown

Outcome = Literal["reproduced", "partly", "not reproduced", "undecided", "not tested"]
"""Partly: in some of the tested settings. Not reproduced: the runs refute it. Undecided: enough runs for its test, and
they neither show nor refute it. Not tested: too few runs for its test to be able to pass."""

OPEN = ("undecided", "not tested")
"""Outcomes that decide nothing."""

RUNS_TO_DECIDE = 5


@dataclass(frozen=True)
class Verdict:
    """What one rule found in one table of runs.

    outcome: see `Outcome`.
    n: number of independent runs behind it; where groups are compared, of the smallest group.
    interval: lower and upper end of the effect's interval; None where none was computed or an end is infinite.
    statement: for the reader: what was seen in which settings, or what is missing; a line each.
    effect: what the interval is of, with its unit; "" where there is none.
    rule_hash: identifies the rule that decided; "" where there was none.
    profile: the grid the runs came from; "" where there were none.
    """

    outcome: Outcome
    n: int
    interval: tuple[float, float] | None
    statement: str
    effect: str = ""
    rule_hash: str = ""
    profile: str = ""

    def __post_init__(self) -> None:
        if self.outcome not in get_args(Outcome):
            raise unknown("outcome", self.outcome, get_args(Outcome))
        _check_runs(self.outcome, self.n)
        _check_interval(self.interval)


def interval_text(interval: tuple[float, float]) -> str:
    """'4.1 to 5.3', with as many digits as the numbers deserve."""
    return " to ".join(f"{end:,.0f}" if abs(end) >= 1000 else f"{end:.3g}" for end in interval)


def _check_runs(outcome: Outcome, n: int) -> None:
    if type(n) is not int or n < 0:
        raise BadInput(f"n is a number of runs, an int of 0 or more; got {n!r}.")
    if outcome != "not tested" and n < RUNS_TO_DECIDE:
        raise BadInput(
            f"Outcome '{outcome}' needs n >= {RUNS_TO_DECIDE} runs, got n = {n}: 3 or 4 describe, they never decide."
        )


def _check_interval(interval: tuple[float, float] | None) -> None:
    if interval is None:
        return
    if len(interval) != 2 or not all(map(isfinite, interval)) or interval[0] > interval[1]:
        raise BadInput(f"interval is None or two finite numbers, the lower one first; got {interval!r}.")
