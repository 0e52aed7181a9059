"""Explorables: what Python hands over, and in a real browser what a reader can do with it in either host."""

from __future__ import annotations

import json
import re
import tomllib
from html import escape
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from browsing import assert_whole, screen
from paths import ROOT

from grokkit.chapters.execution import tidy
from grokkit.errors import BadInput
from grokkit.explorables import RunExplorer

CHOICES = {"form": "model", "p": "modulus p", "alpha": "training fraction"}
SETTINGS = [("as coded", 97, 0.3), ("as coded", 97, 0.4), ("as coded", 47, 0.4), ("width 128", 97, 0.4)]
STEPS = np.concatenate([[0], np.arange(10, 10_001, 10)])
VIEW = "application/vnd.jupyter.widget-view+json"


def a_run(form: str, p: int, alpha: float, seed: int) -> dict:
    """A made-up run: T_train near 100; T_val 500 * p / 97 and later, five times that at 0.3, never seen for seed 4."""
    late = 500 * (p / 97) * (5 if alpha == 0.3 else 1) * (1 + 0.1 * seed)
    t_val = np.nan if (alpha, seed) == (0.3, 4) else round(late, -1)
    return {
        "form": form,
        "p": p,
        "alpha": alpha,
        "seed": seed,
        "t_train": 100.0 + 10 * seed,
        "t_val": t_val,
        "observed_to": 10_000,
        "steps": STEPS,
        "train_accuracy": np.clip(STEPS / 100, 0, 1),
        "val_accuracy": np.clip(STEPS / late, 0, 0.5 if np.isnan(t_val) else 1),
    }


def runs(seeds: int = 5, settings: list = SETTINGS) -> pd.DataFrame:
    return pd.DataFrame([a_run(*setting, seed) for setting in settings for seed in range(seeds)])


def explorer(**changes) -> RunExplorer:
    return RunExplorer(runs(), CHOICES, **changes)


# Python's side


def test_the_data_are_the_table_in_few_characters():
    data = explorer().data
    assert [choice["values"] for choice in data["choices"]] == [["as coded", "width 128"], [47, 97], [0.3, 0.4]]
    assert [choice["label"] for choice in data["choices"]] == list(CHOICES.values())
    first, censored = data["runs"][0], data["runs"][4]
    assert first["at"] == [0, 1, 0] and (first["t_train"], first["t_val"]) == (100, 2500)
    assert censored["t_val"] is None and censored["observed_to"] == 10_000
    steps, validation = np.cumsum(first["steps"]), np.cumsum(first["val"])
    assert steps[0] == 10 and steps[-1] == 10_000 and len(steps) <= 80
    np.testing.assert_array_equal(validation, np.rint(1000 * np.clip(steps / 2500, 0, 1)))


def test_runs_of_a_table_are_thinned_to_the_same_steps():
    table = runs()
    table.at[1, "steps"], table.at[1, "observed_to"] = STEPS[:500], 4990
    for name in ("train_accuracy", "val_accuracy"):
        table.at[1, name] = table.at[1, name][:500]
    whole, stopped, *_ = (np.cumsum(run["steps"]) for run in RunExplorer(table, CHOICES).data["runs"])
    assert set(stopped[:-1]) <= set(whole) and stopped[-1] == 4990


def test_a_hundred_runs_fit_into_a_page():
    settings = [("as coded", p, alpha / 100) for p in (97, 98) for alpha in range(30, 41)]
    table = runs(settings=settings)
    noise = np.random.default_rng(0)
    for name in ("train_accuracy", "val_accuracy"):
        table[name] = [np.clip(curve + noise.normal(0, 0.01, curve.shape), 0, 1) for curve in table[name]]
    assert len(table) == 110
    assert len(RunExplorer(table, CHOICES, points=80).to_html().encode()) < 120_000


def with_norms() -> RunExplorer:
    """Norms fall from 400 to 100 over the run; those of other seeds are a quarter as large."""
    table = runs()
    falling = 400 - 300 * STEPS / 10_000
    return RunExplorer(
        table.assign(size=[falling if seed < 3 else falling / 4 for seed in table["seed"]]), CHOICES, norm="size"
    )


