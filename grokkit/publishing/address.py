"""The project's public address, set once (`repository.url` in `_config.yml`), and what chapters make of it.

Until it is set, no cell names a package or a repository to install from: a name that the project does not own is one
that a stranger could register. The book's extension `grokkit_chapters` makes the launch button from the same setting.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from grokkit.chapters.notebooks import chapters, checkout
from grokkit.errors import BadInput

TAG = "setup"
_ADDRESS = re.compile(r"https://github\.com/[\w-]+/[\w.-]*[\w-](?<!\.git)")
_MISSING = """from importlib.util import find_spec

if find_spec("grokkit") is None:
"""


def address() -> str:
    """The address in `_config.yml`; "" until there is one."""
    import yaml

    config = yaml.safe_load((checkout() / "_config.yml").read_text(encoding="utf-8"))
    return checked(config["repository"]["url"])


def checked(url: str) -> str:
    """`url`, or an error for one that Colab could not open."""
    if url and not _ADDRESS.fullmatch(url):
        raise BadInput(
            f"_config.yml repository.url: must be https://github.com/OWNER/NAME, since Colab opens nothing else, "
            f"or empty; '{url}' came."
        )
    return url


def setup_source(url: str) -> str:
    """A chapter's first code cell. It acts only where grokkit is missing, and pip leaves a torch that is there."""
    if url:
        return f'{_MISSING}    %pip install -q "grokkit[plots] @ git+{url}"'
    sentence = "grokkit is not installed: run `pip install -e .[book]` in a copy of the project"
    return f'{_MISSING}    missing = "{sentence}"\n    raise ModuleNotFoundError(missing)'


def with_setup_cell(notebook: dict[str, Any], url: str) -> dict[str, Any]:
    """The notebook with that cell right after its title, in place of the one it may have had."""
    rest = [cell for cell in notebook["cells"] if TAG not in cell["metadata"].get("tags", [])]
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": TAG,
        "metadata": {"tags": [TAG, "remove-cell"]},
        "outputs": [],
        "source": setup_source(url).splitlines(keepends=True),
    }
    return {**notebook, "cells": [rest[0], cell, *rest[1:]]}


def write_setup_cells() -> list[Path]:
    """Bring the first code cell of every chapter up to date; returns the chapters that were not."""
    url, changed = address(), []
    for chapter in chapters():
        before = json.loads(chapter.read_text(encoding="utf-8"))
        after = with_setup_cell(before, url)
        if after != before:
            chapter.write_text(json.dumps(after, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            changed.append(chapter)
    return changed
