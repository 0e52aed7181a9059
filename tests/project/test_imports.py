"""Importing does nothing, and the core stands without what only pages need; imports go downwards only."""

import ast
import importlib
import pkgutil
import re
import subprocess
import sys

import pytest
from paths import ROOT

FLOOR = re.compile(r"\| \d+ \|")
PACKAGE = ROOT / "grokkit"
PAGE = PACKAGE.parent / "book" / "architecture.md"
FLOORS = [
    set(re.findall(r"`(\w+)`", line.split("|")[2])) for line in PAGE.read_text().splitlines() if FLOOR.match(line)
]
"""From the ground up, as the book draws them. A part may import from floors below its own, and from itself."""


def floor_of(part):
    return next(height for height, parts in enumerate(FLOORS) if part in parts)


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_go_downwards(file):
    part = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if part == "__init__":
        return
    for node in ast.walk(ast.parse(file.read_text())):
        modules = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
        modules += [name.name for name in node.names] if isinstance(node, ast.Import) else []
        for imported in (m.split(".")[1] for m in modules if m.startswith("grokkit.")):
            assert imported == part or floor_of(imported) < floor_of(part), f"{part} imports {imported}"


def test_every_part_has_a_floor():
    parts = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert parts - {"__init__"} == set().union(*FLOORS)


def test_the_core_needs_no_pages_and_leaves_the_process_alone():
    code = """
import sys, torch
before = torch.get_num_threads(), torch.get_rng_state(), torch.get_default_dtype()
import grokkit
grokkit.train
pages = {"matplotlib", "anywidget", "papermill", "ipywidgets", "sphinx", "jupyter_book", "IPython"}
assert not pages & set(sys.modules)
assert torch.get_num_threads() == before[0] and torch.equal(torch.get_rng_state(), before[1])
assert torch.get_default_dtype() == before[2]
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_picture_shows_every_part_and_every_way_down(monkeypatch):
    """Its arrows, followed from one to the next, reach what is imported, and nothing else."""
    monkeypatch.syspath_prepend(str(PAGE.parent / "_ext"))
    drawing = importlib.import_module("grokkit_map")
    imported = drawing.imports()
    assert {name for names in drawing.floors_of(PAGE.read_text()) for name in names} == set(imported)
    assert not imported["errors"] and {"claims", "plots"} <= imported["chapters"]
    arrows = drawing.direct(imported)
    reached = {part: drawing._under(part, imported) for part in imported}
    assert {part: drawing._under(part, arrows) for part in imported} == reached
    assert sum(map(len, arrows.values())) < sum(map(len, imported.values())) / 2
    svg = drawing.picture(drawing.floors_of(PAGE.read_text()), imported)
    assert svg.count("<rect") == len(imported) and svg.count("<path") == sum(map(len, arrows.values()))


def test_what_the_map_names_is_there():
    named = sorted(set(re.findall(r"`(grokkit(?:\.\w+)+)`", PAGE.read_text())))
    assert len(named) > 10
    for name in named:
        pkgutil.resolve_name(name)


def told_by(code):
    """What a process of its own prints."""
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_the_package_imports_the_library_with_its_first_name():
    code = """
import sys, grokkit
before = set(sys.modules)
assert not {"torch", "numpy", "pandas", "pydantic"} & before, before
kinds = dict(task={"kind": "addition"}, model={"kind": "mlp"}, optimizer={"kind": "sam"})
assert grokkit.Run(**kinds, batch={"size": 8}).key
assert "scipy.stats" not in sys.modules and {*grokkit.__all__} <= {*dir(grokkit)}
assert not hasattr(grokkit, "trian")
"""
    assert told_by(code) == ""


@pytest.mark.parametrize("first", ["grokkit", "grokkit.train.sweep", "grokkit.train", "grokkit.cli.app"])
def test_train_is_the_call_whatever_was_imported_before(first):
    code = f"import {first}, grokkit as gk; import grokkit.train.pool; from grokkit import *; "
    assert told_by(code + "print(gk.train.__module__, train is gk.train)") == "grokkit.train.sweep True"


def test_a_run_is_read_wherever_its_configuration_is_the_first_that_is_imported():
    code = """
from grokkit.config.run import Run
line = '{"task": {"kind": "mnist"}, "model": {"kind": "mlp"}, "optimizer": {"kind": "muon"}}'
print(Run.from_json(line).task.kind)
"""
    assert told_by(code) == "mnist"
