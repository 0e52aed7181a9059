"""Figures: what a page may rely on when it shows one."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from grokkit.errors import BadInput
from grokkit.plots import COLOURS, describe_runs, inline_svg, learning_curves, stacked_curves, style, write_svg

GROUNDS = {"white": "#ffffff", "dark page": "#121212", "dark theme": "#14181e", "dark code": "#1b2027"}
PROTANOPIA = np.array(
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
)
DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
)
TRITANOPIA = np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]])


def runs(n: int, losses: bool = False, last: tuple[int, ...] = ()) -> pd.DataFrame:
    """n made-up runs; run i is observed up to `last[i]`, 1,000 steps if not given."""
    parts = []
    for run in range(n):
        step = np.array([0, 1, 10, 100, 1000])
        step = step[step <= (last[run] if run < len(last) else 1000)]
        part = pd.DataFrame({"run": run, "step": step, "train_accuracy": np.linspace(0, 1, len(step))})
        part["val_accuracy"] = part["train_accuracy"] * (run + 1) / n
        if losses:
            part["train_loss"] = part["val_loss"] = np.geomspace(4.6, 0.01, len(step))
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def luminance(colour: str) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def linear(colour: str) -> np.ndarray:
    c = np.array(to_rgb(colour))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS.keys())
@pytest.mark.parametrize("colour", COLOURS.values(), ids=COLOURS.keys())
def test_colours_are_legible_on_every_ground(colour, ground):
    low, high = sorted([luminance(colour), luminance(ground)])
    assert (high + 0.05) / (low + 0.05) >= 3


@pytest.mark.parametrize(
    "vision", [np.eye(3), PROTANOPIA, DEUTERANOPIA, TRITANOPIA], ids=["all", "no L", "no M", "no S"]
)
def test_colours_stay_apart_in_colour_blindness(vision):
    seen = {name: np.clip(vision @ linear(colour), 0, 1) for name, colour in COLOURS.items()}
    distance = {pair: np.abs(seen[pair[0]] - seen[pair[1]]).max() for pair in itertools.combinations(seen, 2)}
    assert distance["train", "validation"] > 0.3
    assert min(distance.values()) > 0.05


def test_a_figure_is_one_named_image_in_the_ink_of_its_page():
    shown = inline_svg(learning_curves(runs(1)), "Both < 100%", caption="n = 1 & counting")
    html = shown._repr_html_()
    svg = ElementTree.fromstring(shown.svg)
    assert svg.get("role") == "img" and svg.get("aria-label") == "Both < 100%"
    assert "currentColor" in html and "#000" not in html and "<text" in html
    assert "<figcaption>n = 1 &amp; counting</figcaption>" in html
    assert not re.search(r"<style|<metadata|<!--|font-family|fill: #fff", shown.svg)
    assert repr(shown) == "<figure: Both < 100%>"


def test_a_figure_is_the_same_text_every_time_and_two_figures_share_no_id():
    same = [inline_svg(learning_curves(runs(2)), "Two runs").svg for _ in range(2)]
    other = inline_svg(learning_curves(runs(3)), "Three runs").svg
    ids, others = (set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (same[0], other))
    assert same[0] == same[1]
    assert ids and not ids & others
    assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', same[0])) <= ids


def test_a_figure_needs_words():
    with pytest.raises(BadInput, match="alt is empty"):
        inline_svg(learning_curves(runs(1)), " ")


def test_a_file_of_its_own_brings_both_colour_schemes(tmp_path):
    write_svg(learning_curves(runs(1)), tmp_path / "figure.svg", "One run")
    text = (tmp_path / "figure.svg").read_text(encoding="utf-8")
    assert ElementTree.fromstring(text).get("aria-label") == "One run"
    assert "prefers-color-scheme:dark" in text


def test_style_ends_with_its_block():
    before = dict(mpl.rcParams)
    with style():
        assert mpl.rcParams["svg.fonttype"] == "none"
    learning_curves(runs(1))
    assert dict(mpl.rcParams) == before


def test_importing_plots_sets_nothing():
    code = """
