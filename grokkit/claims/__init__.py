"""What the sources claim and what came of it: 77 statements, their rules and verdicts, the ledger."""

from grokkit.claims.judging import READINGS, judge, outcomes, readings_table, verdicts_table
from grokkit.claims.ledger import ledger, ledger_json
from grokkit.claims.published import published
from grokkit.claims.registry import Claim, Registration, Source, all_rules, claim, claims, rule_of, sources
from grokkit.claims.verdict import OPEN, Outcome, Verdict, interval_text

__all__ = [
    "OPEN",
    "READINGS",
    "Claim",
    "Outcome",
    "Registration",
    "Source",
    "Verdict",
    "all_rules",
    "claim",
    "claims",
    "interval_text",
    "judge",
    "ledger",
    "ledger_json",
    "outcomes",
    "published",
    "readings_table",
    "rule_of",
    "sources",
    "verdicts_table",
]
