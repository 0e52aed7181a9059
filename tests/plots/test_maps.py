"""Maps of phases and of steps: every cell in its place and its colour."""

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from grokkit.analysis.phases import PHASES
from grokkit.errors import BadInput
from grokkit.plots import PHASE_COLOURS, describe_map, inline_svg, phase_maps, smooth_maps
from grokkit.plots.figure import INK, STEP_COLOURS

LABELS = ("learning rate", "weight decay")
TABLE = pd.DataFrame(
    [
        ("left", 0.01, 0.0, "comprehension", 40),
        ("left", 0.1, 0.0, "grokking", 4000),
        ("left", 0.01, 5.0, "memorisation", 70),
        ("left", 0.1, 5.0, "confusion", 10_000),
        ("right", 0.1, 0.0, "grokking", 2000),
        ("right", 0.01, 0.0, "grokking", 2000),
    ],
    columns=["panel", "rate", "decay", "phase", "smooth"],
)


def shapes(fig):
    """Panel, colour -> the centres of its cells."""
    return {
        (axes.get_title(loc="left"), patch.get_facecolor()): sorted(
            (x, float(strip[:4, 1].mean()))
            for strip in patch.get_path().to_polygons()
            for x in np.arange(strip[:, 0].min() + 0.5, strip[:, 0].max())
        )
        for axes in fig.axes
        for patch in axes.patches
    }


def test_cells_stand_where_the_source_draws_them():
    from matplotlib.colors import to_rgba

    found = shapes(phase_maps(TABLE, "rate", "decay", LABELS))
    colour = {name: to_rgba(PHASE_COLOURS[name]) for name in PHASES}
    assert found["left", colour["comprehension"]] == [(0, 0)]
    assert found["left", colour["grokking"]] == [(1, 0)]
    assert found["left", colour["memorisation"]] == [(0, 1)]
    assert found["left", colour["confusion"]] == [(1, 1)]
    assert found["right", colour["grokking"]] == [(0, 0), (1, 0)]
    left = phase_maps(TABLE, "rate", "decay", LABELS).axes[0]
    assert left.get_ylim()[0] > left.get_ylim()[1]  # weight decay grows downwards


def test_neighbours_in_a_row_share_an_outline_and_others_do_not():
    row = pd.DataFrame([("p", x, 0.0, "grokking") for x in (1, 2, 3, 5)], columns=["panel", "rate", "decay", "phase"])
    between = pd.DataFrame([("p", 4, 0.0, "confusion")], columns=row.columns)
    found = phase_maps(pd.concat([row, between], ignore_index=True), "rate", "decay", LABELS).axes[0].patches
    assert sorted(len(patch.get_path().to_polygons()) for patch in found) == [1, 2]


def test_steps_have_a_scale_for_each_half():
    found = shapes(smooth_maps(TABLE, "rate", "decay", LABELS, 10_000))
    assert sorted(len(cells) for (panel, _), cells in found.items() if panel == "left") == [1, 1, 1, 1]
    assert [cells for (panel, _), cells in found.items() if panel == "right"] == [[(0, 0), (1, 0)]]


def test_marked_cells_carry_a_dot_and_no_others_do():
    table = TABLE.assign(differs=[False, True, False, False, True, False])
    fig = phase_maps(table, "rate", "decay", LABELS, marked="differs")
    dots = [[tuple(map(float, xy)) for line in axes.lines for xy in line.get_xydata()] for axes in fig.axes]
    assert dots == [[(1, 0)], [(1, 0)]]
    assert "differs" in [text.get_text() for text in fig.legends[0].texts]
    plain = phase_maps(table.assign(differs=False), "rate", "decay", LABELS, marked="differs")
    assert [text.get_text() for text in plain.legends[0].texts] == list(PHASES)


def test_a_map_is_told_and_small():
    assert describe_map(TABLE).startswith("left, 4 cells: 1 comprehension, 1 grokking, 1 memorisation, 1 confusion; ")
    many = pd.DataFrame(
        [("p", float(x), float(y), PHASES[(x * y) % 4]) for x in range(21) for y in range(21)],
        columns=["panel", "rate", "decay", "phase"],
    )
    svg = inline_svg(phase_maps(many, "rate", "decay", LABELS), "A map.").svg
    assert len(svg) < 100_000 and len(re.findall("<path", svg)) < 40


PAGES = {"light": ("#1f2328", "#ffffff"), "dark": ("#ced6dd", "#121212")}
"""Ink and ground of the book's two colour schemes."""


@pytest.mark.parametrize("scheme", PAGES)
def test_phases_differ_in_lightness_too(scheme):
    ink, _ = PAGES[scheme]
    light = sorted(luma(ink if colour == INK else colour) for colour in PHASE_COLOURS.values())
    assert min(b - a for a, b in zip(light, light[1:], strict=False)) > 0.07


@pytest.mark.parametrize("scheme", PAGES)
def test_no_cell_of_a_map_is_lost_in_the_page(scheme):
    ink, ground = PAGES[scheme]
    assert contrast(ink if PHASE_COLOURS["confusion"] == INK else PHASE_COLOURS["confusion"], ground) > 4.5
    most = [stops[-1] for stops in STEP_COLOURS.values()]
    assert min(contrast(colour, ground) for colour in most) > 1.6


def test_a_marked_cell_is_told_in_ink_of_either_scheme():
    """A dot is white: its edge may not turn white as ink does on a dark page."""
    svg = inline_svg(phase_maps(TABLE.assign(differs=True), "rate", "decay", LABELS, marked="differs"), "A map.").svg
    [edge] = set(re.findall(r"fill: #ffffff; stroke: (#?\w+)", svg))
    assert contrast(edge, "#ffffff") > 4.5


def luma(colour: str) -> float:
    return sum(w * c for w, c in zip((0.21, 0.72, 0.07), to_rgb(colour), strict=True))


def contrast(one: str, other: str) -> float:
    """As WCAG defines it."""
    linear = [[c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(x)] for x in (one, other)]
    low, high = sorted(sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), x, strict=True)) for x in linear)
    return (high + 0.05) / (low + 0.05)


def test_nothing_to_draw_is_said():
    with pytest.raises(BadInput, match="no row"):
        phase_maps(TABLE.iloc[:0], "rate", "decay", LABELS)
    with pytest.raises(BadInput, match="no column 'differs'"):
        phase_maps(TABLE, "rate", "decay", LABELS, marked="differs")
