"""The commonest question of a rule: does something hold in more than half of all runs?"""

from __future__ import annotations

from collections.abc import Sequence

from grokkit.claims.findings import Finding
from grokkit.claims.statistics import majority_test, minority_test, share_interval
from grokkit.claims.verdict import RUNS_TO_DECIDE


def majority(
    setting: str,
    holds: Sequence[bool],
    told: str,
    *,
    may_hold: Sequence[bool] | None = None,
    interval: tuple[float, float] | None = None,
    needs: int = RUNS_TO_DECIDE,
) -> Finding:
    """The exact binomial test of it, and of its opposite.

    holds: of each run. may_hold: of each run, whether it holds or might have, had the run been watched for longer; such
    a run never speaks against the claim. interval: of the rule's effect, if that is not the share of runs.
    """
    interval = share_interval(holds) if interval is None else interval
    against = minority_test(holds if may_hold is None else may_hold)
    n = len(holds)
    return Finding(setting, n, majority_test(holds), interval, told, against, needs, 0.5**n)
