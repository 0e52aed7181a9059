"""One file a rule: a pure function from a table (`grokkit.evidence_table`) to a verdict, registered before its runs."""
