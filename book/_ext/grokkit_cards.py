"""Sphinx extension: what others show of a page when it is linked to, and from what the book was built.

A page without a description of its own takes its answer, or else its first paragraph. Nothing is fetched: readers of
such cards load the image, a page never does. They want its whole address, which only `html_baseurl` can give.
"""

from __future__ import annotations

import re
import subprocess
from datetime import date
from html import escape, unescape
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

IMAGE = "_static/card.png"
IMAGE_TOLD = "Accuracy of one network: on its training sums it rises early, on all others long after."
LONGEST = 200  # characters of a description
SHORTEST = 50
PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)
ANSWER = re.compile(r'<div class="cell tag_answer.*?<div class="cell_output[^>]*>(.*)', re.DOTALL)
DESCRIBED = re.compile(r'<meta content="([^"]*)" name="description"')


def add_card(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    tags, body = context.get("metatags", ""), context.get("body", "")
    own = DESCRIBED.search(tags)
    told = unescape(own[1]) if own else description(body)
    if told and not own:
        tags += f'\n<meta name="description" content="{escape(told)}" />'
    root = app.config.html_baseurl.rstrip("/") + "/" if app.config.html_baseurl else "../" * pagename.count("/")
    card = {
        "og:type": "article",
        "og:site_name": app.config.html_title or app.config.project,
        "og:title": plain(context.get("title", "")),
        "og:description": told,
        "og:image": root + IMAGE,
        "og:image:alt": IMAGE_TOLD,
    }
    context["metatags"] = tags + "".join(
        f'\n<meta property="{name}" content="{escape(value)}" />' for name, value in card.items() if value
    )


def description(body: str) -> str:
    """A chapter's answer, or the first paragraph that says something, cut after a whole word."""
    answer = ANSWER.search(body)
    found = [text for part in ([answer[1]] if answer else []) + [body] for text in map(plain, PARAGRAPH.findall(part))]
    told = next((text for text in found if len(text) >= SHORTEST), "")
    return told if len(told) <= LONGEST else f"{told[: LONGEST - 2].rsplit(' ', 1)[0].rstrip(',;:')} …"


def plain(html: str) -> str:
    """Words without markup; of a formula its letters."""
    text = unescape(re.sub(r"<[^>]+>", "", html))
    return " ".join(re.sub(r"\\[()]|\\[a-z]+|[{}]", "", text).split())


def say_what_was_built(app: Sphinx, config: Config) -> None:
    config.html_theme_options["extra_footer"] = f'<p class="built">{built(Path(app.srcdir))}</p>'


def built(folder: Path) -> str:
    """Version and commit: a clock would make two builds of one commit differ."""
    told = f"Version {version('grokkit')}"
    try:
        command = ["git", "-C", str(folder), "log", "-1", "--format=%h %cs"]
        commit, day = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError, ValueError):  # a copy without its history
        return f"{told}."
    when = date.fromisoformat(day)
    return f"{told}, commit {commit} of {when.day} {when:%B %Y}."


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", say_what_was_built)
    app.connect("html-page-context", add_card)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
