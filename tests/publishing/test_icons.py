"""Icons stand in the pages as drawings; the script and the font that have them all are not asked for."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
from paths import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

from grokkit_icons import SCRIPT, draw_icons  # noqa: E402
from sphinx.errors import ExtensionError  # noqa: E402

ICONS = (
    'x={sun:[10,20,[8],"f1","M1outline"]},'
    'y={"circle-half":[5,6,[],"f2","M2"],sun:[30,40,[8,"sunshine"],"f1","M3solid"]}'
)
HEAD = '<link rel="preload" as="script" href="a/fontawesome.js?digest=1"/><script src="a/fontawesome.js"></script>'


def drawn(tmp_path, body: str) -> str:
    (tmp_path / SCRIPT).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / SCRIPT).write_text(ICONS)
    (tmp_path / "page.html").write_text(f"<head>{HEAD}<script src='other.js'></script></head>{body}")
    book = SimpleNamespace(outdir=str(tmp_path), builder=SimpleNamespace(format="html"))
    for _ in range(2):  # a page that was not built again is looked at again
        draw_icons(book, None)
    return (tmp_path / "page.html").read_text()


def test_a_mark_becomes_the_solid_drawing_with_its_attributes_and_size(tmp_path):
    text = drawn(tmp_path, '<i class="switch fa-solid fa-sun   fa-lg" data-mode="light"></i><i>in italics</i>')
    assert text.startswith("<head><script src='other.js'></script></head>")
    assert '<svg class="svg-inline--fa switch fa-lg" aria-hidden="true" role="img" data-mode="light"' in text
    assert 'viewBox="0 0 30 40"><path fill="currentColor" d="M3solid"></path></svg><i>in italics</i>' in text


def test_a_span_is_a_mark_too(tmp_path):
    assert '<svg class="svg-inline--fa"' in drawn(tmp_path, '<span class="fas fa-circle-half"></span>')


def test_an_icon_may_be_marked_by_an_older_name(tmp_path):
    assert 'd="M3solid"' in drawn(tmp_path, '<i class="fas fa-sunshine"></i>')


def test_an_icon_that_there_is_not_fails_the_build(tmp_path):
    with pytest.raises(ExtensionError, match="marks an icon 'moon' that"):
        drawn(tmp_path, '<i class="fa-solid fa-moon"></i>')
