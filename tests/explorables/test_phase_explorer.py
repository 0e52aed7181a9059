"""The phase explorer: what Python hands over, and what a reader can do with it in a real browser."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from browsing import assert_whole, screen

from grokkit.errors import BadInput
from grokkit.explorables import PhaseExplorer
from grokkit.plots import PHASE_COLOURS

CHOICES = {"setup": "setup", "map": "map"}
AXES = {"rate": "learning rate", "decay": "weight decay"}
BUDGET = 10_000
RATES, DECAYS = (1e-5, 1e-4, 1e-3, 1e-2), (0.0, 5.0, 10.0)
OURS = (
    "comprehension grokking memorisation memorisation",
    "grokking grokking memorisation confusion",
    "confusion " * 4,
)
TIMES = {"comprehension": (100, 600), "grokking": (100, 5_000), "memorisation": (50, np.nan), "confusion": [np.nan] * 2}
STEPS = np.array([0, 1, 10, 100, 1_000, 5_000, 10_000])


def a_cell(setup: str, whose: str, row: int, column: int, phase: str) -> dict:
    """A made-up one; the source's have no times and no curves."""
    known = {"setup": setup, "map": whose, "rate": RATES[column], "decay": DECAYS[row], "phase": phase}
    if whose == "source":
        return known
    t_train, t_val = TIMES[phase]
    curves = {
        "steps": STEPS,
        "train_accuracy": np.minimum(STEPS / 100, 1),
        "val_accuracy": np.minimum(STEPS / 5_000, 1),
    }
    return known | curves | {"t_train": t_train, "t_val": t_val, "observed_to": BUDGET, "order": 0.12345 * column}


def cells() -> pd.DataFrame:
    """Both maps of the classification, and the source's of the regression alone, which all memorises."""
    made = [
        a_cell("classification", whose, row, column, phase)
        for whose in ("ours", "source")
        for row, line in enumerate(OURS)
        for column, phase in enumerate(line.split())
        if whose == "source" or column != 2  # ours is coarser
    ]
    made += [a_cell("regression", "source", row, column, "memorisation") for row in range(3) for column in range(4)]
    return pd.DataFrame(made)


def explorer(**changes) -> PhaseExplorer:
    changes = {"told": {"order": "order of the embedding"}} | changes
    return PhaseExplorer(cells(), CHOICES, AXES, BUDGET, **changes)


# Python's side


def test_a_cell_has_its_places_its_times_and_its_curve():
    data = explorer().data
    assert [axis["values"] for axis in data["axes"]] == [list(RATES), list(DECAYS)]
    first = data["cells"][1]
    assert (first["at"], first["cell"], first["phase"]) == ([0, 0], [1, 0], 1)
    assert (first["t_train"], first["t_val"], first["observed_to"], first["order"]) == (100, 5_000, BUDGET, 0.123)
    assert np.cumsum(first["curves"]["steps"]).tolist() == STEPS[1:].tolist()
    never = data["cells"][2]
    assert (never["t_train"], never["t_val"]) == (50, None)
    assert set(data["cells"][-1]) == {"at", "cell", "phase"}, "a published cell claims times"


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda t: t.drop(columns=["phase", "rate"]), "lacks the columns rate, phase"),
        (lambda t: t.iloc[:0], "no cells"),
        (lambda t: t.assign(decay=np.nan), "cells without a value of setup or map or rate or decay"),
        (lambda t: t.assign(rate="slow"), "only numbers can be set out"),
        (lambda t: t.assign(train_accuracy=[x * np.nan for x in t["train_accuracy"]]), r"of the cell \[0, 0\]: needs"),
        (lambda t: t.assign(phase="delay"), "every cell needs one of comprehension"),
        (lambda t: pd.concat([t, t]), "two cells with the same setup, map, rate, decay"),
    ],
)
def test_a_table_that_cannot_be_drawn_is_refused(spoil, sentence):
    with pytest.raises(BadInput, match=sentence):
        PhaseExplorer(spoil(cells()), CHOICES, AXES, BUDGET)


def test_a_map_that_is_not_there_cannot_be_chosen():
    for chosen in ({"setup": "regression", "map": "ours"}, {"setup": "regression"}, {"mood": "good"}):
        with pytest.raises(BadInput, match="no map is"):
            explorer(chosen=chosen)
        with pytest.raises(BadInput, match="no map is"):
            explorer().chosen = chosen


