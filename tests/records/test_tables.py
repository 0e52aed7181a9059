"""Tables say every setting, take T at the accuracy that was asked for, and pass over what cannot be read here."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from tiny import MEASURE, a_run, learner

import grokkit as gk
from grokkit.claims import claim, judge
from grokkit.records.tables import RUN_COLUMNS, rows_where, settings_table
from grokkit.train.estimate import estimate
from grokkit.train.machine import environment
from grokkit.train.price import Prices

DECAYS, SEEDS = (0.3, 1.0, 3.0), (0, 1)
GRID = [a_run(seed, decay=decay) for decay in DECAYS for seed in SEEDS]


def recorded(run, accuracy=(0.0, 0.895, 0.905, 1.0), **others):
    """A record of a run that was not trained."""
    steps = np.arange(len(accuracy), dtype=np.int64) * 10
    curves = dict.fromkeys(("train_accuracy", "val_accuracy"), np.array(accuracy, dtype=np.float32))
    return gk.Record(run.key, run.canonical(), steps, curves, observed_to=int(steps[-1]), status="reached", **others)


@pytest.fixture
def grid():
    return gk.Records(recorded(run) for run in GRID)


@pytest.mark.parametrize("table", [gk.Records.table, gk.Records.evidence, gk.runs_table, gk.evidence_table])
def test_a_setting_at_its_default_is_told_like_any_other(grid, table):
    found = table(grid)
    assert found.groupby("optimizer.weight_decay").size().to_dict() == dict.fromkeys(DECAYS, 2)
    assert found.groupby("seeds.init").size().to_dict() == dict.fromkeys(SEEDS, 3)
    assert found["optimizer.beta1"].tolist() == [0.9] * 6


def test_every_table_of_runs_has_the_same_settings(grid):
    planned = settings_table(GRID).drop(columns="key")
    for table in (grid.table(), grid.evidence()):
        pd.testing.assert_frame_equal(table[planned.columns], planned)
        assert list(table.columns[: len(RUN_COLUMNS)]) == list(RUN_COLUMNS)


def test_a_setting_of_several_values_can_be_grouped_by(grid):
    assert grid.table().groupby("model.hidden").size().to_dict() == {(16,): 6}


# The threshold.


def test_t_is_taken_at_the_accuracy_that_was_asked_for():
    asked = replace(recorded(a_run()), threshold=0.899)
    for table in (gk.runs_table([asked]), gk.evidence_table([asked])):
        assert table[["t_train", "threshold"]].values.tolist() == [[20, 0.899]]
    assert gk.passage(asked).t_val == 20 and gk.passage(asked, 0.99).t_val == 30
    told = [gk.runs_table([asked], 0.99), gk.Records([asked]).table(0.99), gk.Records([asked]).evidence(0.99)]
    assert all(table[["t_train", "threshold"]].values.tolist() == [[30, 0.99]] for table in told)


def test_without_a_request_t_is_taken_where_every_step_was_watched_or_at_99_percent():
    watched = recorded(a_run(), watched=0.899)
    passed = np.array([np.nan, np.nan, 17, 17], dtype=np.float32)
    watched.curves.update(train_passage=passed, val_passage=passed)
    assert gk.runs_table([watched, recorded(a_run())])["t_train"].tolist() == [17, 30]


@pytest.mark.parametrize("every_step", [False, True])
def test_training_until_an_accuracy_reports_when_that_was_reached(tmp_path, every_step):
    run = gk.Run(**dict(learner()) | {"batch": gk.Batch(size=None)})
    until = gk.Until(steps=400, accuracy=0.75, every_step=every_step, extra=1)
    found = gk.train([run], until=until, measure=MEASURE, store=tmp_path)
    row = found.table().iloc[0]
    assert (row["status"], row["threshold"]) == ("reached", 0.75)
    assert row["t_train"] == gk.passage(found[0], 0.75).t_train and row["t_val"] == gk.passage(found[0], 0.75).t_val
    assert not np.isnan(row["delay"]) and found.evidence()["t_val"].tolist() == [row["t_val"]]


def test_a_request_without_an_accuracy_is_read_at_99_percent_whatever_the_record_was_watched_for(tmp_path):
    run = gk.Run(**dict(learner()) | {"batch": gk.Batch(size=None)})
    gk.train([run], until=gk.Until(steps=60, accuracy=0.75, every_step=True), measure=MEASURE, store=tmp_path)
    found = gk.train([run], until=gk.Until(steps=10, accuracy=None), measure=MEASURE, store=tmp_path)
    assert found.table()["threshold"].tolist() == [0.99]


def test_a_rule_reads_at_99_percent_whatever_was_asked_for(monkeypatch):
    seen, nothing = [], gk.runs_table([])
    monkeypatch.setattr("grokkit.claims.judging.evidence_table", lambda *_, **how: seen.append(how) or nothing)
    judge(claim("A1"), [])
    assert seen == [{"threshold": 0.99}]


# What cannot be read here.


@pytest.fixture
def mixed():
    """A record of a run like a reader's own, in whose place another session has no class."""
    known, own = recorded(a_run()), recorded(a_run(1))
    return [replace(own, key="f" * 16, config=own.config | {"task": {"kind": "my_binary", "bits": 4}}), known]


@pytest.mark.parametrize("table", [gk.runs_table, gk.evidence_table])
@pytest.mark.parametrize("part", ["task", "model", "optimizer"])
def test_a_table_passes_over_what_is_unknown_here_by_name(mixed, table, part):
    own, known = mixed
    own = replace(own, config=known.config | {part: {"kind": "my_own"}})
    with pytest.warns(gk.StoreWarning, match="1 run is passed over: .* 'my_own' is unknown.*import"):
        found = table([own, known])
    assert found["key"].tolist() == [known.key]


def test_curves_need_no_class(mixed):
    assert set(gk.curves_table(mixed)["key"]) == {record.key for record in mixed}


def test_what_a_run_costs_is_told_beside_records_of_unknown_runs(mixed):
    asked, until, cpu = a_run(5), gk.Until(steps=30), torch.device("cpu")
    with pytest.warns(gk.StoreWarning, match="my_binary"):
        assert Prices(mixed).seconds(asked, until, gk.Measure()) > 0
    here = [replace(record, provenance=environment(cpu, False) | {"seconds": 6.0}) for record in mixed]
    with pytest.warns(gk.StoreWarning, match="my_binary"):
        assert estimate([asked], until, here, cpu, False, 1).seconds == pytest.approx(6)


def test_rows_are_chosen_by_their_values_also_where_there_are_none():
    table = pd.DataFrame({"p": [7, 7, 5], "alpha": [0.3, 0.5, 0.5]})
    assert list(rows_where(table, p=7, alpha=0.5).index) == [1] and list(rows_where(table).index) == [0, 1, 2]
    assert rows_where(table, p=3, alpha=0.5).empty and rows_where(pd.DataFrame(), p=7).empty
    with pytest.raises(KeyError, match="way"):
        rows_where(table, way="AdamW")


def test_a_record_shows_itself_in_a_line_and_several_as_their_table(grid):
    one, shown = repr(grid[0]), repr(grid)
    assert one == f"<Record {GRID[0].key}: modular_addition by mlp, reached, observed to step 30>"
    assert len(shown.splitlines()) == 7 and GRID[-1].key in shown
    assert repr(gk.Records()) == "<no records>"
