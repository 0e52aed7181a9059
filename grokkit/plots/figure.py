"""The one module that owns how figures look: ink, colours, sizes, and the way from matplotlib into a page.

A figure becomes inline SVG whose black is `currentColor` on a transparent ground, so that it follows the page into
its dark scheme; text stays text, in the page's own font. Nothing here touches matplotlib's global settings.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from io import StringIO
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from grokkit.errors import BadInput
from grokkit.plots.typeset import in_html

INK = "black"
"""What is drawn in this colour takes the colour of the surrounding text."""

DASHES = (0, (4, 2.5))
"""How a moment is marked; what is dotted is a level, such as chance."""

COLOURS: dict[str, str] = {
    "train": "#d45f00",
    "validation": "#1f78d1",
    "parameters": "#00936a",
    "gradient": "#b765a8",
    "reference": "#7d8590",
}
"""One meaning each throughout the book: the two sets of examples, norms of parameters and of gradients, and what a
curve is compared with (chance, a source's value). At least 3:1 against white and against the dark page."""

PHASE_COLOURS: dict[str, str] = {
    "comprehension": "#8cc7ee",
    "grokking": "#e69a00",
    "memorisation": "#8f5fa8",
    "confusion": INK,
}
"""Areas, not lines: each differs from the others in lightness, and blue from yellow, for every kind of eye. Ink is the
darkest of them on a light page and the lightest on a dark one: no other neutral colour stands out from both."""

STEP_COLOURS: dict[str, tuple[str, str, str]] = {
    "T_val - T_train, where both arrive": ("#fdf3d8", PHASE_COLOURS["grokking"], "#5c3500"),
    "T_train, or the budget, elsewhere": ("#efe3f5", PHASE_COLOURS["memorisation"], "#573a6a"),
}
"""From few steps to many, on the two scales of a smooth phase diagram; even its ends can be told from either page."""

_RC = {
    "axes.edgecolor": INK,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 9.5,
    "axes.linewidth": 0.7,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 9.5,
    "figure.figsize": (5.6, 3.0),
    "font.size": 9.5,
    "grid.alpha": 0.12,
    "grid.color": INK,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "round",
    "svg.fonttype": "none",
    "text.color": INK,
    "xtick.color": INK,
    "xtick.labelsize": 9,
    "xtick.minor.visible": False,
    "ytick.color": INK,
    "ytick.labelsize": 9,
}

_DROP = 2
"""By so much an index hangs below its letter, in units of the drawing."""
_SCHEMES = (
    '<style class="standalone">svg{color:#1f2328;font-family:system-ui,"Segoe UI",Helvetica,Arial,sans-serif}'
    "@media (prefers-color-scheme:dark){svg{color:#d1d7e0}}</style>"
)


def in_page(colour: str) -> str:
    """As style sheets call it: ink is the colour of the text around."""
    return "currentColor" if colour == INK else colour


@contextmanager
def style() -> Iterator[None]:
    """Figures made inside this block have the book's sizes and lines; outside it nothing has changed."""
    with mpl.rc_context(_RC):
        yield


@dataclass(frozen=True)
class InlineFigure:
    """A figure ready for a page; Jupyter shows it by itself.

    svg: the `<svg>` element, named by `alt` for those who do not see it.
    caption: says n and what the band is; "" for none.
    csv: the numbers that are drawn; "" for none. They travel in the page: nothing has to be fetched.
    """

    svg: str
    alt: str
    caption: str = ""
    csv: str = ""

    def _repr_html_(self) -> str:
        caption = " ".join(part for part in (in_html(self.caption), self._link()) if part)
        return f'<figure class="grokkit-figure">{self.svg}{caption and f"<figcaption>{caption}</figcaption>"}</figure>'

    def _link(self) -> str:
        if not self.csv:
            return ""
        name = "-".join(re.findall(r"[a-z0-9]+", self.alt.lower())[:6])
        href = f"data:text/csv;base64,{b64encode(self.csv.encode()).decode()}"
        return f'<a download="{name}.csv" href="{href}">Data (CSV)</a>'

    def __repr__(self) -> str:
        return f"<figure: {self.alt}>"


def inline_svg(fig: Figure, alt: str, caption: str = "", data: pd.DataFrame | None = None) -> InlineFigure:
    """The figure as inline SVG with a name for screen readers and a caption that says n and what the band is.

    data: what is drawn, as a table that readers can download from the caption.
    """
    if not alt.strip():
        raise BadInput("alt is empty: say in a sentence what the figure shows, for those who do not see it.")
    csv = "" if data is None else data.to_csv(index=False, float_format="%.4g", lineterminator="\n")
    return InlineFigure(_svg(fig, alt), alt, caption, csv)


def write_svg(fig: Figure, path: Path | str, alt: str) -> None:
    """Write the figure as a file of its own, for a README or a front page: ink follows the viewer's colour scheme."""
    svg = inline_svg(fig, alt).svg
    head = svg.index(">") + 1
    Path(path).write_text(svg[:head] + _SCHEMES + svg[head:] + "\n", encoding="utf-8")


def _svg(fig: Figure, alt: str) -> str:
    body = _typeset(_strip(_render(fig)))
    prefix = "f" + sha256(f"{alt}{body}".encode()).hexdigest()[:8]
    body = _rename_ids(body, prefix)
    width, height = (round(72 * inches, 2) for inches in fig.get_size_inches())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(alt)}" fill="currentColor" '
        f'style="width:100%;max-width:{width * 1.6:g}px;height:auto;stroke-linejoin:round">{body}</svg>'
    )


def _render(fig: Figure) -> str:
    file = StringIO()
    undated = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "grokkit"}):
        fig.savefig(file, format="svg", transparent=True, metadata=undated)
    return file.getvalue()


def _strip(document: str) -> str:
    """The children of the root element, without comments, fonts, and the style sheet that would reach the page."""
    body = document[document.index(">", document.index("<svg")) + 1 : document.rindex("</svg>")]
    body = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r"font-family: [^;\"]*(; )?", "", body)
    return re.sub(r"\s*\n\s*", "\n", body.replace("#000000", "currentColor")).strip()


def _typeset(body: str) -> str:
    """T_val as a slanted T with a small index in the page's own font, by which matplotlib's formulae are not set."""
    index = f'<tspan style="font-style: italic">T</tspan><tspan dy="{_DROP}" style="font-size: 75%">'
    typeset = rf'\1{index}\2</tspan><tspan dy="-{_DROP}">\3</tspan>'
    return re.sub(r"(<text[^>]*>[^<]*?)T_(train|val)\b([^<]*)", typeset, body)


def _rename_ids(body: str, prefix: str) -> str:
    """Ids that no other figure on the page has; matplotlib numbers each figure's parts from 1."""
    body = re.sub(r'\bid="', f'id="{prefix}-', body)
    return re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}-", body)
