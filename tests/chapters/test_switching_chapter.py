"""What the chapter on switching weight decay plans is what its rules read and the page of deviations promises."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from promises import runs_of, says

import grokkit as gk
from grokkit.chapters.notebooks import find_chapter, planned
from grokkit.claims import claims, rule_of
from grokkit.claims.rules.switching import EXTENDED
from grokkit.plots import switch_curves
from grokkit.records.tables import settings_table
from grokkit.sources import c

says = partial(says, section="## Source C: switching", columns=2)
IDS = [each.id for each in claims().values() if each.chapter == "10_switching"]


@pytest.fixture(scope="module")
def experiments():
    return planned(find_chapter("switching"), {"profile": "evidence", "asides": True})


def test_what_no_rule_reads_is_what_the_page_says_so_of(experiments):
    assert IDS == ["C4", "C5", "C6", "C7", "C8", "C12"]
    table = settings_table(runs_of(experiments))
    read = {key for id in IDS for key in rule_of(id).rows(table)["key"]}
    others = [run for run in runs_of(experiments) if run.key not in read]
    described = {(run.optimizer.weight_decay, run.schedule.switches[0].at.epoch) for run in others}
    assert described == {(0.1, None), (0.0, None), (0.01, 200), (0.01, 4270)}
    assert says("Weight decay that is switched", "two of the source's epochs, and decides nothing")
    assert {at.times for run in others if (at := run.schedule.switches[0].at).is_event} == {1.0, 1.5, 2.0, 3.0}


def test_what_no_rule_reads_is_asked_for_aside_and_moves_no_seed(experiments):
    without = {run.key for run in runs_of(planned(find_chapter("switching"), {"profile": "evidence"}))}
    table = settings_table(runs_of(experiments))
    assert without == {key for id in IDS for key in rule_of(id).rows(table)["key"]}


def test_budgets_are_those_of_the_page(experiments):
    removed = [e for e in experiments for run in e.runs[:1] if run.schedule.switches and run.optimizer.weight_decay]
    assert {e.until.accuracy for e in removed} == {None} and says(
        "Stopping of switched runs", "none where weight decay"
    )
    at_own = [e for e in removed if e.runs[0].optimizer.weight_decay == c.DECAY]
    early = set(rule_of("C5").rows(settings_table(runs_of(at_own)))["key"])
    assert {e.until.steps for e in at_own if e.runs[0].key in early} == {60_000}
    assert {e.until.steps for e in at_own if e.runs[0].key not in early} == {90_000}
    assert says("Budget of switched runs", "60,000 steps where") and says("Budget of switched runs", "90,000 where")
    late = {e.until for e in experiments if e.runs[0].schedule.switches and not e.runs[0].optimizer.weight_decay}
    assert late == {gk.Until(steps=180_000, extra=20)} and says("Budget of switched runs", "180,000 at most")
    off = {e.runs[0].precision: e.until.steps for e in experiments if e.runs[0] in never_decayed(e)}
    assert off == EXTENDED == {"float32": 780_000, "float64": 200_000}
    assert {e.measure for e in experiments} == {gk.Measure(every=c.SEEN_EVERY)}


def never_decayed(experiment):
    return [run for run in experiment.runs if not run.optimizer.weight_decay and not run.schedule.switches]


def test_the_source_profile_has_all_its_epochs_at_its_weight_decay():
    asked = runs_of(planned(find_chapter("switching"), {"profile": "source"}))
    epochs = {run.schedule.switches[0].at.epoch for run in asked if run.schedule.switches} - {None}
    assert epochs == {60, 70, 97, 200, 3495, 3690, 3850, 4270}
    assert {run.optimizer.weight_decay for run in asked} == {0.0, 0.01}
    assert {s.to for run in asked for s in run.schedule.switches} == {0.0, 0.01, 0.02}


COLUMNS = ("train_accuracy", "val_accuracy", "train_loss", "val_loss", "parameter_l2", "gradient_l2")


def around(**changes):
    """Two panels of two runs each, whose curves are their own numbers."""
    rows = [
        {"panel": panel, "key": f"{panel}{i}", "step": step, "moment": 2000 + 1000 * i}
        | {name: 0.1 * (i + 1) for name in COLUMNS}
        for panel in ("early", "late")
        for i in range(2)
        for step in np.arange(0, 6000, 1000)
    ]
    return pd.DataFrame(rows).assign(**changes)


def test_runs_are_laid_on_each_other_at_their_switch():
    axes = np.reshape(switch_curves(around()).axes, (4, 2))
    assert [each.get_title("left") for each in axes[0]] == ["early", "late"]
    assert [each.get_ylabel() for each in axes[:, 0]] == ["accuracy", "loss (nats)", "weight norm", "gradient norm"]
    lines = axes[2, 1].lines
    assert [line.get_xdata()[0] for line in lines] == [-2, -3, 0] and len(axes[0, 0].lines) == 5
    assert [line.get_ydata()[0] for line in lines[:2]] == [0.1, 0.2]


@pytest.mark.parametrize("decades", [0.5, 3, 8])
def test_every_logarithmic_axis_has_numbers_on_it(decades):
    table = around()
    spread = np.logspace(-decades / 2, decades / 2, len(table))
    names = ["train_loss", "val_loss", "parameter_l2", "gradient_l2"]
    axes = np.reshape(switch_curves(table.assign(**dict.fromkeys(names, spread))).axes, (4, 2))
    for axis in axes[1:, 0]:
        low, high = axis.get_ylim()
        seen = [tick for tick in axis.get_yticks() if low <= tick <= high]
        assert 2 <= len(seen) <= 10, (decades, seen)


def test_some_of_the_quantities_can_be_drawn_alone():
    shown = around().drop(columns=["gradient_l2"])
    axes = switch_curves(shown, ("accuracy", "weight norm")).axes
    assert [each.get_ylabel() for each in axes[::2]] == ["accuracy", "weight norm"]


def test_a_figure_without_its_columns_or_rows_is_refused():
    with pytest.raises(gk.BadInput, match="table: it lacks the columns gradient_l2, moment"):
        switch_curves(around().drop(columns=["moment", "gradient_l2"]))
    with pytest.raises(gk.BadInput, match="nothing to draw"):
        switch_curves(around().head(0))
    with pytest.raises(gk.BadInput, match="no positive gradient norm"):
        switch_curves(around().assign(gradient_l2=float("nan")))
