"""What stands after `-p` on the command line: a chapter's parameters, as papermill writes them and as options are."""

from __future__ import annotations

import json
from typing import Any

from grokkit.errors import BadInput

_AS_JSON = {"True": "true", "False": "false", "None": "null"}
"""What Python writes otherwise than JSON; papermill takes it, too."""


def pairs(options: list[str] | None) -> dict[str, Any]:
    """Read values as JSON where they are, else as text."""
    given = {}
    for option in options or []:
        name, mark, value = option.partition("=")
        if not mark:
            raise BadInput(f"-p takes NAME=VALUE (or NAME VALUE); '{option}' came.")
        try:
            given[name] = json.loads(_AS_JSON.get(value, value))
        except json.JSONDecodeError:
            given[name] = value
    return given


def joined(arguments: list[str]) -> list[str]:
    """papermill's `-p NAME VALUE` as the `-p NAME=VALUE` that an option with one value can take."""
    out: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        out.append(argument)
        if argument == "-p":
            name = next(rest, "")
            value = None if "=" in name else next(rest, None)
            out.append(name if value is None else f"{name}={value}")
    return out
