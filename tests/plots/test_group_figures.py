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
    arrivals,
    band_curves,
    bands,
    delay_curves,
    delay_table,
    describe_bands,
    inline_svg,
    learning_curves,
    named_dots,
    page_table,
    scale,
    seed_dots,
    small_multiples,
    steps_text,
)
from grokkit.plots import curves_of as curves_of_rows


def curves_of(*, t_vals=(1000, 2000, 3000), group="p"):
    """Three made-up runs of one setting, straight up to each one's T_val."""
    grid = a_grid(lambda form, p, alpha, seed: t_vals[seed % 3], seeds=range(3))
    kept = [r for r in grid if r.config["task"].get("p") == 47 and r.config["model"].get("width", 128) == 128]
    return gk.curves_table(kept).assign(panel="width 128", p=47)


LMS = np.array([[0.41222, 0.53633, 0.05145], [0.2119, 0.6807, 0.1074], [0.0883, 0.28172, 0.62998]])
LAB = np.array([[0.21045, 0.79362, -0.00407], [1.978, -2.42859, 0.45059], [0.0259, 0.78277, -0.80868]])


def perceived(colour, vision):
    """Oklab coordinates (Ottosson 2020), in hundredths, of what an eye makes of a colour."""
    return 100 * LAB @ np.cbrt(LMS @ np.clip(vision @ linear(colour), 0, 1))


@pytest.mark.parametrize(
    ("vision", "of_four", "of_seven"),
    [(np.eye(3), 16, 8), (PROTANOPIA, 11, 5), (DEUTERANOPIA, 11, 5), (TRITANOPIA, 7, 3.5)],
    ids=["all", "no L", "no M", "no S"],
)
def test_colours_on_the_scale_stay_apart_and_in_order(vision, of_four, of_seven):
    """Further apart than 2, a just noticeable difference; neighbours are nearest, so that the order can be seen."""
    for n, least in ((4, of_four), (7, of_seven)):
        seen = np.array([perceived(colour, vision) for colour in scale(n)])
        apart = np.linalg.norm(seen[:, None] - seen, axis=2)
        assert np.diag(apart, 1).min() > least
        assert all((np.diff(row[i:]) > 0).all() and (np.diff(row[: i + 1]) < 0).all() for i, row in enumerate(apart))


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


def test_a_caption_says_how_many_runs_a_line_has():
    told = [describe_bands(pd.DataFrame({"runs": runs})) for runs in ([1, 1], [5, 5], [3, 7])]
    assert told[0].startswith("1 run a line; a stopped") and "median" not in told[0]
    assert told[1].startswith("5 runs a line: median, with their range") and told[2].startswith("3 to 7 runs a line:")


def test_names_stand_for_themselves_and_keep_their_order():
    named = [bands(curves_of().assign(p=name), "p") for name in ("SAM", "AdamW")]
    [legend] = band_curves(pd.concat(named), "p", "method").legends
    assert [text.get_text() for text in legend.texts][:2] == ["SAM", "AdamW"]
    dots = pd.DataFrame({"panel": "a", "x": ["zero", "one", "zero"], "y": [1.0, 2.0, 3.0]})
    axes = seed_dots(dots, "x", "y", labels=("x", "y")).axes[0]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["zero", "one"]


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
    assert medians.tolist() == [100, 200]  # the lower of the two in the middle, as in the page's tables
    ends = table.fillna({"t_val": 9000}).t_val
    for p, median in zip((47, 97), medians, strict=True):
        assert median == gk.survival_median(table.t_val[table.p == p], ends[table.p == p])
    never = table.assign(t_val=[np.nan, np.nan, np.nan, 200.0])
    axes = seed_dots(never, "p", "t_val", labels=("p", "T_val"), budget=9000).axes[0]
    assert np.isnan(axes.get_lines()[-1].get_ydata()[0])  # none of two runs arrives: no median to draw


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


def test_a_column_of_sentences_is_set_as_prose():
    frame = pd.DataFrame({"claim": ["A1", "A2"], "seen": ["no", "a sentence that would be a word a line on a phone"]})
    html = page_table(frame)._repr_html_()
    assert '<th scope="col">claim' in html and html.count('class="prose"') == 3  # its header and both cells


def test_a_time_that_never_came_is_said_in_words():
    assert steps_text(1900.0) == "1,900"
    assert {steps_text(never) for never in (np.inf, np.nan)} == {"not within the budget"}


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


def test_curves_come_from_the_rows_of_a_rules_table():
    grid = a_grid(lambda *_: 3000, seeds=[10])
    rows = gk.evidence_table(grid).assign(panel="one", p=lambda t: t["task.p"])
    ours, theirs = curves_of_rows(rows, "p"), gk.curves_table(grid)
    assert list(ours.columns) == ["key", "step", "train_accuracy", "val_accuracy", "panel", "p"]
    kept = ["key", "step", "train_accuracy", "val_accuracy"]
    pd.testing.assert_frame_equal(ours[kept], theirs[kept])
    assert (ours.set_index("key").p == rows.set_index("key").p.reindex(ours["key"])).all()


def test_the_text_of_a_figure_tells_medians_and_what_never_came():
    grid = a_grid(lambda form, p, alpha, seed: None if p == 47 else 10 * p, seeds=[10, 11, 12])
    rows = gk.evidence_table(grid[:6]).assign(panel="as coded", p=lambda t: t["task.p"])
    assert arrivals(rows, "p") == (
        "Validation accuracy reaches 99% at these steps (median): as coded, p = 47: not within the budget, "
        "as coded, p = 97: 1,000."
    )
    named = rows.assign(method=rows.p.map({47: "slow", 97: "quick"}))
    assert "as coded, quick: 1,000" in arrivals(named, "method") and "slow: not within" in arrivals(named, "method")


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
    assert drawn == [("o", [100.0, 300.0], [0, 0]), ("|", [100.0], [0]), ("^", [1000.0], [1])]
    assert [line.get_xdata()[0] for line in second.lines if len(line.get_xdata())] == [50.0, 50.0]
    with pytest.raises(gk.BadInput, match="named_dots budget"):
        named_dots(table, "name", "t_val", label="steps")
