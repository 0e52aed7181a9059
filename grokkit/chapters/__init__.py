"""Chapters: notebooks as programs, and what every page says of its runs."""
