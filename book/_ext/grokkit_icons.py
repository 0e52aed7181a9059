"""Sphinx extension: the theme's dozen icons as drawings in the page, not by a script of a megabyte that has them all.

The theme marks an icon by `<i class="fa-solid fa-bars">` and ships Font Awesome (icons: CC BY 4.0) to draw it. After a
build every mark in the pages becomes the drawing that the script would put there, and no page loads the script.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

SCRIPT = Path("_static") / "scripts" / "fontawesome.js"
LOADED = re.compile(r"\s*<(?:script|link)[^>]*fontawesome\.js[^>]*>(?:</script>)?")
MARK = re.compile(r'<(i|span) class="([^"]*\bfa-[^"]*)"([^>]*)>\s*</\1>')
STYLES = {"fa", "fas", "fa-solid"}
SIZES = {"fa-lg"}


def draw_icons(app: Sphinx, exception: Exception | None) -> None:
    """Rewrite the built pages; each page once, whether it was built now or before."""
    if exception or app.builder.format != "html":
        return
    script = (Path(app.outdir) / SCRIPT).read_text(encoding="utf-8")
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        drawn = MARK.sub(lambda mark: drawing(script, mark), LOADED.sub("", text))
        if drawn != text:
            page.write_text(drawn, encoding="utf-8")


def drawing(script: str, mark: re.Match[str]) -> str:
    """The icon of one mark, with the mark's attributes and what else it is of; its name would ask for a font."""
    _, classes, others = mark.groups()
    kept = [each for each in classes.split() if each not in STYLES]
    [name] = [each for each in kept if each.startswith("fa-") and each not in SIZES]
    kept.remove(name)
    width, height, path = shape(script, name.removeprefix("fa-"))
    return (
        f'<svg class="{" ".join(["svg-inline--fa", *kept])}" aria-hidden="true" role="img"{others} '
        f'viewBox="0 0 {width} {height}"><path fill="currentColor" d="{path}"></path></svg>'
    )


@cache
def shape(script: str, name: str) -> tuple[str, str, str]:
    """Width, height and path of a solid icon, by its name or an older one of it.

    The script has outlines of some under the same name, before these.
    """
    own = rf'[{{,]"?{name}"?:\[(\d+),(\d+),\[[^\]]*\]'
    older = rf':\[(\d+),(\d+),\[[^\]]*"{name}"[^\]]*\]'
    found = [re.findall(rf'{each},"[0-9a-f]+","(M[^"]+)"', script) for each in (own, older)]
    if not any(found):
        raise ExtensionError(f"The theme marks an icon '{name}' that its Font Awesome does not have.")
    return (found[0] or found[1])[-1]


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", draw_icons)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
