"""The command `grokkit`: one file a group of commands, nothing in them that the library does not do."""

from grokkit.cli.app import main

__all__ = ["main"]
