"""One file a source: its rules, each with the reasons for what it asks, registered before its runs."""
