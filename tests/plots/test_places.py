"""Lines of places: each where its numbers say, and its name beside its end."""

import numpy as np
import pandas as pd
import pytest

from grokkit.errors import BadInput
from grokkit.plots import place_curves
from grokkit.plots.places import NAME_HEIGHT, apart

PLACES = {0: (0.0, 1.0), 1: (0.5, 1.0), 2: (-0.5, -1.0)}
TABLE = pd.DataFrame(
    [
        (panel, number, step, place)
        for panel in "ab"
        for number, ends in PLACES.items()
        for step, place in enumerate(ends)
    ],
    columns=["panel", "number", "step", "place"],
)


def test_a_panel_has_a_line_a_number():
    fig = place_curves(TABLE[TABLE.panel == "a"])
    shown, hidden = fig.axes
    assert not hidden.get_visible()
    assert [tuple(line.get_ydata()) for line in shown.lines] == list(PLACES.values())


def test_names_stand_by_the_ends_and_not_on_each_other():
    for axes in place_curves(TABLE).axes:
        heights = {text.get_text(): text.xy[1] for text in axes.texts}
        assert heights["2"] < heights["0"] < heights["1"]
        assert heights["1"] - heights["0"] == pytest.approx(NAME_HEIGHT)


def test_heights_move_no_more_than_they_must():
    assert apart(np.array([0.1, 0.5, 0.9]), 0.1).tolist() == [0.1, 0.5, 0.9]
    assert apart(np.array([0.5, 0.5]), 0.1) == pytest.approx([0.45, 0.55])
    assert apart(np.array([0.4, 0.5, 0.5]), 0.1) == pytest.approx([0.367, 0.467, 0.567], abs=1e-3)
    assert apart(np.array([0.1, 0.5, 0.5, 0.5]), 0.1) == pytest.approx([0.1, 0.4, 0.5, 0.6])


def test_an_empty_table_is_refused():
    with pytest.raises(BadInput, match="no row"):
        place_curves(TABLE.head(0))
