"""The built book in a real browser, opened from disk without a network: what a reader meets, checked page by page.

Needs a Chromium and a built book: `_build/html` of the checkout, or the folder in GROKKIT_BOOK_HTML. Without them
the tests are skipped, except where CI is set: there they fail.
"""

from __future__ import annotations

import base64
import gzip
import io
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pandas as pd
import pytest
from browsing import Visit, missing
from paths import ROOT

import grokkit as gk
from grokkit import plots
from grokkit.claims import OPEN, claim, ledger
from grokkit.publishing.address import address

BOOK = Path(os.environ.get("GROKKIT_BOOK_HTML", ROOT / "_build" / "html")).resolve()
THEME_FINDINGS = {"label-content-name-mismatch", "region"}
PAGE_LIMIT = 620_000
CLAIMS = 77


def _pages() -> list[str]:
    generated = {"genindex.html", "search.html", "py-modindex.html"}
    found = sorted(path.relative_to(BOOK).as_posix() for path in BOOK.rglob("*.html") if "_static" not in path.parts)
    return [page for page in found if page not in generated and not page.startswith("_")]


PAGES = _pages() if BOOK.is_dir() else []


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    if not PAGES:
        missing(f"The book is not built: {BOOK} has no pages. Run `make book`, or set GROKKIT_BOOK_HTML.")


def opened(browser, name: str, **settings) -> Visit:
    visit = Visit(browser, f"{BOOK.as_uri()}/{name}", **settings)
    if settings.get("java_script_enabled", True):
        visit.page.evaluate("() => window.MathJax?.startup?.promise")
    return visit


def weight(visit: Visit) -> int:
    """Bytes a server with gzip would send for everything the page loaded."""
    files = {Path(unquote(urlsplit(url).path)) for url in visit.requests if url.startswith("file:")}
    return sum(_gzipped(file) for file in files)


@cache
def _gzipped(file: Path) -> int:
    return len(gzip.compress(file.read_bytes(), 6))


@pytest.fixture
def visit(browser) -> Iterator:
    visits: list[Visit] = []

    def go(name: str, **settings) -> Visit:
        visits.append(opened(browser, name, **settings))
        return visits[-1]

    yield go
    for each in visits:
        each.context.close()


@pytest.fixture(scope="module", params=PAGES or ["index.html"])
def seen(request, browser) -> Iterator[Visit]:
    """Every page in turn, opened once for all tests that look at it."""
    visit = opened(browser, request.param)
    visit.page.add_style_tag(content="* { transition: none !important }")  # colours are read right after a switch
    yield visit
    visit.context.close()


def test_page_needs_no_other_host_and_reports_no_error(seen):
    assert {urlsplit(url).scheme for url in seen.requests} <= {"file", "data", "blob"}
    assert seen.errors == []
    assert "thebe" not in seen.page.content() and not [url for url in seen.requests if "fontawesome" in url]
    assert weight(seen) < PAGE_LIMIT, f"{weight(seen):,} bytes gzipped are more than {PAGE_LIMIT:,}"


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
    where = seen.findings()
    assert {name: nodes for name, nodes in where.items() if name not in THEME_FINDINGS} == {}


def test_page_fits_a_phone(seen):
    seen.page.set_viewport_size({"width": 390, "height": 844})
    assert seen.page.evaluate("() => document.documentElement.scrollWidth") <= 390


def test_page_has_a_description_a_card_and_a_footer_that_says_what_was_built(seen):
    for name in ("og:title", "og:description", "og:image"):
        assert seen.page.locator(f"meta[property='{name}']").get_attribute("content"), name
    assert len(seen.page.locator("meta[name='description']").get_attribute("content")) >= 40
    assert not [url for url in seen.requests if "card.png" in url]
    assert seen.page.locator("footer .built").inner_text().startswith("Version ")