def test_a_cell_trained_on_request_takes_the_place_of_the_old_one():
    asked = []

    def train(settings):
        asked.append(settings)
        return a_cell("classification", "ours", 0, 1, "comprehension")

    shown = explorer(train=train)
    before = len(shown.data["cells"])
    shown.cell, shown.training = [1, 0], True
    assert not shown.training
    assert asked == [{"setup": "classification", "map": "ours", "rate": 1e-4, "decay": 0.0}]
    assert len(shown.data["cells"]) == before
    [cell] = [c for c in shown.data["cells"] if (c["at"], c["cell"]) == ([0, 0], [1, 0])]
    assert (cell["phase"], cell["t_val"]) == (0, 600)


def test_a_cell_trained_for_another_map_leaves_this_one_whole_and_is_shown():
    shown = explorer(train=lambda settings: a_cell("regression", "ours", 2, 1, "grokking"), told=None)
    before = len(shown.data["cells"])
    for _ in range(2):
        shown.cell, shown.training = [1, 2], True
        assert len(shown.data["cells"]) == before + 1 and shown.chosen == {"setup": "regression", "map": "ours"}


def test_training_that_fails_frees_the_button():
    def train(settings):
        raise KeyError("no")

    shown = explorer(train=train)
    with pytest.raises(KeyError):
        shown.training = True
    assert not shown.training


def test_axes_rise_whatever_the_columns_are_made_of():
    data = PhaseExplorer(cells().iloc[::-1].astype(object), CHOICES, AXES, BUDGET).data
    assert [axis["values"] for axis in data["axes"]] == [list(RATES), list(DECAYS)]


def test_the_first_view_counts_the_phases_of_every_map():
    html = explorer().first_view()
    assert "<td>classification</td><td>ours</td><td>9</td><td>1</td><td>3</td><td>1</td><td>4</td>" in html
    assert html.count("<tr>") == 4


# In a page without a kernel


@pytest.mark.parametrize("width", [390, 1000])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_page_from_disk_is_whole_accessible_and_fits(open_page, theme, width):
    visit = open_page(explorer().to_html(), theme, **screen(width))
    visit.page.get_by_text("This map as a table").click()
    assert_whole(visit, width)
    assert visit.page.locator("svg .cell").count() == 9
    assert visit.page.get_by_role("button", name="Train this cell now").count() == 0


