"""Rules applied to records: verdicts, and how they change when the same curves are read in another way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pandas as pd

from grokkit.claims.registry import Claim, claim, rule_of
from grokkit.claims.verdict import RUNS_TO_DECIDE, Verdict, interval_text
from grokkit.errors import BadInput
from grokkit.records.passages import USUAL
from grokkit.records.record import Record
from grokkit.records.tables import evidence_table

NO_RUNS = "Its rule is registered; there are no runs yet."

READINGS: dict[str, dict[str, Any]] = {
    "threshold 0.9": {"threshold": 0.9},
    "threshold 0.95": {"threshold": 0.95},
    "every 200 steps": {"every": 200},
    "every 500 steps": {"every": 500},
}
"""Besides the usual one (threshold 0.99, every evaluation): where T_train and T_val are taken, and on which grid."""


def judge(claim: Claim, records: Iterable[Record], profile: str = "evidence", **reading: Any) -> Verdict:
    """What the claim's rule finds in the records, one of each run; `reading` as in `evidence_table`, but that T are
    taken at 0.99 unless it says otherwise, whatever was asked for.

    An interval comes with five runs or more, like an outcome.
    """
    table = evidence_table(records, **{"threshold": USUAL} | reading)
    if table["key"].duplicated().any():
        raise BadInput("judge records: a run came twice, and would count as two; take `Store.read().values()`.")
    found = rule_of(claim.id)(table) if len(table) else Verdict("not tested", 0, None, NO_RUNS)
    if found.n < RUNS_TO_DECIDE:  # too few for an interval to mean anything
        found = replace(found, interval=None)
    return replace(found, rule_hash=claim.registration.rule, profile=profile if len(table) else "")


def outcomes(claim: Claim, records: Iterable[Record]) -> dict[str, str]:
    """Reading -> outcome, for the readings other than the usual one."""
    return {name: judge(claim, records, **reading).outcome for name, reading in READINGS.items()}


def verdicts_table(ids: Iterable[str], records: list[Record], profile: str = "evidence") -> pd.DataFrame:
    """One row a claim: what the source says, the verdict, the runs behind it, the effect, what was seen."""
    rows = []
    for id in ids:
        found = judge(claim(id), records, profile)
        effect = "" if found.interval is None else f"{found.effect}: {interval_text(found.interval)}"
        head = {"claim": id, "the source says": claim(id).statement, "verdict": found.outcome, "runs": found.n}
        rows.append(head | {"effect (90% interval)": effect, "what was seen": found.statement})
    return pd.DataFrame(rows)


def readings_table(ids: Iterable[str], records: list[Record]) -> pd.DataFrame:
    """One row a claim, one column a reading: the outcomes."""
    return pd.DataFrame(
        [{"claim": id, "as judged": judge(claim(id), records).outcome} | outcomes(claim(id), records) for id in ids]
    )
