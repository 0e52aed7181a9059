"""Figures of several settings: medians and ranges are of the runs, censored runs are shown as such, data travel."""

import base64
import io
import re

import numpy as np
import pandas as pd
import pytest
from made_up import a_grid
from test_figures import DEUTERANOPIA, GROUNDS, PROTANOPIA, TRITANOPIA, linear, luminance, runs

import grokkit as gk
from grokkit.plots import (
    band_curves,
    bands,
    delay_curves,
    delay_table,
    inline_svg,
    learning_curves,
    named_dots,
    page_table,
    scale,
    seed_dots,
    small_multiples,
)


def curves_of(*, t_vals=(1000, 2000, 3000), group="p"):
    """Three made-up runs of one setting, straight up to each one's T_val."""
    grid = a_grid(lambda form, p, alpha, seed: t_vals[seed % 3], seeds=range(3))
    kept = [r for r in grid if r.config["task"].get("p") == 47 and r.config["model"].get("width", 128) == 128]
    return gk.curves_table(kept).assign(panel="width 128", p=47)


@pytest.mark.parametrize("n", [4, 7])
@pytest.mark.parametrize("vision", [np.eye(3), PROTANOPIA, DEUTERANOPIA], ids=["all", "no L", "no M"])
def test_neighbours_on_the_scale_stay_apart(n, vision):
    seen = [np.clip(vision @ linear(colour), 0, 1) for colour in scale(n)]
    assert min(np.abs(a - b).max() for a, b in zip(seen, seen[1:], strict=False)) > 0.03
    assert np.abs(seen[0] - seen[-1]).max() > 0.3
    assert np.abs(np.clip(TRITANOPIA @ linear(scale(n)[0]), 0, 1) - TRITANOPIA @ linear(scale(n)[-1])).max() > 0.05


@pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS.keys())
def test_the_scale_is_legible_on_every_ground(ground):
    for colour in scale(7):
        low, high = sorted([luminance(colour), luminance(ground)])
        assert (high + 0.05) / (low + 0.05) >= 3


def test_a_band_is_the_range_and_its_line_the_median_with_stopped_runs_at_their_last_value():
    drawn = bands(curves_of(), "p")
    validation = drawn[(drawn["set"] == "validation")].set_index("step")
    assert set(drawn.columns) == {"panel", "p", "set", "runs", "step", "median", "low", "high"}
    assert validation.loc[500, ["low", "median", "high"]].tolist() == pytest.approx([500 / 3000, 0.25, 0.5], abs=1e-6)
    assert validation.loc[3500, ["low", "median", "high"]].tolist() == [1, 1, 1]  # the others had stopped long before
    assert (drawn["runs"] == 3).all() and (drawn["step"] % 100 == 0).all()


def test_curves_are_drawn_on_the_sources_axes():
    figure = band_curves(bands(curves_of(), "p"), "p", "p", last=2000)
    [axes] = figure.axes
    assert axes.get_xlim() == (0, 20) and axes.get_xlabel() == "steps (100 iterations each)"
    assert {line.get_linestyle() for line in axes.get_lines()} == {"-", "--"}
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["p = 47", "training", "validation"]


def test_curves_may_be_drawn_over_epochs():
    drawn = bands(curves_of(), "p")
    drawn["step"] = drawn["step"] / 50  # steps an epoch
    [axes] = band_curves(drawn, "p", "p", unit=(1, "epochs")).axes
    assert axes.get_xlim() == (0, 70) and axes.get_xlabel() == "epochs"
    assert max(line.get_xdata().max() for line in axes.get_lines()) == 70


def test_bands_need_an_evaluation_on_their_grid():
    curves = curves_of()
    with pytest.raises(gk.BadInput, match="multiple of 100 steps"):
        bands(curves[curves["step"] % 100 != 0], "p")


def test_every_run_is_a_dot_and_a_censored_one_a_triangle_at_its_budget():
    table = pd.DataFrame({"panel": "one", "p": [47, 47, 97, 97], "t_val": [100.0, 300.0, np.nan, 200.0]})
    axes = seed_dots(table, "p", "t_val", labels=("p", "T_val"), budget=9000).axes[0]
    drawn = {
        mark: [y for line in axes.get_lines() if line.get_marker() == mark for y in line.get_ydata()] for mark in "o^"
    }
    assert sorted(drawn["o"]) == [100, 200, 300] and drawn["^"] == [9000]
    medians = axes.get_lines()[-1].get_ydata()
    assert medians[0] == 200 and np.isnan(medians[1])  # half of two runs never arrive: no median to draw


def test_a_censored_run_needs_a_budget_to_be_drawn_at():
    table = pd.DataFrame({"panel": "one", "p": [47, 97], "t_val": [100.0, np.nan]})
    with pytest.raises(gk.BadInput, match="have no place without a budget"):
        seed_dots(table, "p", "t_val", labels=("p", "T_val"))