def test_norms_are_shares_of_the_largest_where_accuracies_are_drawn():
    data = with_norms().data
    assert data["largest_norm"] == 400 and len(data["norms"]) == len(data["runs"])
    steps, shares = (np.cumsum(x) for x in (data["runs"][4]["steps"], data["norms"][4]))
    np.testing.assert_allclose(shares, 250 - 187.5 * steps / 10_000, atol=0.51)
    assert "norms" not in explorer().data
    with pytest.raises(BadInput, match="norm: the table has no column sizes"):
        RunExplorer(runs(), CHOICES, norm="sizes")


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_a_norm_without_a_value_is_drawn_at_the_top(value):
    table = runs()
    sizes = [np.full(len(STEPS), 5.0) for _ in range(len(table))]
    sizes[4][-1] = value
    found = RunExplorer(table.assign(size=sizes), CHOICES, norm="size")
    assert found.data["largest_norm"] == 5 and np.cumsum(found.data["norms"][4])[-1] == 1000
    assert found.to_html()  # JSON has no infinity


def test_what_is_shown_first_is_the_first_row_in_the_middle_of_the_delay():
    first = explorer()
    assert first.chosen == {"form": "as coded", "p": 97, "alpha": 0.3}
    assert first.moment == round((120 * 3000) ** 0.5)
    assert repr(first) == "<RunExplorer: 20 runs by model, modulus p, training fraction>"


def test_python_sets_only_what_has_runs():
    shown = explorer(chosen={"form": "width 128", "p": 97, "alpha": 0.4}, moment=50)
    assert (shown.chosen["form"], shown.moment) == ("width 128", 50)
    with pytest.raises(BadInput, match="chosen: no runs have .*47"):
        shown.chosen = {"form": "width 128", "p": 47, "alpha": 0.4}
    for without_runs in ({"p": 97}, {"form": "width 128", "p": 47, "alpha": 0.4}):
        with pytest.raises(BadInput, match="chosen: no runs have"):
            explorer(chosen=without_runs)


@pytest.mark.parametrize(
    "spoil, choices, sentence",
    [
        (lambda t: t.drop(columns=["t_val", "p"]), CHOICES, r"table lacks the columns p, t_val; it has form, "),
        (lambda t: t.iloc[:0], CHOICES, "table has no runs"),
        (lambda t: t, {}, "choices is empty"),
        (lambda t: pd.concat([t, t]), CHOICES, "two runs with the same form, p, alpha and seed"),
        (lambda t: t.assign(alpha=np.nan), CHOICES, "runs without a value of form or p or alpha"),
        (lambda t: t.assign(val_accuracy=[x[1:] for x in t["val_accuracy"]]), CHOICES, "val_accuracy of seed 0"),
        (
            lambda t: t.assign(train_accuracy=[x * 100 for x in t["train_accuracy"]]),
            CHOICES,
            "train_accuracy of seed 0",
        ),
        (lambda t: t.assign(steps=[x * 0 for x in t["steps"]]), CHOICES, "no evaluation after step 0"),
    ],
)
def test_a_table_that_cannot_be_drawn_is_refused(spoil, choices, sentence):
    with pytest.raises(BadInput, match=sentence):
        RunExplorer(spoil(runs()), choices)


def test_no_text_of_the_data_ends_the_script_or_becomes_markup():
    nasty = "</script><!--<script><b>&"
    html = RunExplorer(runs(settings=[(nasty, 97, 0.4)]), CHOICES | {"p": nasty}).to_html()
    inlined = re.search(r'<script type="application/json">(.*?)</script>', html, flags=re.DOTALL)[1]
    assert json.loads(inlined)["state"]["chosen"]["form"] == nasty
    assert nasty not in html and html.count("</script>") == 2 and html.count(escape(nasty)) == 2


def test_a_front_end_gets_the_widget_and_the_book_the_page():
    shown = explorer()
    bundle, _ = shown._repr_mimebundle_()
    assert bundle[VIEW]["model_id"] == shown.model_id
    assert bundle["text/html"] == shown.to_html()
    assert set(shown._shared()) == {"chosen", "data", "moment"}


def test_published_notebooks_keep_the_page_and_drop_the_widget(tmp_path):
    file = tmp_path / "chapter.ipynb"
    outputs = [{"data": {VIEW: {}, "text/html": "kept"}}, {"data": {VIEW: {}}}, {"output_type": "stream"}]
    cell = {"cell_type": "code", "metadata": {}, "outputs": outputs}
    file.write_text(json.dumps({"metadata": {"widgets": {}, "kernelspec": {}}, "cells": [cell]}))
    tidy(file)
    content = json.loads(file.read_text())
    assert content["metadata"] == {"kernelspec": {}}
    assert content["cells"][0]["outputs"] == [{"data": {"text/html": "kept"}}, {"data": {VIEW: {}}}, outputs[2]]


def test_the_module_and_its_colours_are_the_books():
    from grokkit.plots import COLOURS

    shown = explorer()
    assert "import " not in shown._esm and shown._esm.count("export ") == 1
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", shown.to_html())
    assert f"--train: {COLOURS['train']};" in shown._css and f"--val: {COLOURS['validation']};" in shown._css


