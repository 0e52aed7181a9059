"""Verdicts and intervals in running text come from the store, and a sentence cannot outlive its verdict."""

import sys

import pytest
from paths import ROOT

from grokkit.claims import interval_text, ledger

pytest.importorskip("sphinx", reason="The book's tools are not installed.")

EXTENSIONS = ROOT / "book" / "_ext"
FOUND = {each["id"]: each for each in ledger()}


@pytest.fixture
def built(tmp_path, monkeypatch):
    """A page of one sentence as text; raises where the book's build would fail."""
    from sphinx.cmd.build import build_main

    monkeypatch.syspath_prepend(str(EXTENSIONS))
    (tmp_path / "conf.py").write_text("extensions = ['grokkit_rules']\nexclude_patterns = ['out']\n")

    def build(sentence):
        (tmp_path / "index.rst").write_text(f"Page\n====\n\n{sentence}\n")
        failed = build_main(["-Q", "-W", "-b", "text", str(tmp_path), str(tmp_path / "out")])
        return None if failed else (tmp_path / "out" / "index.txt").read_text()

    yield build
    for name in [name for name in sys.modules if name.startswith("grokkit_")]:
        del sys.modules[name]


def test_a_sentence_has_its_verdict_and_its_numbers_from_the_store(built):
    assert FOUND["A1"]["verdict"] == "reproduced"
    text = built(":claim:`A1 reproduced` with a ratio of :interval:`A1`.")
    assert f"A1: reproduced with a ratio of {interval_text(FOUND['A1']['interval'])}." in " ".join(text.split())


@pytest.mark.parametrize("sentence", [":claim:`A2 reproduced`", ":claim:`A99 reproduced`", ":interval:`A99`"])
def test_a_sentence_that_the_store_does_not_bear_out_fails_the_build(built, sentence):
    assert FOUND["A2"]["verdict"] != "reproduced"
    assert built(sentence) is None
