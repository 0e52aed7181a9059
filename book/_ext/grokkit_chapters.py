"""Sphinx extension: chapters as pages that can be opened elsewhere, and links to chapters that may not exist yet.

While `repository.url` in `_config.yml` is empty there are no buttons that lead out of the book. Once it is set,
chapters offer Colab, and all pages their source; for a chapter both lead to `notebooks/`, not to the executed copy.
The first cells of a chapter say what is trained; on its page they stand in its section "The runs", near the end.
Role: {chapter}`words of the link <02_name>`, plain words until `executed/02_name` is a page.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import ReferenceRole

COLAB = "https://colab.research.google.com"
PUBLISHED, SOURCES = "/book/executed/", "/notebooks/"
RUNS = "the-runs"
FIRST = {"tag_parameters", "tag_imports", "tag_plan", "tag_load"}
"""Classes of the cells that a kernel needs before all others, and a reader after them."""


class ChapterRole(ReferenceRole):
    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        self.env.note_reread()
        page = f"executed/{self.target}"
        if page not in self.env.found_docs:
            return [nodes.Text(self.title)], []
        uri = self.env.app.builder.get_relative_uri(self.env.docname, page)
        return [nodes.reference("", self.title, refuri=uri, internal=True)], []


def move_first_cells(app: Sphinx, doctree: nodes.document) -> None:
    """A page opens with its answer; how the runs are planned and loaded comes where the page says what they are."""
    sections = [section for section in doctree.findall(nodes.section) if RUNS in section["ids"]]
    for section in sections[:1]:
        for cell in [each for each in doctree.findall(nodes.container) if FIRST & set(each["classes"])]:
            cell.parent.remove(cell)
            section.append(cell)


def offer_buttons(app: Sphinx, config: Config) -> None:
    """Buttons for an address that Colab can open; without an address the theme is left as it is, without any."""
    from grokkit.publishing.address import checked

    options = config.html_theme_options
    if checked(options.get("repository_url") or ""):
        options["launch_buttons"] = {"colab_url": COLAB}
        options |= {"use_repository_button": True, "use_source_button": True, "use_edit_page_button": True}


def mend_buttons(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """A chapter's buttons lead to its notebook; none needs a font of brands, a tenth of a page's weight."""
    for button in context.get("header_buttons", []):
        for each in [button, *button.get("buttons", [])]:
            each["icon"] = each.get("icon", "").replace("fab fa-github", "fas fa-code-branch")
            if "url" in each:
                each["url"] = each["url"].replace(PUBLISHED, SOURCES)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_role("chapter", ChapterRole())
    app.connect("config-inited", offer_buttons)
    app.connect("doctree-read", move_first_cells)
    app.connect("html-page-context", mend_buttons, priority=900)  # after the theme has made its buttons
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
