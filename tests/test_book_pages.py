"""The built book in a real browser, opened from disk without a network: what a reader meets, checked page by page.

Needs a Chromium and a built book: `_build/html` of the checkout, or the folder in GROKKIT_BOOK_HTML. Without them
the tests are skipped, except where CI is set: there they fail.
"""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import grokkit as gk
from grokkit import plots
from grokkit.address import address

ROOT = Path(__file__).parent.parent
BOOK = Path(os.environ.get("GROKKIT_BOOK_HTML", ROOT / "_build" / "html")).resolve()
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]
THEME_FINDINGS = {"label-content-name-mismatch", "region"}
PAGE_LIMIT = 1_300_000
CLAIMS = 77


def _missing(sentence: str) -> None:
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(sentence)
    pytest.skip(sentence)


def _pages() -> list[str]:
    generated = {"genindex.html", "search.html", "py-modindex.html"}
    found = sorted(path.relative_to(BOOK).as_posix() for path in BOOK.rglob("*.html") if "_static" not in path.parts)
    return [page for page in found if page not in generated and not page.startswith("_")]


PAGES = _pages() if BOOK.is_dir() else []


@pytest.fixture(scope="module")
def browser() -> Iterator:
    if not PAGES:
        _missing(f"The book is not built: {BOOK} has no pages. Run `make book`, or set GROKKIT_BOOK_HTML.")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        _missing(f"No Chromium found under the names {', '.join(BROWSERS)}: install one to check the book's pages.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield opened
        opened.close()


class Visit:
    """One page in a browser context of its own, with everything it asked for and every error it reported."""

    def __init__(self, browser, name: str, **settings) -> None:
        self.context = browser.new_context(**settings)
        self.context.set_offline(True)
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("requestfailed", lambda request: self.errors.append(f"not found: {request.url}"))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.goto(f"{BOOK.as_uri()}/{name}")
        if settings.get("java_script_enabled", True):
            self.page.evaluate("() => window.MathJax?.startup?.promise")

    @property
    def weight(self) -> int:
        """Bytes a server with gzip would send for everything the page loaded."""
        files = {Path(unquote(urlsplit(url).path)) for url in self.requests if url.startswith("file:")}
        return sum(_gzipped(file) for file in files)


@cache
def _gzipped(file: Path) -> int:
    return len(gzip.compress(file.read_bytes(), 6))


@pytest.fixture
def visit(browser) -> Iterator:
    opened: list[Visit] = []

    def go(name: str, **settings) -> Visit:
        opened.append(Visit(browser, name, **settings))
        return opened[-1]

    yield go
    for each in opened:
        each.context.close()


@pytest.fixture(scope="module", params=PAGES or ["index.html"])
def seen(request, browser) -> Iterator[Visit]:
    """Every page in turn, opened once for all tests that look at it."""
    opened = Visit(browser, request.param)
    opened.page.add_style_tag(content="* { transition: none !important }")  # colours are read right after a switch
    yield opened
    opened.context.close()


def test_page_needs_no_other_host_and_reports_no_error(seen):
    assert {urlsplit(url).scheme for url in seen.requests} <= {"file", "data", "blob"}
    assert seen.errors == []
    assert "thebe" not in seen.page.content()
    assert seen.weight < PAGE_LIMIT, f"{seen.weight:,} bytes gzipped are more than {PAGE_LIMIT:,}"


def test_page_offers_colab_only_for_a_chapter_of_a_project_with_an_address(seen):
    """Where the buttons lead is checked in `test_address.py`."""
    chapter = "/executed/" in seen.page.url
    assert seen.page.locator("a[href*='colab.research']").count() == int(chapter and bool(address()))


def test_mathematics_is_typeset(seen):
    assert seen.page.locator("mjx-merror").count() == 0
    assert seen.page.locator(".math").count() == seen.page.locator(".math mjx-container").count()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_is_accessible(seen, scheme):
    seen.page.emulate_media(color_scheme=scheme)
    seen.page.wait_for_function("scheme => document.documentElement.dataset.theme === scheme", arg=scheme)
    if not seen.page.evaluate("() => 'axe' in window"):
        seen.page.add_script_tag(path=AXE)
    found = seen.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]
    where = {each["id"]: [node["html"][:200] for node in each["nodes"]] for each in found}
    assert {name: nodes for name, nodes in where.items() if name not in THEME_FINDINGS} == {}


def test_page_fits_a_phone(seen):
    seen.page.set_viewport_size({"width": 390, "height": 844})
    assert seen.page.evaluate("() => document.documentElement.scrollWidth") <= 390


def test_some_mathematics_is_there(visit):
    assert visit("notation.html").page.locator("mjx-container").count() > 10


def test_the_ledger_has_a_row_for_every_claim_even_without_scripts(visit):
    page = visit("ledger.html", java_script_enabled=False).page
    rows = page.locator("table.ledger-table tbody tr")
    assert rows.count() == CLAIMS
    assert rows.evaluate_all("rows => rows.map(row => row.id)")[0] == "claim-a1"
    assert page.locator("#ledger-filter").is_hidden()


def test_the_ledger_is_filtered_by_keyboard(visit):
    page = visit("ledger.html").page
    shown = page.locator("table.ledger-table tbody tr:visible")
    count = page.locator("#ledger-filter output")
    page.locator("#ledger-filter").get_by_label("Source").focus()
    page.keyboard.press("B")
    assert {each[0] for each in shown.locator(".id").all_inner_texts()} == {"B"}
    assert count.inner_text() == f"{shown.count()} of {CLAIMS} claims"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("mnist gap")
    assert shown.count() == 1 and "B7" in shown.first.inner_text()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert shown.count() == CLAIMS


def test_a_link_to_a_claim_arrives_at_its_row(visit):
    page = visit("related.html").page
    page.get_by_role("link", name="A24").click()
    page.wait_for_url("**/ledger.html#claim-a24")
    page.locator("tr#claim-a24:target").wait_for(state="visible")


def test_every_public_name_has_an_anchor(visit):
    names = [f"grokkit.{name}" for name in gk.__all__] + [f"grokkit.plots.{name}" for name in plots.__all__]
    ids = visit("api.html").page.locator("section[id]").evaluate_all("sections => sections.map(each => each.id)")
    assert sorted(id for id in ids if id.startswith("grokkit.")) == sorted(names)


def test_the_search_works_from_disk(visit):
    found = visit("search.html?q=censored")
    found.page.locator("#search-results li", has_text="How to read this book").wait_for()
    assert found.errors == []


def test_figures_follow_the_colour_scheme(visit):
    if not (ink := [_ink(visit, scheme) for scheme in ("light", "dark")])[0]:
        pytest.skip("No page of this build shows a figure.")
    assert ink[0] != ink[1]


def _ink(visit, scheme: str) -> str | None:
    """The colour of the first figure's text; None if no page has one."""
    for name in PAGES:
        if "grokkit-figure" in (BOOK / name).read_text(encoding="utf-8"):
            texts = visit(name, color_scheme=scheme).page.locator(".grokkit-figure svg text")
            return texts.first.evaluate("text => getComputedStyle(text).fill")
    return None