def test_all_of_it_is_installed_with_the_package():
    root = ROOT
    patterns = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["grokkit"]
    installed = {file for pattern in patterns for file in (root / "grokkit").glob(pattern)}
    assert {file for suffix in ("js", "css") for file in (root / "grokkit").rglob(f"*.{suffix}")} <= installed


# In a page without a kernel


def drawn(page) -> list[str]:
    return page.locator("svg .run").evaluate_all("lines => lines.map((line) => line.getAttribute('d'))")


@pytest.mark.parametrize("width", [390, 1000])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_page_from_disk_is_whole_accessible_and_fits(open_page, theme, width):
    visit = open_page(explorer().to_html(), theme, **screen(width))
    visit.page.get_by_text("These runs as a table").click()
    assert_whole(visit, width)
    assert visit.page.locator("svg .run").count() == 10 and visit.page.locator("svg .mark").count() == 10
    assert visit.page.locator("svg .censored").count() == 1
    boxes = [each.bounding_box() for each in visit.page.locator("label:has(input), summary").all()]
    assert min(min(box["width"], box["height"]) for box in boxes) >= (44 if width == 390 else 24)


def test_a_tick_at_the_right_edge_is_not_cut(open_page):
    """The old fault: '10,000' read '10,00' where the picture is as narrow as a phone."""
    page = open_page(explorer().to_html(), **screen(390)).page
    texts = page.locator("svg .axes text")
    ends = [box["x"] + box["width"] for box in (each.bounding_box() for each in texts.all())]
    frame = page.locator("svg:has(.axes)").bounding_box()
    assert texts.filter(has_text="10,000").count() == 1
    assert max(ends) <= frame["x"] + frame["width"]


SIDES = (("x", "width"), ("y", "height"))
NEVER = {"both at 0%": (0.0, 0.0), "both at chance": (0.03, 0.01), "validation above": (0.1, 0.13), "half": (0.45, 0.5)}


@pytest.mark.parametrize("ends", NEVER.values(), ids=NEVER)
@pytest.mark.parametrize("width", [390, 1000])
def test_names_of_curves_that_end_side_by_side_do_not_overlap(open_page, width, ends):
    """The old fault: runs of which neither set arrives had both names on one place."""
    table = runs(2, SETTINGS[:1]).assign(t_train=np.nan, t_val=np.nan)
    for name, end in zip(("train_accuracy", "val_accuracy"), ends, strict=True):
        table[name] = [end * np.minimum(STEPS / 9_000, 1) for _ in range(len(table))]
    page = open_page(RunExplorer(table, CHOICES).to_html(), **screen(width)).page
    words = page.locator("svg text:is(.name, .value)")  # the values are those of the last step
    assert all(are_apart(*pair) for pair in combinations([each.bounding_box() for each in words.all()], 2))
    names = page.locator("svg text.name").all_text_contents()
    assert sorted(names) == ["training", "validation"]


def are_apart(one: dict, other: dict) -> bool:
    """Whether two boxes lie beside or above each other; two pixels of a line of text are empty."""
    pairs = [(first, second, *names) for first, second in ((one, other), (other, one)) for names in SIDES]
    return any(first[start] + first[length] <= second[start] + 2 for first, second, start, length in pairs)


def test_the_picture_takes_the_ink_of_its_page(open_page):
    inks = [
        open_page(explorer().to_html(), theme)
        .page.locator("svg .cursor")
        .evaluate("line => getComputedStyle(line).stroke")
        for theme in ("light", "dark")
    ]
    assert inks == ["rgb(31, 35, 40)", "rgb(206, 214, 221)"]


def test_a_choice_by_keyboard_changes_picture_and_summary(open_page):
    page = open_page(explorer().to_html()).page
    summary, before = page.get_by_role("status"), drawn(page)
    assert summary.inner_text() == ("5 seeds. T_train: median 120 steps. T_val: median 3,000 steps, 1 of 5 censored.")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.get_by_role("radio", name="0.3").evaluate("radio => radio === document.activeElement")
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("radio", name="0.4").is_checked()
    assert summary.inner_text() == "5 seeds. T_train: median 120 steps. T_val: median 600 steps."
    assert drawn(page) != before
    assert "training fraction 0.4" in page.get_by_role("img").get_attribute("aria-label")
    assert page.locator("svg text", has_text="dashed").inner_html() == "dashed: before (0.3)"
    assert page.locator("svg path.before").count() == 2


