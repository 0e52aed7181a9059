"""Sphinx extension: the copy buttons of code cells have a name, which sphinx-copybutton leaves to a tooltip.

Its script makes the buttons in the browser; after a build the script is changed where it lies, once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

SCRIPT = Path("_static") / "copybutton.js"
UNNAMED, NAMED = '<button class="copybtn', '<button aria-label="Copy this code" class="copybtn'


def name_buttons(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    script = Path(app.outdir) / SCRIPT
    text = script.read_text(encoding="utf-8")
    if NAMED not in text:
        if UNNAMED not in text:
            raise ExtensionError(f"{SCRIPT} makes its buttons in another way: name them where it does.")
        script.write_text(text.replace(UNNAMED, NAMED), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", name_buttons)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
