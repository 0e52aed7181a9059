"""Plain papermill on a chapter says what `grokkit run` says of a parameter that the chapter does not have."""

from types import SimpleNamespace

import pytest
from IPython.core.interactiveshell import InteractiveShell

import grokkit as gk
from grokkit.chapters import injected
from grokkit.chapters.chapter import Chapter
from grokkit.chapters.notebooks import checked, find_chapter
from grokkit.plans import PLANS

OWN = 'profile = "evidence"  # smoke, laptop\nseed = 0'
PLAN = PLANS["quickstart"](profile="smoke")


def running(monkeypatch, *cells):
    monkeypatch.setattr(injected, "get_ipython", lambda: SimpleNamespace(user_ns={"In": ["", *cells]}))


def said_by_the_command(**given):
    with pytest.raises(gk.BadInput) as caught:
        checked(find_chapter("quickstart"), given)
    return str(caught.value)


@pytest.mark.parametrize("added", ['# Parameters\nprofile = "smoke"\nsed = 3\n', "# Parameters\nsed = [1, 2]\n"])
def test_a_parameter_that_the_chapter_does_not_have_is_refused_before_any_work(added, monkeypatch):
    running(monkeypatch, OWN, added, "import grokkit as gk")
    with pytest.raises(gk.BadInput) as caught:
        Chapter.load(PLAN)
    assert str(caught.value) == said_by_the_command(sed=3)
    assert "Parameter of chapter 01_quickstart 'sed' is unknown; did you mean 'seed'?" in str(caught.value)


@pytest.mark.parametrize("cells", [(), (OWN,), (OWN, '# Parameters\nseed = 3\nprofile = "smoke"\n'), ("sed = 3",)])
def test_what_it_has_and_what_a_reader_writes_is_taken(cells, monkeypatch):
    running(monkeypatch, *cells)
    assert injected.require_known_parameters(PLAN) is None


def test_outside_a_notebook_nothing_is_looked_for():
    assert injected.get_ipython() is None
    assert injected.require_known_parameters(PLAN) is None


def test_in_a_notebook_bad_input_is_its_sentence_alone(capsys):
    """What IPython itself makes of the error, as a page or papermill shows it."""
    shell = InteractiveShell()
    with pytest.raises(gk.BadInput) as caught:
        PLANS["quickstart"](profile="laptp")
    shell.showtraceback((caught.type, caught.value, caught.tb))
    assert (
        capsys.readouterr().out == "BadInput: Profile 'laptp' is unknown; smoke, laptop, evidence, source are known.\n"
    )