def test_a_run_that_generalises_before_it_memorises_has_no_delay_to_stretch():
    early, late = (a_grid(lambda *_, t=t: t, seeds=[10])[0] for t in (200, 3000))  # training arrives at 300
    table = gk.evidence_table([early, late]).assign(panel="all")
    assert set(delay_table(table)["key"]) == {late.key} and len(delay_curves(table).axes[0].get_lines()) == 2


def test_a_delay_runs_from_0_to_1_and_leaves_out_who_never_arrives():
    grid = a_grid(lambda form, p, alpha, seed: 3000 if seed == 0 else None, seeds=range(2))
    table = gk.evidence_table(grid).assign(panel="all")
    shares = delay_table(table).groupby("key")["share"]
    assert len(shares) == len(grid) // 2
    assert (shares.min() == 0).all() and (shares.max() == 1).all()
    lines = delay_curves(table, shaded=(0.3, 0.5)).axes[0].get_lines()
    assert len(lines) == len(grid) // 2 + 1


def test_a_figures_numbers_travel_with_it():
    data = pd.DataFrame({"step": [1, 2], "accuracy": [0.123456789, 1.0]})
    html = inline_svg(learning_curves(runs(1)), "One run & more", "A caption.", data=data)._repr_html_()
    name, encoded = re.search(r'<a download="([^"]+)" href="data:text/csv;base64,([^"]+)">', html).groups()
    assert name == "one-run-more.csv"
    assert pd.read_csv(io.BytesIO(base64.b64decode(encoded)))["accuracy"].tolist() == [0.1235, 1.0]
    assert html.index("A caption.") < html.index("Data (CSV)") < html.index("</figcaption>")
    assert "download" not in inline_svg(learning_curves(runs(1)), "One run", "A caption.")._repr_html_()


def test_a_page_table_names_rows_and_columns_and_sets_numbers_to_the_right():
    frame = pd.DataFrame({"claim": ["A1 <", "A2"], "n": [1200, 5], "share": [0.25, np.nan], "seen": ["a", None]})
    html = page_table(frame, caption="What & where", share="{:.0%}")._repr_html_()
    assert "<caption>What &amp; where</caption><thead>" in html
    assert "<caption>" not in page_table(frame)._repr_html_()
    assert '<th scope="row">A1 &lt;</th>' in html and '<th scope="col" class="number">share</th>' in html
    assert '<td class="number">1,200</td>' in html and '<td class="number">25%</td>' in html
    assert '<td class="number">–</td>' in html and "<td>–</td>" in html
    assert "A1 <" in repr(page_table(frame))


def test_small_multiples_draw_every_run_over_the_published_points():
    runs = pd.DataFrame({"panel": "SGD", "alpha": [0.3, 0.3, 0.3, 0.8], "best": [0.1, 0.2, 0.6, 1.0]})
    points = pd.DataFrame({"panel": ["Adam", "SGD", "SGD"], "alpha": [0.5, 0.3, 0.8], "best": [0.9, 0.01, 0.53]})
    settings = dict(labels=("fraction", "accuracy"), ours="ours", theirs="published")
    figure = small_multiples(runs, points, "alpha", "best", **settings)
    adam, sgd, unused = figure.axes
    assert [adam.get_title("left"), sgd.get_title("left"), unused.get_visible()] == ["Adam", "SGD", False]
    theirs, dots, medians = sgd.get_lines()
    assert theirs.get_ydata().tolist() == [0.01, 0.53] and dots.get_ydata().tolist() == [0.1, 0.2, 0.6, 1.0]
    assert medians.get_xdata().tolist() == [0.3, 0.8] and medians.get_ydata().tolist() == [0.2, 1.0]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["ours", "published"]
    empty = small_multiples(runs[:0], points, "alpha", "best", **settings)  # before there are runs
    assert empty.axes[1].get_lines()[0].get_ydata().tolist() == [0.01, 0.53]
    with pytest.raises(gk.BadInput, match="no panel to draw"):
        small_multiples(runs[:0], points[:0], "alpha", "best", **settings)


def test_named_rows_hold_every_run_and_a_stroke_at_the_median():
    table = pd.DataFrame(
        {
            "panel": ["one", "one", "one", "two"],
            "name": ["relu", "relu", "tanh", "relu"],
            "t_val": [100.0, 300.0, np.nan, 50.0],
        }
    )
    figure = named_dots(table, "name", "t_val", label="steps", budget=1000)
    first, second = figure.axes
    assert [label.get_text() for label in first.get_yticklabels()] == ["relu", "tanh"]
    drawn = [(line.get_marker(), *map(list, line.get_data())) for line in first.lines if len(line.get_xdata())]
    assert drawn == [("o", [100.0, 300.0], [0, 0]), ("|", [200.0], [0]), ("^", [1000.0], [1])]
    assert [line.get_xdata()[0] for line in second.lines if len(line.get_xdata())] == [50.0, 50.0]
    with pytest.raises(gk.BadInput, match="named_dots budget"):
        named_dots(table, "name", "t_val", label="steps")