def test_the_norm_is_drawn_named_and_read_out(open_page):
    visit = open_page(with_norms().to_html())
    page = visit.page
    assert visit.findings() == {} and visit.errors == []
    assert page.locator("svg path.norm").count() == 1 and "Dotted" in page.locator("p.hint").last.inner_text()
    assert page.get_by_role("img").get_attribute("aria-label").startswith("Accuracy and weight norm against")
    page.get_by_role("slider").focus()
    page.keyboard.press("End")
    words = page.get_by_role("slider").get_attribute("aria-valuetext")
    assert words.startswith("Step 10,000: training 100%, validation 100%, weight norm 100 (medians)")
    assert page.locator("p.reading").inner_text() == f"{words}."
    plain = open_page(explorer().to_html()).page
    assert plain.locator("svg path.norm").count() == 0 and "norm" not in plain.locator("main").inner_text()


def test_one_evaluation_is_enough_for_a_picture(open_page):
    table = runs(1, SETTINGS[:1])
    table["observed_to"] = 10
    for name in ("steps", "train_accuracy", "val_accuracy"):
        table[name] = [array[:2] for array in table[name]]
    visit = open_page(RunExplorer(table, CHOICES).to_html())
    assert visit.errors == [] and "NaN" not in visit.page.locator("svg").inner_html()


def test_a_choice_without_runs_moves_the_others_to_the_nearest_and_says_so(open_page):
    page = open_page(explorer().to_html()).page
    elsewhere = page.locator("label.elsewhere")
    assert elsewhere.all_inner_texts() == ["width 128", "47"]
    page.get_by_role("radio", name="47").check(force=True)
    assert page.locator("label:has(:checked)").all_inner_texts() == ["as coded", "47", "0.4"]
    said = page.get_by_role("status").inner_text()
    assert said.startswith("No runs have modulus p 47 with training fraction 0.3; now training fraction 0.4. 5 seeds.")
    page.get_by_role("radio", name="97").check(force=True)
    assert page.get_by_role("status").inner_text().startswith("5 seeds.")
    assert page.locator("svg .run").count() == 10


def test_the_nearest_changes_few_choices_before_few_places(open_page):
    settings = [("A", 1, 0.1), ("A", 1, 0.2), ("A", 1, 0.3), ("B", 2, 0.2), ("B", 1, 0.4)]
    page = open_page(RunExplorer(runs(1, settings), CHOICES).to_html()).page
    page.get_by_role("radio", name="B").check(force=True)
    assert page.locator("label:has(:checked)").all_inner_texts() == ["B", "1", "0.4"]


def test_the_moment_is_moved_by_keyboard(open_page):
    page = open_page(explorer(moment=10).to_html()).page
    slider, reading = page.get_by_role("slider", name="moment"), page.locator(".reading")
    start = page.locator("svg .cursor").get_attribute("d")
    assert reading.inner_text() == (
        "Step 10: training 10%, validation 0% (medians); 0 of 5 seeds have passed T_train, 0 of 5 T_val."
    )
    assert page.locator("svg .ahead").count() == 9
    slider.focus()
    for step in (11, 12):
        page.keyboard.press("ArrowRight")
        assert reading.inner_text().startswith(f"Step {step}:")
    page.keyboard.press("End")
    assert reading.inner_text() == (
        "Step 10,000: training 100%, validation 100% (medians); 5 of 5 seeds have passed T_train, 4 of 5 T_val."
    )
    assert slider.get_attribute("aria-valuetext") + "." == reading.inner_text()
    assert page.locator("svg .cursor").get_attribute("d") != start and page.locator("svg .ahead").count() == 0
    page.keyboard.press("ArrowLeft")
    assert reading.inner_text().startswith("Step 9,830:")


def test_the_thumb_stands_under_the_cursor(open_page):
    page = open_page(explorer(moment=1000).to_html()).page
    track, cursor = page.get_by_role("slider").bounding_box(), page.locator("svg .cursor").bounding_box()
    thumb = track["x"] + 12 + (track["width"] - 24) * int(page.get_by_role("slider").input_value()) / 400
    assert abs(cursor["x"] - thumb) < 2


def test_a_tap_chooses_and_a_tap_on_the_picture_moves_the_moment(open_page):
    page = open_page(explorer(moment=10).to_html(), has_touch=True, viewport={"width": 390, "height": 844}).page
    page.locator("label", has_text="0.4").tap()
    assert page.get_by_role("radio", name="0.4").is_checked()
    box = page.locator("svg").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] - 16, box["y"] + 200)
    assert page.locator(".reading").inner_text().startswith("Step 10,000:")


