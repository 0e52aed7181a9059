"""The live network: what Python hands over, and what a reader can do with it in a real browser."""

from __future__ import annotations

import re

import pytest
from browsing import assert_whole, screen

import grokkit as gk
from grokkit.errors import BadInput
from grokkit.explorables import LiveNetwork
from grokkit.explorables.live import UNLIMITED

MOVING = {"reduced_motion": "no-preference"}  # draws more often than once a second


def small(**changes) -> LiveNetwork:
    return LiveNetwork(**{"p": 23, "seeds": 2, "pace": UNLIMITED} | changes)


def step(page) -> int:
    found = re.search(r"step ([\d,]+)", page.locator(".reading").inner_text())
    return int(found[1].replace(",", "")) if found else 0


def wait_for_step(page, number: int) -> None:
    shown = "/step ([0-9,]+)/.exec(document.querySelector('.reading').textContent)?.[1]"
    page.wait_for_function(f"(n) => Number({shown}.replaceAll(',', '')) > n", arg=number)


def open_settings(page) -> None:
    page.get_by_text("Change the experiment").click()


def press(page, name: str) -> None:
    page.get_by_role("button", name=name).click()


# Python's side


def test_the_same_network_is_a_run_of_the_library():
    run = LiveNetwork(p=23, share=0.4, scale=2, rate=0.01, decay=1, seed=3).run()
    assert run.model == gk.MLP(embedding=32, hidden=(64,)) and run.task == gk.ModularAddition(p=23)
    assert run.optimizer == gk.AdamW(learning_rate=0.01, weight_decay=1)
    assert (run.train_fraction, run.init_scale, run.batch.size) == (0.4, 2, None)
    assert run.seeds == gk.Seeds.all(3)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"p": 30}, "p: 30 came; a live network adds modulo one of 23, 29"),
        ({"share": 1.0}, "train_fraction: must lie between 0 and 1"),
        ({"decay": -1}, "weight_decay"),
        ({"pace": 0}, "pace: 0 steps a second came"),
        ({"speed": 3}, "settings: p, share, scale, rate, decay, pace, speed came"),
        ({"seed": 8}, "seed: 8 came; there are 8 seeds"),
    ],
)
def test_what_cannot_be_trained_is_refused(changes, sentence):
    with pytest.raises(BadInput, match=sentence):
        LiveNetwork(**changes)


def test_python_can_change_what_is_trained_and_shown():
    shown = LiveNetwork()
    shown.settings, shown.seed = shown.settings | {"decay": 0}, 5
    assert (shown.run().optimizer.weight_decay, shown.run().seeds.init) == (0, 5)
    with pytest.raises(BadInput, match="p: 4 came"):
        shown.settings = shown.settings | {"p": 4}
    assert repr(shown) == "<LiveNetwork: 8 seeds of a + b modulo 31>"


def test_a_value_that_is_not_offered_is_added_to_the_choices():
    choices = {choice["name"]: choice["values"] for choice in LiveNetwork(decay=0.7, rate=0.03).data["choices"]}
    assert choices["decay"] == [0, 0.1, 0.2, 0.5, 0.7, 1, 2] and choices["rate"] == [0.003, 0.01, 0.03, 0.1]


# In a page without a kernel


@pytest.mark.parametrize(("theme", "width"), [("dark", 390), ("light", 1000)])
def test_a_page_from_disk_is_whole_accessible_and_fits(open_page, theme, width):
    visit = open_page(small().to_html(), theme, **screen(width) | MOVING)
    press(visit.page, "Train 2 networks")
    wait_for_step(visit.page, 3)
    press(visit.page, "Pause")
    open_settings(visit.page)
    assert_whole(visit, width)
    boxes = [each.bounding_box() for each in visit.page.locator("button, select, .seeds label").all()]
    assert min(min(box["width"], box["height"]) for box in boxes) >= 44


def test_nothing_is_trained_before_the_reader_says_so(open_page):
    page = open_page(small().to_html(), **MOVING).page
    page.wait_for_timeout(300)
    assert page.locator(".reading").inner_text() == "Seed 0 waits. Nothing is trained before you say so."
    assert len(page.workers) == 0


def test_on_a_phone_in_the_dark_it_trains_pauses_and_goes_on_without_weight_decay(open_page):
    settings = {"viewport": {"width": 360, "height": 780}, "has_touch": True, "is_mobile": True}
    visit = open_page(small().to_html(), "dark", **settings | MOVING)
    page = visit.page
    page.get_by_role("button", name="Train 2 networks").tap()
    wait_for_step(page, 3)
    page.get_by_role("button", name="Pause").tap()
    page.wait_for_timeout(300)
    paused = step(page)
    page.wait_for_timeout(400)
    assert step(page) == paused > 3
    page.get_by_role("button", name="Take weight decay away").tap()
    assert page.get_by_label("weight decay").input_value() == "0"
    assert page.locator("svg .cursor").count() == 1, "the moment of the change is marked"
    page.get_by_role("button", name="Go on").tap()
    wait_for_step(page, paused)
    page.get_by_role("button", name="Put weight decay back").tap()
    assert page.get_by_label("weight decay").input_value() == "0.5"
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360 and visit.errors == []


def norm(page) -> float:
    return float(re.search(r"weight norm (\d+\.\d)", page.locator(".reading").inner_text())[1])


def wait_for_norm(page, number: float) -> None:
    shown = r"/weight norm (\d+\.\d)/.exec(document.querySelector('.reading').textContent)?.[1]"
    page.wait_for_function(f"(n) => Number({shown}) > n", arg=number)


