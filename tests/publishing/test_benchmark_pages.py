"""The page of benchmarks is what its results and the records say."""

import pytest
from paths import ROOT

from benchmarks.diagrams import CELLS, whole_diagrams
from benchmarks.report import readme

PAGE = ROOT / "benchmarks" / "README.md"


@pytest.mark.exact
def test_the_page_has_what_its_results_say():
    assert PAGE.read_text(encoding="utf-8") == readme()


def test_both_diagrams_are_whole():
    found = whole_diagrams()
    assert [row["setup"] for row in found] == ["classification", "regression"]
    for row in found:
        assert row["cells"] == CELLS and CELLS * 1e5 >= row["run_steps"] > CELLS and row["core_minutes"] > 0
