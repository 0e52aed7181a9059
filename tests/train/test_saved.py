"""What a saved trajectory is checked against besides its checksum: the code of a user's own classes."""

from __future__ import annotations

import importlib
import linecache
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from tiny import learner

import grokkit as gk
from grokkit.train.saved import own_code

OWN = """
import grokkit as gk
import beneath

SCALE = {scale}
join = str.join

def factor():
    return {factor}

class Careful(beneath.Half):
    kind: str = "careful"

    @staticmethod
    def update(g, x, s, n):
        return x - factor() * SCALE * s.learning_rate * g, ()
"""
BENEATH = """
import grokkit as gk

class Half(gk.SGD):
    kind: str = "half"
    half: float = {half}
"""


def code_with(folder: Path, factor: int = 1, scale: int = 1, half: float = 0.5) -> str:
    """The code of a run whose optimizer is made of files with these numbers."""
    (folder / "careful.py").write_text(OWN.format(factor=factor, scale=scale))
    (folder / "beneath.py").write_text(BENEATH.format(half=half))
    linecache.checkcache()
    importlib.invalidate_caches()
    for name in ("careful", "beneath"):
        sys.modules.pop(name, None)
    own = importlib.import_module("careful").Careful
    return own_code(SimpleNamespace(task=gk.ModularAddition(), model=gk.MLP(), optimizer=own()))


@pytest.mark.parametrize("changed", [{"factor": 2}, {"scale": 2}, {"half": 0.25}])
def test_it_changes_with_all_that_an_own_class_is_made_of(changed, tmp_path, monkeypatch):
    """A function that it calls, a constant that it names, a class in another file that it comes from."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    first, again, other = (code_with(tmp_path, **numbers) for numbers in ({}, {}, changed))
    assert first == again != other and first


def test_of_a_class_whose_module_is_gone_it_is_its_name(tmp_path, monkeypatch):
    Gone = type("Gone", (gk.SGD,), {"__module__": "gone", "__annotations__": {"kind": str}, "kind": "gone"})
    assert own_code(SimpleNamespace(task=gk.ModularAddition(), model=gk.MLP(), optimizer=Gone()))


def test_of_the_librarys_own_classes_there_is_none():
    assert own_code(learner()) == ""