def test_a_drag_over_the_picture_moves_the_moment_along(open_page):
    page = open_page(explorer(moment=10).to_html()).page
    reading, box = page.locator(".reading"), page.locator("svg").bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 200)
    assert reading.inner_text().startswith("Step 10:")
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 16, box["y"] + 200)
    assert reading.inner_text().startswith("Step 10,000:")


def test_the_table_names_every_seed_and_what_was_not_seen(open_page):
    page = open_page(explorer().to_html()).page
    page.get_by_text("These runs as a table").click()
    rows = page.locator("details tbody tr")
    assert rows.first.inner_text().split("\t") == ["0", "100", "2,500"]
    assert rows.last.inner_text().split("\t") == ["4", "140", "> 10,000 (censored)"]


def test_a_run_that_was_stopped_is_named_where_the_reader_looks_beyond_it(open_page):
    table = runs()
    table["observed_to"] = np.where((table["alpha"] == 0.3) & (table["seed"] < 2), 5000, 10_000)
    reading = open_page(RunExplorer(table, CHOICES, moment=5001).to_html()).page.locator(".reading")
    assert reading.inner_text().endswith("T_val; 2 had been stopped and count with their last value.")


def test_two_explorers_share_a_page(open_page):
    visit = open_page(explorer().to_html() + explorer().to_html())
    first, second = visit.page.locator(".grokkit-explorable").all()
    first.get_by_role("radio", name="0.4").check(force=True)
    assert second.get_by_role("radio", name="0.3").is_checked() and visit.findings() == {}
    ids = visit.page.locator("[id]").evaluate_all("elements => elements.map((element) => element.id)")
    assert len(ids) == len(set(ids))


def test_without_scripts_every_setting_is_in_a_table(open_page):
    page = open_page(explorer().to_html(), java_script_enabled=False, viewport={"width": 390, "height": 844}).page
    assert page.locator("tbody tr").count() == len(SETTINGS)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    first = page.locator("tbody tr").first.inner_text().split("\t")
    assert first == ["as coded", "97", "0.3", "5", "120", "3,000", "1"]


def test_where_the_module_fails_the_first_view_stays(open_page):
    visit = open_page(explorer().to_html().replace("export default { render }", "export default {}"), drawn=False)
    visit.page.wait_for_function("() => !document.querySelector('.first-view').hidden")
    assert visit.page.locator("tbody tr").first.is_visible() and len(visit.errors) == 1


def test_a_hint_is_given_only_where_combinations_are_missing(open_page):
    hint = "A dashed frame"
    assert open_page(explorer().to_html()).page.get_by_text(hint).is_visible()
    whole = RunExplorer(runs(settings=SETTINGS[:2]), CHOICES)
    assert open_page(whole.to_html()).page.get_by_text(hint).is_hidden()


def test_a_narrower_page_redraws_the_picture(open_page):
    page = open_page(explorer().to_html(), viewport={"width": 800, "height": 844}).page
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("() => document.querySelector('svg').getAttribute('width') <= 358")


@pytest.mark.parametrize("motion, name", [("reduce", "none"), ("no-preference", "grokkit-appear")])
def test_nothing_moves_for_those_who_asked(open_page, motion, name):
    curves = open_page(explorer().to_html(), reduced_motion=motion).page.locator("svg .curves").first
    assert curves.evaluate("group => getComputedStyle(group).animationName") == name


# In a widget


@pytest.fixture
def hosted(host):
    return host(explorer(moment=10))


def test_a_widget_tells_python_what_the_reader_does(hosted):
    hosted.page.get_by_role("radio", name="0.4").check(force=True)
    hosted.page.get_by_role("slider").focus()
    hosted.page.keyboard.press("End")
    assert hosted.page.evaluate("() => saved.map(({ chosen, moment }) => ({ chosen, moment }))") == [
        {"chosen": {"form": "as coded", "p": 97, "alpha": 0.4}, "moment": 10},
        {"chosen": {"form": "as coded", "p": 97, "alpha": 0.4}, "moment": 10_000},
    ]
    assert hosted.errors == []


def test_a_widget_shows_what_python_sets(hosted):
    page, before = hosted.page, drawn(hosted.page)
    page.evaluate("() => { model.set('chosen', {form: 'as coded', p: 47, alpha: 0.4}); model.set('moment', 1000) }")
    assert page.get_by_role("radio", name="47").is_checked() and drawn(page) != before
    assert page.locator(".reading").inner_text().startswith("Step 1,000:")


def test_a_closed_widget_listens_no_more(hosted):
    assert hosted.page.evaluate("() => { stop(); return Object.values(heard).flat().length }") == 0
