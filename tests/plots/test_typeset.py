"""T_train and T_val are set as formulae have them, and what HTML takes for a tag stays text."""

import pandas as pd
import pytest

from grokkit.plots import page_table
from grokkit.plots.typeset import in_html, in_markdown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("median T_val", "median <i>T</i><sub>val</sub>"),
        ("T_val / T_train < 2", "<i>T</i><sub>val</sub> / <i>T</i><sub>train</sub> &lt; 2"),
        ("t_val, GET_val, T_values", "t_val, GET_val, T_values"),
    ],
)
def test_times_are_set_and_names_are_not(text, expected):
    assert in_html(text) == expected


def test_markdown_keeps_its_own_marks():
    assert in_markdown("**T_val** <b>") == "**<i>T</i><sub>val</sub>** <b>"


def test_a_table_sets_them_in_its_head_its_cells_and_its_caption():
    shown = page_table(pd.DataFrame({"T_train": ["T_val"]}), "Of T_val.")._repr_html_()
    assert shown.count("<sub>val</sub>") == 2 and shown.count("<sub>train</sub>") == 1 and "T_" not in shown
