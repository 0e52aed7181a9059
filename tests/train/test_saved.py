"""What a saved trajectory is checked against besides its checksum: the code of a user's own classes."""

from __future__ import annotations

import importlib
import linecache
import sys
from pathlib import Path
from types import SimpleNamespace

from tiny import learner

import grokkit as gk
from grokkit.train.saved import own_code

OWN = """
import grokkit as gk

def factor():
    return {factor}

class Careful(gk.SGD):
    kind: str = "careful"

    @staticmethod
    def update(g, x, s, n):
        return x - factor() * s.learning_rate * g, ()
"""


def code_with(factor: int, folder: Path) -> str:
    """The code of a run whose optimizer is made of a file with this factor."""
    (folder / "careful.py").write_text(OWN.format(factor=factor))
    linecache.checkcache()
    importlib.invalidate_caches()
    sys.modules.pop("careful", None)
    own = importlib.import_module("careful").Careful
    return own_code(SimpleNamespace(task=gk.ModularAddition(), model=gk.MLP(), optimizer=own()))


def test_it_changes_with_what_an_own_class_calls(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    first, again, other = (code_with(factor, tmp_path) for factor in (1, 1, 2))
    assert first == again != other and first


def test_of_the_librarys_own_classes_there_is_none():
    assert own_code(learner()) == ""
