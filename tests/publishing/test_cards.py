"""What others show of a page that is linked to, numbers of figures, names of copy buttons, what the footer says."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest
from paths import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import grokkit_cards as cards  # noqa: E402
import grokkit_copy  # noqa: E402
from grokkit_figures import numbered  # noqa: E402
from sphinx.errors import ExtensionError  # noqa: E402

LONG = "Trained on 40% of all sums, every network knows them long before it can answer others, and then it can."
ANSWERED = (
    f"<p>{'A sentence before the answer. ' * 3}</p>"
    '<div class="cell tag_answer docutils container"><details><p>Show code cell source</p></details>'
    '<div class="cell_output docutils container">'
    f"<p>In <em>all</em> runs \\(T_{{\\mathrm{{val}}}}\\) &gt; 9: {LONG}</p></div></div>"
)


def card(body: str, tags: str = "", base: str = "", page: str = "executed/02") -> str:
    config = SimpleNamespace(html_baseurl=base, html_title="A book", project="")
    context = {"title": 'A <em>"title"</em>', "body": body, "metatags": tags}
    cards.add_card(SimpleNamespace(config=config), page, "page.html", context, None)
    return context["metatags"]


def test_a_chapter_is_described_by_its_answer():
    told = cards.description(ANSWERED)
    assert told == f"In all runs T_val > 9: {LONG}"
    tags = card(ANSWERED)
    assert tags.count(f'content="In all runs T_val &gt; 9: {LONG}"') == 2  # the search engine's and the card's
    assert 'property="og:title" content="A &quot;title&quot;"' in tags


def test_a_description_of_its_own_stays_and_is_the_cards_too():
    tags = card(ANSWERED, '<meta content="Own &amp; good" name="description" />')
    assert tags.count("description") == 2 and 'og:description" content="Own &amp; good"' in tags


def test_a_long_description_ends_after_a_whole_word():
    told = cards.description(f"<p>short</p><p>{'words, ' * 60}</p>")
    assert len(told) <= cards.LONGEST and told.endswith("words …")
    assert cards.description("<p>short</p>") == ""


def test_the_image_has_its_whole_address_where_the_book_has_one():
    assert f'content="../{cards.IMAGE}"' in card("")
    assert f'content="https://a.example/book/{cards.IMAGE}"' in card("", base="https://a.example/book")
    image = (ROOT / "book" / cards.IMAGE).read_bytes()
    assert image.startswith(b"\x89PNG") and len(image) < 100_000


def test_the_footer_tells_version_and_commit_and_no_time_of_day(tmp_path):
    assert cards.built(tmp_path).startswith("Version ") and "commit" not in cards.built(tmp_path)
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], check=True)
    made = {"GIT_COMMITTER_DATE": "2031-02-03T04:05:06Z", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True, env=made)
    assert cards.built(tmp_path).endswith(" of 3 February 2031.") and "commit " in cards.built(tmp_path)


def test_figures_are_numbered_in_order_and_link_to_themselves():
    figure = '<figure class="grokkit-figure"><svg></svg>{}</figure>'
    body = numbered(figure.format("<figcaption>Told.</figcaption>") + "<figure>other</figure>" + figure.format(""))
    first, second = (f'<a class="figure-number" href="#figure-{n}">Figure {n}</a>.' for n in (1, 2))
    assert f'id="figure-1"><svg></svg><figcaption>{first} Told.</figcaption></figure><figure>other' in body
    assert f'id="figure-2"><svg></svg><figcaption>{second}</figcaption></figure>' in body


def test_copy_buttons_are_named_once_and_a_new_way_of_making_them_is_noticed(tmp_path):
    book = SimpleNamespace(outdir=str(tmp_path), builder=SimpleNamespace(format="html"))
    script = tmp_path / grokkit_copy.SCRIPT
    script.parent.mkdir()
    script.write_text('x = `<button class="copybtn o-tooltip--left">`')
    for _ in range(2):
        grokkit_copy.name_buttons(book, None)
    assert script.read_text().count('aria-label="Copy this code"') == 1
    script.write_text("x = makeButton()")
    with pytest.raises(ExtensionError, match="in another way"):
        grokkit_copy.name_buttons(book, None)