def norm_at_the_end(open_page, decay: float) -> float:
    page = open_page(small(decay=decay, steps=120, seeds=1).to_html(), **MOVING).page
    press(page, "Train a network")
    page.get_by_text("It has ended").wait_for()
    return norm(page)


def test_weight_decay_reaches_the_threads(open_page):
    assert norm_at_the_end(open_page, 1) < 0.9 * norm_at_the_end(open_page, 0)


def test_a_decay_taken_away_on_the_way_is_heeded(open_page):
    """So strong a weight decay holds weights down while it is there; threads heed a change when they next look."""
    page = open_page(small(seeds=1, decay=8, steps=100_000).to_html(), **MOVING).page
    press(page, "Train a network")
    wait_for_step(page, 200)
    held_down = norm(page)
    press(page, "Take weight decay away")
    wait_for_norm(page, 2 * held_down)


def test_a_seed_that_has_ended_says_when_it_arrived(open_page):
    page = open_page(small(share=0.8, seeds=1).to_html(), **MOVING).page
    press(page, "Train a network")
    page.get_by_text("It has ended").wait_for()
    said = page.locator(".reading").inner_text()
    t_train, t_val = (int(t.replace(",", "")) for t in re.search(r"T_train ([\d,]+), T_val ([\d,]+)", said).groups())
    assert 0 < t_train < t_val and step(page) == 2 * t_val
    assert f"Now generalised: seed 0 (T_train {t_train}, T_val {t_val:,})." in page.get_by_role("status").inner_text()
    assert page.locator(".seeds").inner_text().split("\n")[-1] == f"T_val {t_val:,}"
    assert page.locator("svg .mark").count() == 2
    label = page.locator(".pictures svg").first.get_attribute("aria-label")
    assert label.startswith("All sums a + b modulo 23. Dots: 423 of 423 training sums right; squares: 10")
    press(page, "Train a network")
    wait_for_step(page, 1)


def test_a_seed_is_chosen_by_keyboard(open_page):
    page = open_page(small(seeds=3).to_html(), **MOVING).page
    press(page, "Train 3 networks")
    wait_for_step(page, 3)
    page.get_by_role("radio", name="seed 0").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".reading").inner_text().startswith("Seed 1, step")
    page.locator(".pictures").wait_for()
    press(page, "Pause")
    page.keyboard.press("Shift+Tab")
    page.get_by_role("radio", name="seed 2").check(force=True)
    page.locator(".pictures").wait_for()  # told although it is paused


def test_another_modulus_starts_over_and_another_rate_does_not(open_page):
    page = open_page(small(seeds=1).to_html(), **MOVING).page
    press(page, "Train a network")
    wait_for_step(page, 50)
    open_settings(page)
    page.get_by_label("learning rate").select_option("0.003")
    assert step(page) >= 50
    page.get_by_label("modulus p").select_option("29")
    assert step(page) == 0
    wait_for_step(page, 3)
    assert "modulo 29" in page.locator(".pictures").inner_text()
    press(page, "Start over")
    assert step(page) == 0


def test_it_rests_while_nobody_looks(open_page):
    page = open_page(small(seeds=1).to_html() + "<div style='height: 5000px'></div>", **MOVING).page
    press(page, "Train a network")
    wait_for_step(page, 3)
    page.evaluate("() => window.scrollTo(0, 4000)")
    page.wait_for_timeout(500)
    left = step(page)
    page.wait_for_timeout(400)
    assert step(page) == left
    page.evaluate("() => window.scrollTo(0, 0)")
    wait_for_step(page, left)


def test_it_is_drawn_once_a_second_for_those_who_want_no_motion(open_page):
    page = open_page(small(seeds=1).to_html(), reduced_motion="reduce").page
    press(page, "Train a network")
    wait_for_step(page, 1)
    page.evaluate(
        "() => { window.drawn = 0; const count = () => window.drawn++;"
        "new MutationObserver(count).observe(document.querySelector('.reading'), { childList: true }) }"
    )
    page.wait_for_timeout(2500)
    assert 1 <= page.evaluate("() => window.drawn") <= 3


@pytest.mark.parametrize("how", ["throw new Error()", "setTimeout(() => this.onerror())"])
def test_where_no_thread_may_run_the_page_says_so_and_trains_nothing(open_page, how):
    visit = open_page(LiveNetwork().to_html())
    visit.page.evaluate(
        f"() => {{ window.Worker = class {{ constructor() {{ {how} }} postMessage() {{}} terminate() {{}} }} }}"
    )
    visit.page.get_by_role("button", name="Train 8 networks").click()
    visit.page.get_by_text("This browser lets no page compute in a thread of its own.").wait_for()
    assert visit.page.get_by_role("button", name="Train 8 networks").is_visible()


def test_without_scripts_the_page_says_what_would_be_here(open_page):
    page = open_page(LiveNetwork().to_html(), java_script_enabled=False).page
    assert "8 small networks learn to add modulo 31" in page.locator(".first-view").inner_text()


# In a widget


def test_a_widget_tells_python_what_the_reader_does_and_shows_what_python_sets(host):
    hosted = host(small())
    page = hosted.page
    press(page, "Take weight decay away")
    page.get_by_role("radio", name="seed 1").check(force=True)
    assert page.evaluate("() => [saved.at(-1).settings.decay, saved.at(-1).seed]") == [0, 1]
    page.evaluate("() => { model.set('settings', {...model.get('settings'), p: 29}); model.set('seed', 0) }")
    assert page.get_by_label("modulus p").input_value() == "29"
    press(page, "Train 2 networks")
    wait_for_step(page, 3)
    assert len(page.workers) > 0
    assert page.evaluate("() => { stop(); return Object.values(heard).flat().length }") == 0
    page.wait_for_timeout(200)
    assert len(page.workers) == 0 and hosted.errors == []