import sys, matplotlib, grokkit.plots
assert "matplotlib.pyplot" not in sys.modules
changed = [name for name, value in matplotlib.rcParamsOrig.items() if matplotlib.rcParams[name] != value]
assert set(changed) <= {"backend"}, changed
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_curves_leave_step_0_out_and_add_losses_where_there_are_any():
    one, both = learning_curves(runs(1)), learning_curves(runs(1, losses=True))
    assert [len(figure.axes) for figure in (one, both)] == [1, 2]
    assert all(line.get_xdata()[0] == 1 for line in both.axes[0].get_lines())
    assert both.axes[1].get_yscale() == "log" and both.axes[1].get_ylabel() == "loss (nats)"


def test_several_runs_get_their_median_and_a_stopped_run_keeps_its_last_value():
    lines = learning_curves(runs(3, last=(10,))).axes[0].get_lines()
    assert len(lines) == 2 * (3 + 1)
    runs_of_validation, median = lines[4:7], lines[7]
    assert list(runs_of_validation[0].get_xdata()) == [1, 10]
    assert list(median.get_xdata()) == [1, 10, 100, 1000]
    assert median.get_ydata()[-1] == pytest.approx(2 / 3)


def test_times_are_marked_and_named():
    axes = learning_curves(runs(1), t_train=10, t_val=1000, chance=0.01).axes[0]
    words = [text.get_text() for text in axes.texts]
    assert {"T_train 10", "T_val 1,000", "delay"} <= set(words)
    alone = learning_curves(runs(1), t_train=10, t_val=float("nan")).axes[0]
    assert [text.get_text() for text in alone.texts] == ["T_train 10"]


def test_moments_are_dashed_and_chance_is_dotted_as_captions_say():
    axes = learning_curves(runs(1), t_train=10, t_val=1000, chance=0.01).axes[0]
    upright = [line for line in axes.get_lines() if len(set(line.get_xdata())) == 1]
    level = [line for line in axes.get_lines() if len(set(line.get_ydata())) == 1 and line not in upright]
    lengths = [{line._unscaled_dash_pattern[1][0] for line in lines if line.is_dashed()} for lines in (upright, level)]
    assert len(upright) == 2 and min(lengths[0]) >= 3 * max(lengths[1])


def test_a_table_of_records_is_drawn_as_it_is():
    table = runs(2).rename(columns={"run": "key"})
    assert len(learning_curves(table).axes[0].get_lines()) == 6
    assert describe_runs(table).startswith("2 runs")
    assert describe_runs(runs(1)) == "1 run."


def test_tables_that_cannot_be_drawn_get_a_sentence():
    with pytest.raises(BadInput, match="lacks the columns val_accuracy"):
        learning_curves(runs(1).drop(columns="val_accuracy"))
    with pytest.raises(BadInput, match="no evaluation after step 0"):
        learning_curves(runs(1, last=(0,)))


def test_quantities_are_stacked_in_their_colours_over_the_same_steps():
    quantities = {"val_loss": ("loss (nats)", "validation"), "train_loss": ("norm", "parameters")}
    figure = stacked_curves(runs(3, losses=True), quantities, marks={"T_val": 100, "T_train": np.nan})
    first, second = figure.axes
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss (nats)", "norm"]
    for axes, colour in ((first, "validation"), (second, "parameters")):
        curves = [line for line in axes.lines if line.get_color() == COLOURS[colour]]
        assert len(curves) == 4 and curves[-1].get_lw() == 2  # three runs and their median
        assert axes.get_ylim()[0] == 0 and axes.get_xlim()[0] == 0
        assert [line.get_xdata()[0] for line in axes.lines if line.get_color() == "black"] == [100]
    np.testing.assert_allclose(first.lines[0].get_ydata(), np.geomspace(4.6, 0.01, 5))
    with pytest.raises(BadInput, match="lacks the columns train_loss, val_loss"):
        stacked_curves(runs(1), quantities)


def test_times_are_typeset_with_an_index_and_read_as_one_word():
    figure = learning_curves(runs(2), t_train=10, t_val=1000)
    drawn = ElementTree.fromstring(inline_svg(figure, "T_val is late.").svg)
    texts = ["".join(each.itertext()).strip() for each in drawn.iter() if each.tag.endswith("text")]
    assert {"Ttrain 10", "Tval 1,000"} <= set(texts) and drawn.get("aria-label", "T_val is late.") == "T_val is late."
