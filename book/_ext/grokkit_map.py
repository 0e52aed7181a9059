"""Sphinx extension: the packages as a picture, drawn from the imports that are there.

Directive: `{packages}` after a table of floors, `| 1 | `errors`, ... |`, on the same page. An arrow is drawn only where
no other way leads down, so that each says something; the description has them all.
"""

from __future__ import annotations

import ast
import re
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import grokkit

FLOOR = re.compile(r"^\| \d+ \|([^|]*)\|", re.MULTILINE)
PACKAGE = Path(grokkit.__file__).parent
WIDTH, STOREY, BOX, GAP = 720, 62, 30, 14  # pixels
LETTER = 8.2  # pixels: of the monospace face at its size

Place = tuple[float, float, float]
"""Left, top and width of a box."""


def floors_of(page: str) -> list[list[str]]:
    """The packages of each floor, from the ground up, as the page's table has them."""
    return [re.findall(r"`(\w+)`", names) for names in FLOOR.findall(page)]


def imports() -> dict[str, set[str]]:
    """Package -> the packages that its files import."""
    found: dict[str, set[str]] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        part = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if part != "__init__":
            found.setdefault(part, set()).update(_imported(ast.parse(file.read_text(encoding="utf-8"))) - {part})
    return found


def direct(below: dict[str, set[str]]) -> dict[str, set[str]]:
    """Leave out every arrow that another way down makes needless."""
    return {part: {each for each in its if not any(each in _under(other, below) for other in its)}
            for part, its in below.items()}  # fmt: skip


def picture(floors: list[list[str]], below: dict[str, set[str]]) -> str:
    """The SVG: a storey a floor, the ground at the bottom."""
    height = STOREY * len(floors)
    places = {name: place for i, names in enumerate(floors) for name, place in _storey(names, height - STOREY * i)}
    arrows = [(places[part], places[each]) for part, its in direct(below).items() for each in sorted(its)]
    drawn = [*(_arrow(*ends) for ends in arrows), *(_box(name, place) for name, place in places.items())]
    told = "; ".join(f"{part} imports {', '.join(sorted(its))}" for part, its in below.items() if its)
    opening = f'<svg class="packages" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="packages-told">'
    title = f'<title id="packages-told">The packages, floor by floor: {escape(told)}.</title>'
    return f"{opening}{title}{''.join(drawn)}</svg>"


def _imported(tree: ast.AST) -> set[str]:
    named = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    named += [each.name for node in ast.walk(tree) if isinstance(node, ast.Import) for each in node.names]
    return {name.split(".")[1] for name in named if name.startswith("grokkit.")}


def _under(part: str, below: dict[str, set[str]]) -> set[str]:
    its = below.get(part, set())
    return its.union(*(_under(each, below) for each in its))


def _storey(names: list[str], bottom: float) -> list[tuple[str, Place]]:
    widths = [LETTER * len(name) + 22 for name in names]
    room = (WIDTH - sum(widths)) / (len(names) + 1)
    lefts = [room * (i + 1) + sum(widths[:i]) for i in range(len(names))]
    return [(name, (x, bottom - BOX - GAP, w)) for name, x, w in zip(names, lefts, widths, strict=True)]


def _arrow(begin: Place, end: Place) -> str:
    x, y = begin[0] + begin[2] / 2, begin[1] + BOX
    to_x, to_y = end[0] + end[2] / 2, end[1]
    middle = (y + to_y) / 2
    return f'<path d="M{x:.0f} {y:.0f}C{x:.0f} {middle:.0f} {to_x:.0f} {middle:.0f} {to_x:.0f} {to_y:.0f}"/>'


def _box(name: str, place: Place) -> str:
    x, y, width = place
    box = f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{BOX}" rx="5"/>'
    return f'{box}<text x="{x + width / 2:.0f}" y="{y + BOX / 2 + 5:.0f}">{name}</text>'


class Packages(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        self.env.note_reread()  # the library may change where the page does not
        page = Path(self.env.doc2path(self.env.docname)).read_text(encoding="utf-8")
        svg = picture(floors_of(page), imports())
        return [nodes.raw("", f'<figure class="packages" tabindex="0">{svg}</figure>', format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("packages", Packages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
