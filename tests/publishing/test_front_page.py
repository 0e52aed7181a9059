"""What the front page takes from the library: a network that is trained where it stands."""

import sys

import pytest
from paths import ROOT

from grokkit.explorables import LiveNetwork

pytest.importorskip("sphinx", reason="The book's tools are not installed.")


@pytest.fixture
def front(tmp_path, monkeypatch) -> str:
    """A page with the directive, as HTML."""
    from sphinx.cmd.build import build_main

    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    (tmp_path / "conf.py").write_text("extensions = ['grokkit_front']\nexclude_patterns = ['out']\n")
    (tmp_path / "index.rst").write_text("Page\n====\n\n.. live-network::\n")
    assert not build_main(["-Q", "-W", "-b", "html", str(tmp_path), str(tmp_path / "out")])
    yield (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    for name in [name for name in sys.modules if name.startswith("grokkit_")]:
        del sys.modules[name]


def test_the_front_page_has_the_live_network_whole(front):
    assert LiveNetwork().to_html() in front


def test_the_sources_of_the_book_ask_for_it():
    assert "```{live-network}" in (ROOT / "book" / "index.md").read_text(encoding="utf-8")