def test_figures_of_a_page_can_be_cited_and_copy_buttons_have_a_name(seen):
    figures = seen.page.locator("figure.grokkit-figure")
    ids = figures.evaluate_all("all => all.map(figure => figure.id)")
    assert ids == [f"figure-{i + 1}" for i in range(figures.count())]
    names = seen.page.locator("button.copybtn").evaluate_all("all => all.map(each => each.ariaLabel)")
    assert set(names) <= {"Copy this code"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_printed_page_is_dark_on_light_whole_and_without_what_only_a_screen_can_use(seen, scheme):
    page = seen.page
    page.emulate_media(media="print", color_scheme=scheme)
    page.set_viewport_size({"width": 680, "height": 960})
    try:
        page.wait_for_function("scheme => document.documentElement.dataset.theme === scheme", arg=scheme)
        assert page.evaluate(INK_OF_THE_TEXT) < 130
        hidden = ".bd-sidebar-primary, .bd-sidebar-secondary, .copybtn, details.hide:not([open]), .scrubber"
        assert not [each for each in page.locator(hidden).all() if each.is_visible()]
        assert page.locator(".bd-article pre:visible").evaluate_all(CUT) == []
        drawings = page.locator("figure.grokkit-figure, .grokkit-explorable, tr, .cell_input")
        assert set(drawings.evaluate_all("all => all.map(each => getComputedStyle(each).breakInside)")) <= {"avoid"}
    finally:
        page.emulate_media(media="screen", color_scheme=scheme)


INK_OF_THE_TEXT = """() => Math.max(...getComputedStyle(document.querySelector('.bd-article p') ?? document.body)
    .color.match(/\\d+/g).slice(0, 3).map(Number))"""
CUT = "all => all.filter(pre => pre.scrollWidth > pre.clientWidth + 1).map(pre => pre.textContent.slice(0, 60))"


def test_the_table_of_findings_needs_no_scrolling_on_a_phone(visit):
    page = visit("findings.html", viewport={"width": 390, "height": 844}).page
    table = page.locator("table.verdicts-table")
    assert table.evaluate("table => table.parentElement.scrollWidth <= table.parentElement.clientWidth")
    cells = table.locator("tbody td:nth-child(3)")
    assert min(cells.evaluate_all("all => all.map(cell => cell.clientWidth)")) > 300


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


def test_every_link_in_the_ledger_leads_somewhere(visit):
    page = visit("ledger.html").page
    row = page.locator("tr#claim-a1")
    links = dict(row.locator(".evidence a").evaluate_all("links => links.map(a => [a.textContent, a.href])"))
    assert links.keys() == {"transformer", "rule", "runs (CSV)"}
    for target in links.values():
        assert Path(unquote(urlsplit(target).path)).is_file(), target
    runs = pd.read_csv(unquote(urlsplit(links["runs (CSV)"]).path))
    assert {"key", "t_train", "t_val", "status", "seeds.init"} <= set(runs.columns) and len(runs) >= 10
    row.locator(".evidence a", has_text="rule").click()
    page.locator("section#rule-a1:target pre", has_text="A1 = rule(").wait_for(state="visible")


def test_the_rules_page_shows_what_was_registered(visit):
    text = visit("rules.html").page.locator("#rule-a2").inner_text()
    assert claim("A2").registration.rule in text and "def has_plateau" in text and "threshold 0.95: " in text
    assert visit("rules.html").page.locator("#rule-a2 pre .k", has_text="def").count()  # code is coloured


def test_the_ledger_says_what_is_missing_and_what_it_costs(visit):
    text = visit("ledger.html").page.inner_text("main")
    lacking = [row["id"] for row in ledger() if row["missing"]["runs"]]
    assert all(f"grokkit next --claims {id}" in text for id in lacking)
    assert " 1 runs" not in text and "e+0" not in text and "nan" not in text


def test_findings_name_every_decided_claim(visit):
    rows = visit("findings.html").page.locator("table.verdicts-table tbody tr")
    decided = [row["id"] for row in ledger() if row["verdict"] not in OPEN]
    assert decided and [text.split()[0] for text in rows.all_inner_texts()] == decided


def test_a_verdict_that_hangs_on_the_reading_says_so(visit):
    decided = [row for row in ledger() if row["verdict"] not in OPEN]
    others = {row["id"]: sorted({*row["sensitivity"].values()} - {row["verdict"]}) for row in decided}
    expected = {id: f"read otherwise: {', '.join(told)}" for id, told in others.items() if told}
    for name, table in (("ledger", "ledger-table"), ("findings", "verdicts-table")):
        rows = visit(f"{name}.html").page.locator(f"table.{table} tbody tr:has(.otherwise)")
        marked = {row.split()[0]: " ".join(row.split()) for row in rows.all_inner_texts()}
        assert expected and marked.keys() == expected.keys()
        assert all(told in marked[id] for id, told in expected.items())


CHAPTERS = [page for page in PAGES if page.startswith("executed/")] or ["executed/02_transformer.html"]
SCREEN = {"width": 1440, "height": 900}
DEEPEST_EXPLORABLE = 2_700
WITHOUT_ANY_RUN = {"executed/09_activations.html"}
"""Chapters whose figures are all of runs that are still to come."""
BELOW_THE_FOLD = {"executed/01_quickstart.html", "executed/05_optimizers.html"}
"""Figures that end below the first screen, one for the button above it, one for nine panels; half is there."""


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_opens_with_its_answer_and_its_figure(visit, name):
    page = visit(name, viewport=SCREEN).page
    answer = ends(page, ".tag_answer .cell_output p")
    assert answer[1] < SCREEN["height"]
    if name not in WITHOUT_ANY_RUN:
        top, bottom = ends(page, ":is(figure.grokkit-figure, .grokkit-explorable) svg[role='img']")
        assert answer[1] <= top
        end = (top + bottom) / 2 if name in BELOW_THE_FOLD else bottom
        assert end <= SCREEN["height"], f"{name}: the first figure lies at {top} to {bottom}"


@pytest.mark.parametrize("name", [name for name in CHAPTERS if "quickstart" not in name])
def test_the_explorable_and_the_plan_are_where_readers_want_them(visit, name):
    page = visit(name, viewport=SCREEN).page
    runs = ends(page, "section#the-runs")
    if name not in WITHOUT_ANY_RUN:
        top, _ = ends(page, ".grokkit-explorable")
        assert top <= DEEPEST_EXPLORABLE < runs[0]
    for first in ("parameters", "imports", "plan", "load"):
        assert page.locator(f"section#the-runs .tag_{first}").count() == page.locator(f".tag_{first}").count() > 0


def ends(page, selector: str) -> tuple[float, float]:
    """Where the first such element begins and ends, in pixels from the top of the page."""
    box = page.locator(selector).first.bounding_box()
    return box["y"], box["y"] + box["height"]


@pytest.mark.parametrize("name", ["index.html", "executed/01_quickstart.html"])
def test_a_network_is_trained_under_the_readers_hands(visit, name):
    seen = visit(name, viewport=SCREEN)
    live = seen.page.locator(".grokkit-explorable.live")
    live.get_by_role("button", name="Train 8 networks").click()
    live.get_by_text("Now memorised: seed").wait_for()
    assert seen.errors == []


def test_the_first_chapter_offers_to_train_below_its_figure(visit):
    page = visit("executed/01_quickstart.html", viewport=SCREEN).page
    figure = page.locator("figure.grokkit-figure").first.bounding_box()
    button = page.get_by_role("button", name="Train 8 networks").bounding_box()
    assert figure["y"] + figure["height"] <= button["y"] <= 2 * SCREEN["height"]


def test_figures_of_the_chapter_bring_their_numbers(visit):
    page = visit("executed/02_transformer.html").page
    figures = page.locator("figure.grokkit-figure")
    assert figures.count() >= 6
    for figure in figures.all():
        href = figure.get_by_role("link", name="Data (CSV)").get_attribute("href")
        table = pd.read_csv(io.BytesIO(base64.b64decode(href.split(",", 1)[1])))
        assert len(table) > 10


def test_the_chapters_explorable_is_used_by_keyboard(visit):
    explorer = visit("executed/02_transformer.html").page.locator(".grokkit-explorable")
    said, before = explorer.get_by_role("status"), explorer.get_by_role("status").inner_text()
    explorer.get_by_role("radio", name="97", exact=True).focus()
    explorer.page.keyboard.press("ArrowRight")
    assert explorer.get_by_role("radio", name="149", exact=True).is_checked()
    assert said.inner_text() != before
    explorer.get_by_role("slider", name="moment").focus()
    explorer.page.keyboard.press("End")
    assert "5 of 5 T_val" in explorer.locator(".reading").inner_text()


def test_every_public_name_has_an_anchor(visit):
    names = [f"grokkit.{name}" for name in gk.__all__] + [f"grokkit.plots.{name}" for name in plots.__all__]
    ids = visit("api.html").page.locator("section > dl.py > dt[id]").evaluate_all("all => all.map(each => each.id)")
    assert sorted(ids) == sorted(names)


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


def test_the_front_page_has_a_square_for_every_claim(visit):
    page = visit("index.html").page
    squares = page.eval_on_selector_all(
        "a.square", "all => all.map(a => [a.textContent, a.className, a.getAttribute('href'), a.title])"
    )
    rows = ledger()
    assert len(squares) == CLAIMS
    for (name, kind, target, told), row in zip(squares, rows, strict=True):
        assert (name, kind) == (row["id"], f"square {row['verdict'].replace(' ', '-')}")
        assert target == f"ledger.html#claim-{name.lower()}" and told == f"{name}, {row['verdict']}: {row['statement']}"
    named = page.locator(".legend li").all_inner_texts()
    counts = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in {row["verdict"] for row in rows}}
    assert {text.split(" ", 1)[1]: int(text.split()[0]) for text in named} == counts
