"""One file a chapter: its rules, each with the reasons for what it asks, registered before its runs."""
