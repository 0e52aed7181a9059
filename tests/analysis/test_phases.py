"""Phases, smooth values and agreement, where the answer is known; and the published map."""

import numpy as np
import pandas as pd
import pytest

import grokkit as gk
from grokkit.claims.published import published

NAN = np.nan


@pytest.mark.parametrize(
    ("t_train", "t_val", "expected"),
    [
        (10, 1009, "comprehension"),
        (10, 1010, "grokking"),
        (500, 20, "comprehension"),
        (10, 100_000, "grokking"),
        (10, 100_001, "memorisation"),
        (10, NAN, "memorisation"),
        (100_001, 10, "confusion"),
        (NAN, 10, "confusion"),
        (NAN, NAN, "confusion"),
    ],
)
def test_table_1(t_train, t_val, expected):
    assert gk.phase(t_train, t_val, 100_000) == expected


def test_arrays_budget_and_gap():
    t_train, t_val = np.array([10.0, 10, 10]), np.array([50.0, 300, NAN])
    assert gk.phase(t_train, t_val, 200).tolist() == ["comprehension", "memorisation", "memorisation"]
    assert gk.phase(t_train, t_val, 1000, late=100).tolist() == ["comprehension", "grokking", "memorisation"]
    assert {str(gk.phase(t, u, 100)) for t in (1, NAN) for u in (1, NAN)} <= set(gk.PHASES)


def test_smooth_values():
    t_train, t_val = np.array([10.0, 10, 70, NAN]), np.array([50.0, 5010, NAN, 3])
    assert gk.smooth(t_train, t_val, 10_000).tolist() == [40, 5000, 70, 10_000]


def test_agreement_counts_common_cells():
    ours = pd.Series({(0, 0): "grokking", (0, 1): "confusion", (1, 0): "grokking"})
    theirs = pd.Series({(0, 1): "confusion", (0, 0): "memorisation", (7, 7): "grokking"})
    share, counts = gk.agreement(ours, theirs)
    assert share == 0.5 and counts.to_numpy().sum() == 2
    assert counts.loc["grokking", "memorisation"] == 1 and list(counts.index) == list(gk.PHASES)
    with pytest.raises(gk.BadInput, match="no cell in common"):
        gk.agreement(ours, theirs.iloc[2:])


def test_the_published_map_is_whole_and_on_the_sources_axes():
    table = published("b_fig1")
    assert len(table) == 2 * 441 and "Figure 1" in table.attrs["origin"]
    cells = table.set_index(["setup", "row", "column"])
    assert cells.loc[("classification", 6, 20), "phase"] == "grokking"
    assert cells.loc[("regression", 20, 0), "phase"] == "memorisation"
    assert cells.loc[("regression", 20, 20), ["weight_decay", "learning_rate"]].tolist() == [10, 0.01]
    assert table["learning_rate"].min() == pytest.approx(1e-5) and set(table["phase"]) == set(gk.PHASES)