def test_arrow_keys_walk_over_the_map_and_the_cell_is_read_out(open_page):
    page = open_page(explorer().to_html()).page
    said = page.locator(".reading")
    page.get_by_role("application").focus()
    for key in ("ArrowUp", "ArrowUp", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
    assert said.inner_text() == (
        "learning rate 1.0e-5, weight decay 0. comprehension: T_train 100 steps, T_val 600 steps, "
        "order of the embedding 0."
    )
    assert page.get_by_text("source: comprehension.").is_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")  # over the column that ours lacks
    assert said.inner_text().startswith("learning rate 0.01, weight decay 0. memorisation: T_train 50 steps, T_val not")
    page.keyboard.press("ArrowRight")
    assert said.inner_text().startswith("learning rate 0.01"), "there is nothing beyond the edge"


def test_a_cell_that_is_pointed_at_shows_its_run(open_page):
    page = open_page(explorer().to_html()).page
    page.locator("svg .cell").nth(1).click(force=True)
    assert page.locator(".reading").inner_text().startswith("learning rate 1.0e-4, weight decay 0. grokking:")
    label = page.get_by_role("img").get_attribute("aria-label")
    assert label.startswith("Accuracy of this cell's run against optimizer steps: grokking: T_train 100 steps")
    assert page.locator("svg .run").count() == 2


def test_a_published_map_has_phases_and_no_more(open_page):
    page = open_page(explorer().to_html()).page
    page.get_by_role("radio", name="source").check(force=True)
    assert page.locator("svg .cell").count() == 12 and not page.locator("svg[role=img]").is_visible()
    assert not page.get_by_role("radio", name="steps").is_visible()
    page.get_by_role("application").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator(".reading").inner_text().endswith("weight decay 10. confusion.")
    assert page.get_by_text("ours: confusion.").is_visible()


def test_a_choice_without_a_map_moves_the_others_along(open_page):
    page = open_page(explorer().to_html()).page
    page.get_by_role("radio", name="regression").check(force=True)
    assert page.get_by_role("radio", name="source").is_checked()
    assert (
        page.locator(".reading").inner_text().startswith("No runs have setup regression with map ours; now map source.")
    )


def test_steps_are_coloured_by_how_late_validation_is(open_page):
    page = open_page(explorer().to_html()).page
    fills = lambda: page.locator("svg .cell").evaluate_all("cells => cells.map((c) => c.getAttribute('fill'))")  # noqa: E731
    assert len(set(fills())) == 4
    page.get_by_role("radio", name="steps").check(force=True)
    comprehension, grokking, memorised, *_ = found = fills()
    share = lambda fill: int(fill.split()[-2].strip("%,)")) if "%" in fill else None  # noqa: E731
    assert len({comprehension, grokking, memorised}) == 3 and len(found) == 9
    assert share(comprehension) is not None and "#5c3500" in grokking and "#5c3500" in comprehension
    assert share(comprehension) > share(grokking), "the later, the less of the middle colour"


def test_many_other_maps_are_counted_and_not_read_out(open_page):
    others = [cells().assign(map=f"ours, seed {seed}") for seed in range(5)]
    table = pd.concat(
        [cells(), *(other[other["setup"] == "classification"].drop_duplicates(["rate", "decay"]) for other in others)]
    )
    page = open_page(PhaseExplorer(table, CHOICES, AXES, BUDGET).to_html()).page
    page.locator("svg .cell").nth(1).click(force=True)
    assert page.get_by_text("The same cell in 6 other maps: 6 grokking.").is_visible()
    assert "other maps" not in page.get_by_role("status").inner_text()


def test_a_cell_of_which_only_the_phase_is_known_has_its_colour_in_steps_too(open_page):
    table = cells()
    table.loc[0, ["t_train", "t_val", "observed_to"]] = np.nan
    page = open_page(PhaseExplorer(table, CHOICES, AXES, 1).to_html()).page
    page.get_by_role("radio", name="steps").check(force=True)
    assert "NaN" not in page.locator("svg.map").inner_html()
    assert page.locator("svg .cell").first.get_attribute("fill") == PHASE_COLOURS["comprehension"]


@pytest.mark.parametrize(("theme", "ink"), [("light", "rgb(31, 35, 40)"), ("dark", "rgb(206, 214, 221)")])
def test_confusion_has_the_ink_of_the_page_in_the_map_and_in_its_legend(open_page, theme, ink):
    """No other neutral colour is told from both a light page and a dark one."""
    page = open_page(explorer().to_html(), theme).page
    assert page.locator("svg .cell").last.evaluate("cell => getComputedStyle(cell).fill") == ink
    assert page.locator(".swatch").last.evaluate("swatch => getComputedStyle(swatch).backgroundColor") == ink


def test_the_table_behind_the_map_has_every_cell(open_page):
    page = open_page(explorer().to_html()).page
    page.get_by_text("This map as a table").click()
    assert page.locator("tbody tr").count() == 3
    assert page.locator("tbody tr").nth(1).inner_text().split() == ["5", "grokking", "grokking", "confusion"]


# With a kernel


@pytest.fixture
def hosted(host):
    return host(explorer(train=lambda settings: {}))


def test_a_widget_tells_python_where_the_reader_is_and_what_to_train(hosted):
    hosted.page.locator("svg .cell").nth(0).click(force=True)
    hosted.page.get_by_role("button", name="Train this cell now").click()
    assert hosted.page.evaluate("() => [saved.at(-1).cell, saved.at(-1).training]") == [[0, 0], True]
    waiting = hosted.page.get_by_role("button", name="Training …")
    assert waiting.get_attribute("aria-disabled") == "true"
    hosted.page.evaluate("() => { saved.length = 0 }")
    waiting.click(force=True)
    assert hosted.page.evaluate("() => saved") == []
    hosted.page.evaluate("() => model.set('training', false)")
    assert hosted.page.get_by_role("button", name="Train this cell now").get_attribute("aria-disabled") == "false"
    assert hosted.errors == []


def test_a_map_that_python_adds_can_be_chosen(hosted):
    added = """() => {
      const data = structuredClone(model.get('data'));
      data.choices[1].values.push('new');
      data.cells.push({ ...data.cells[0], at: [0, 2] });
      model.set('data', data);
    }"""
    hosted.page.evaluate(added)
    hosted.page.get_by_role("radio", name="new").check(force=True)
    assert hosted.page.locator("svg .cell").count() == 1 and hosted.errors == []


def test_a_widget_shows_what_python_sets(hosted):
    changed = (
        "() => { const data = structuredClone(model.get('data')); data.cells[0].phase = 3; model.set('data', data) }"
    )
    hosted.page.evaluate("() => model.set('cell', [0, 0])")
    hosted.page.evaluate(changed)
    assert "confusion" in hosted.page.locator(".reading").inner_text()
    assert hosted.page.evaluate("() => { stop(); return Object.values(heard).flat().length }") == 0
