"""A built package carries what it needs where there is no checkout: Colab installs one and trains nothing again."""

import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from paths import ROOT

PARTS = ("grokkit", "results", "pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE", "LICENSE-text")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The files of a wheel built from a copy of the project, without a network.

    Built for real, because only that shows whether the packaging does what its files say; once, since it takes seconds.
    The copy gets what later chapters will bring: a page's script and a verdict.
    """
    copy, out = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("wheel")
    for part in PARTS:
        source = ROOT / part
        shutil.copytree(source, copy / part) if source.is_dir() else shutil.copy(source, copy)
    (copy / "grokkit" / "claims" / "later.js").write_text("// a script", encoding="utf-8")
    (copy / "results" / "later.json").write_text("{}", encoding="utf-8")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", out, copy], check=True)
    [wheel] = out.glob("grokkit-*.whl")
    zipfile.ZipFile(wheel).extractall(out / "unpacked")
    return out / "unpacked"


def test_the_records_travel_along(unpacked):
    kept = {file.name: file.read_bytes() for end in ("parquet", "json") for file in (ROOT / "results").glob(f"*.{end}")}
    shipped = {file.name: file.read_bytes() for file in (unpacked / "grokkit" / "results").iterdir()}
    assert kept and shipped == kept | {"later.json": b"{}"}


def test_every_file_of_the_package_travels(unpacked):
    here = {file.relative_to(ROOT) for file in (ROOT / "grokkit").rglob("*") if file.is_file()}
    expected = {str(file) for file in here if "__pycache__" not in file.parts} | {"grokkit/claims/later.js"}
    travelled = {str(file.relative_to(unpacked)) for file in (unpacked / "grokkit").rglob("*") if file.is_file()}
    assert expected == {file for file in travelled if not file.startswith("grokkit/results/")}


def test_without_a_checkout_the_quickstarts_records_are_found(unpacked, tmp_path):
    code = f"""
import pathlib, grokkit as gk
from grokkit.chapters.notebooks import planned
from grokkit.claims import claims
assert pathlib.Path(gk.__file__).is_relative_to({str(unpacked)!r}), gk.__file__
assert len(claims()) == 77
for experiment in planned(pathlib.Path({str(ROOT / "notebooks" / "01_quickstart.ipynb")!r}), {{}}):
    found = gk.train(experiment, missing="raise")
    assert len(found) == len(experiment.runs)
"""
    elsewhere = {name: value for name, value in os.environ.items() if name != "GROKKIT_STORE"}
    elsewhere |= {"PYTHONPATH": str(unpacked), "XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, env=elsewhere)
