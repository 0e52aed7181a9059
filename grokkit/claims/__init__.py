"""What the sources claim and what came of it: 77 statements, their verdicts, the ledger."""

from grokkit.claims.ledger import ledger, ledger_json
from grokkit.claims.registry import Claim, Source, claim, claims, rule_module, sources
from grokkit.claims.verdict import Outcome, Verdict

__all__ = [
    "Claim",
    "Outcome",
    "Source",
    "Verdict",
    "claim",
    "claims",
    "ledger",
    "ledger_json",
    "rule_module",
    "sources",
]
