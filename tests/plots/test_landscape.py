"""Landscapes: a thin line a seed, a thick one of medians, and words for those who do not see them."""

import numpy as np
import pandas as pd
import pytest

from grokkit.errors import BadInput
from grokkit.plots import describe_landscapes, landscapes
from grokkit.plots.landscape import LEAST

TABLE = pd.DataFrame(
    {"panel": panel, "seed": seed, "norm": norm, "train_loss": norm**-9.0, "val_loss": seed + abs(np.log10(norm))}
    for panel in ("images", "students")
    for seed in (1, 2, 4)
    for norm in (0.1, 1.0, 10.0)
)


def test_lines_are_seeds_and_their_medians():
    fig = landscapes(TABLE)
    assert [axes.get_title(loc="left") for axes in fig.axes] == ["images", "students"]
    *seeds, median = [line for line in fig.axes[0].lines if line.get_color() == "#1f78d1"]
    assert [list(line.get_ydata()) for line in seeds] == [[2, 1, 2], [3, 2, 3], [5, 4, 5]]
    assert list(median.get_ydata()) == [3, 2, 3] and list(median.get_xdata()) == [0.1, 1, 10]


def test_what_is_nothing_but_rounding_stays_on_the_axis():
    tiny = TABLE.assign(train_loss=1e-14)
    lines = [line for line in landscapes(tiny).axes[0].lines if line.get_color() == "#d45f00"]
    assert {value for line in lines for value in line.get_ydata()} == {LEAST}


def test_words_name_the_bottom_and_the_ends():
    assert describe_landscapes(TABLE) == (
        "images: test loss is least, 2, at 1, and 3 and 3 at the ends; "
        "students: test loss is least, 2, at 1, and 3 and 3 at the ends (medians)."
    )


def test_an_empty_table_is_refused():
    with pytest.raises(BadInput, match="no row"):
        landscapes(TABLE.head(0))
