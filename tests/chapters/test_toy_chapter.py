"""What the chapter on the toy plans is what its rules read, its page says and the page of deviations promises."""

import pytest
from paths import ROOT
from promises import runs_of, says
from toy import THRESHOLD, toy_run

import grokkit as gk
from grokkit.chapters.notebooks import find_chapter, planned
from grokkit.claims import claims, rule_of
from grokkit.claims.published import published
from grokkit.claims.rules.toy import FOLLOWED, KINDS
from grokkit.records.tables import settings_table
from grokkit.sources import b

IDS = [each.id for each in claims().values() if each.chapter == "11_toy"]


@pytest.fixture(scope="module")
def experiments():
    return planned(find_chapter("toy"), {"profile": "evidence"})


@pytest.fixture(scope="module")
def own(experiments):
    """The source's own diagram, and cells of it nudged."""
    unique = {run.key: run for run in runs_of(experiments)}.values()
    runs = [run for run in unique if (run.seeds.data, run.seeds.init) == (42, 102)]
    nudged = [run for run in runs if run.init_scale != 1 or run.precision != "float32"]
    return [run for run in runs if run not in nudged], nudged


def test_every_other_run_is_read_by_some_rule_and_every_rule_has_its_runs(experiments, own):
    table = settings_table({run.key: run for run in runs_of(experiments)}.values())
    counts = {id: len(rule_of(id).rows(table)) for id in IDS}
    diagrams = dict.fromkeys(("B1", "B2", "B3", "B4", "B6", "B8", "B17"), 18)
    diagrams |= {"B12": 36, "B13": 54, "B14": 9, "B15": 12, "B16": 12}
    assert counts == {id: 42 * n for id, n in diagrams.items()}
    read = {key for id in IDS for key in rule_of(id).rows(table)["key"]}
    aside = {run.key for runs in own for run in runs}
    assert read == set(table["key"]) - aside and len(read) + len(aside) == len(table)


def test_what_was_known_before_is_read_by_no_rule(own):
    assert [len(runs) for runs in own] == [2 * 441, 23 * 4 + 9 + 82]  # four nudges, nine, and one of each that agrees
    for runs in own:
        assert not any(len(rule_of(id).rows(settings_table(runs))) for id in IDS)


def test_all_nudged_cells_are_of_the_diagram(own):
    plain = {run.key for run in own[0]}
    for run in own[1]:
        assert run.model_copy(update={"init_scale": 1.0, "precision": "float32"}).key in plain


def test_the_cells_that_are_looked_into_are_those_that_differ(own):
    """From the records: cells of ours in another phase than in the source's figure, and no others."""
    until, measure = (
        gk.Until(steps=100_000, accuracy=THRESHOLD, every_step=True),
        gk.Measure(every=100_000, full_per_decade=1),
    )
    store = gk.Store(ROOT / "results")
    records = gk.train(own[0], until=until, measure=measure, store=store, missing="raise")
    ours = gk.evidence_table(records, threshold=THRESHOLD)
    phases = dict(zip(ours["key"], gk.phase(ours["t_train"], ours["t_val"], 100_000), strict=True))
    figure1 = published("b_fig1").itertuples()
    theirs = {place_of(cell.setup, cell.weight_decay, cell.learning_rate): cell.phase for cell in figure1}
    differ = {place_of_run(run) for run in own[0] if phases[run.key] != theirs[place_of_run(run)]}
    looked_into = {place_of_run(run) for run in own[1] if run.init_scale > 1 + 1.5e-6}  # the others have k = 1 alone
    assert looked_into == differ


def place_of(setup, decay, rate):
    return setup, round(decay, 6), float(f"{rate:.6g}")


def place_of_run(run):
    setup = "classification" if run.task.vectors is None else "regression"
    return place_of(setup, run.optimizer.weight_decay, run.optimizer.learning_rate)


def test_the_sources_own_diagram_stands_on_its_axes(own):
    assert says("Diagrams", "all of them for the pair of its Figure 1")
    for setup in b.SETUPS:
        figure1 = published("b_fig1")
        theirs = figure1[figure1["setup"] == setup]
        its = [run for run in own[0] if (run.task.vectors is None) == (setup == "classification")]
        ours = sorted((run.optimizer.weight_decay, run.optimizer.learning_rate) for run in its)
        assert ours == list(theirs[["weight_decay", "learning_rate"]].itertuples(index=False, name=None))


def test_cells_are_as_the_page_of_deviations_says(experiments, own):
    assert all(run == toy_run_like(run) for run in runs_of(experiments) if run not in own[1])
    assert says("Pairs of the toy", "as coded") and says("Targets of the regression", "as coded")
    kinds = {run.model.activation for run in runs_of(experiments)}
    assert kinds == {"tanh", *(activation for _, activation in KINDS)} and says(
        "Activation of the toy", "Tanh; ReLU and LeakyReLU(0.1)"
    )


def toy_run_like(run):
    """The run that the tests compare with the source's loop, in this run's cell."""
    setup = "classification" if run.task.vectors is None else "regression"
    place = run.optimizer.learning_rate, run.optimizer.weight_decay, run.seeds.data, run.seeds.init
    return toy_run(setup, *place, model=gk.MLP.toy().model_copy(update={"activation": run.model.activation}))


def test_runs_end_as_the_page_says(experiments):
    until = gk.Until(steps=100_000, accuracy=THRESHOLD, every_step=True)
    longer, followed = until.model_copy(update={"steps": 300_000}), gk.Until(steps=100_000, accuracy=None)
    source = planned(find_chapter("toy"), {"profile": "source"})
    assert {each.until for each in source} == {until}
    found = {each.until: runs_of([each]) for each in experiments}
    assert found.keys() == {until, longer, followed} and says("Budget of the toy", "300,000 for fresh seeds")
    assert {run.seeds.data for run in found[followed]} == set(FOLLOWED.cells.seeds)
    assert says("Budget of the toy", "100,000") and says("Threshold of the toy", "as coded")
    pairs = {(run.seeds.data, run.seeds.init) for run in runs_of(source)}
    assert len(pairs) == 9 and len(runs_of(source)) == 2 * 9 * 441 and says("Diagrams", "all nine pairs whole")


def test_the_laptop_draws_42_cells_of_each_setup():
    for asked in planned(find_chapter("toy"), {"profile": "laptop"}):
        assert len(asked.runs) == 42 and asked.until.steps == 10_000
        assert len({run.optimizer.learning_rate for run in asked.runs}) == 7
