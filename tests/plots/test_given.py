"""What a reader tries first is drawn, or a sentence says which call gives what it takes."""

import re

import numpy as np
import pandas as pd
import pytest
from paths import ROOT
from tiny import a_run

import grokkit as gk
from grokkit import plots


def recorded(seed, t_val=30):
    steps = np.arange(6, dtype=np.int64) * 10
    curves = {name: (steps >= t).astype(np.float32) for name, t in (("train_accuracy", 10), ("val_accuracy", t_val))}
    curves |= {"parameter_l2": np.ones(6, np.float32)}
    return gk.Record(a_run(seed).key, a_run(seed).canonical(), steps, curves, observed_to=50, status="reached")


RECORDS = gk.Records(recorded(seed) for seed in range(3))
QUANTITIES = {"parameter_l2": ("norm", "parameters")}


def lines(figure):
    return [line.get_xydata().tolist() for axes in figure.axes for line in axes.get_lines()]


@pytest.mark.parametrize(
    "figure, table",
    [
        (plots.learning_curves, gk.curves_table),
        (lambda given: plots.stacked_curves(given, QUANTITIES), gk.curves_table),
        (plots.delay_curves, lambda records: gk.evidence_table(records).assign(panel="")),
    ],
    ids=["learning_curves", "stacked_curves", "delay_curves"],
)
def test_records_are_drawn_as_their_table_is(figure, table):
    for given in (RECORDS, list(RECORDS)):
        assert lines(figure(given)) == lines(figure(table(RECORDS)))
    assert lines(figure(RECORDS[0])) == lines(figure(table(RECORDS[:1])))


def test_records_are_described_as_their_table_is():
    assert plots.describe_runs(RECORDS) == plots.describe_runs(RECORDS.curves())
    pd.testing.assert_frame_equal(plots.delay_table(RECORDS), plots.delay_table(RECORDS.evidence()))


EVALUATIONS, CURVES = "`records.curves()` has one row an evaluation", "`records.evidence()` has one row a run, with"
TRIED = {
    "learning_curves": (plots.learning_curves, EVALUATIONS),
    "stacked_curves": (lambda table: plots.stacked_curves(table, QUANTITIES), EVALUATIONS),
    "delay_curves": (plots.delay_curves, CURVES),
    "curves_of": (lambda table: plots.curves_of(table, "task.p"), CURVES),
    "bands": (lambda table: plots.bands(table, "task.p"), EVALUATIONS),
    "seed_dots": (lambda table: plots.seed_dots(table, "task.p", "t_val", labels=("", "")), "panel='all'"),
    "named_dots": (lambda table: plots.named_dots(table, "task.kind", "t_val", label=""), "panel='all'"),
    "switch_curves": (plots.switch_curves, EVALUATIONS),
    "phase_maps": (lambda table: plots.phase_maps(table, "task.p", "seeds.init", ("", "")), "`grokkit.phase`"),
    "place_curves": (plots.place_curves, "panel='all'"),
}


@pytest.mark.parametrize("name", TRIED)
def test_a_table_of_runs_gets_a_sentence_that_says_which_call_gives_what_is_drawn(name):
    figure, way = TRIED[name]
    with pytest.raises(gk.BadInput, match=f"^{name} table: it lacks the columns .*{re.escape(way)}"):
        figure(gk.runs_table(RECORDS))


def test_what_is_neither_gets_a_sentence():
    with pytest.raises(gk.BadInput, match="takes a table or records, as `grokkit.train` returns them; 'runs' came"):
        plots.learning_curves(["runs"])


def test_the_readme_draws_the_runs_that_it_trained(tmp_path, monkeypatch):
    [code] = re.findall(r"```python\n(from grokkit.plots.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(code, {"records": RECORDS})
    assert (tmp_path / "my-runs.svg").read_text().startswith("<?xml")
