"""The rules of the toy's chapter on longer training, other activations and embeddings, where the answer is known."""

import json

import numpy as np
import pytest
from judged import decided
from made_up_toy import AS_TOLD, COLUMNS, ROWS, a_cell, a_record

import grokkit as gk
from grokkit.analysis.phases import LETTERS
from grokkit.claims import rule_of
from grokkit.claims.diagrams import EARLY, Whole
from grokkit.claims.maps import grid, share_that_stays, turns_at_borders_only
from grokkit.claims.rules.toy import FOLLOWED, TANH
from grokkit.claims.samples import Reading
from grokkit.records.tables import settings_table
from grokkit.sources import b

PAIRS = range(19, 31)
TIMES = {"C": (10, 500), "G": (500, 20_000), "M": (500, np.nan), "X": (np.nan, np.nan), "L": (500, 200_000)}
"""T_train and T_val in each phase; L memorises after 100,000 steps and generalises after 200,000."""
PLACES = [(row, column) for row in range(len(ROWS)) for column in range(len(COLUMNS))]


def drawn(setup, letters, seed, budget=b.STEPS, activation="tanh", times=TIMES):
    model = gk.MLP.toy().model_copy(update={"activation": activation})
    return [
        a_record(
            a_cell(setup, ROWS[row], COLUMNS[column], seed, seed, model=model),
            *times[letters[row][column]],
            budget,
        )
        for row, column in PLACES
    ]


def with_late_cells(setup, row, column):
    letters = [list(line) for line in AS_TOLD[setup]]
    letters[row][column] = "L"
    return letters


def watched_longer(place=(2, 5), pairs=PAIRS, budget=3 * b.STEPS):
    """Diagrams with one cell of late grokking: by default beside grokking, in place of memorisation."""
    return [
        record
        for setup in b.SETUPS
        for seed in pairs
        for record in drawn(setup, with_late_cells(setup, *place), seed, budget)
    ]


def test_memorisation_that_turns_at_its_border_only_reproduces_b8():
    found = decided("B8", watched_longer())
    assert (found.outcome, found.n) == ("reproduced", 12) and "(12 cells turn in all)" in found.statement


@pytest.mark.parametrize("place", [(0, 6), (5, 6)])
def test_cells_that_turn_elsewhere_do_not(place):
    found = decided("B8", watched_longer(place))
    assert found.outcome == "partly" and "borders, classification: 0 of 12" in found.statement


def test_memorisation_that_was_late_grokking_does_not_stay():
    all_late = TIMES | {"M": TIMES["L"]}
    records = [r for s in b.SETUPS for seed in PAIRS for r in drawn(s, AS_TOLD[s], seed, 3 * b.STEPS, times=all_late)]
    found = decided("B8", records)
    assert "memorisation stays, classification: 0 of 12" in found.statement and found.outcome != "reproduced"


def test_diagrams_of_the_usual_budget_say_nothing_of_b8_and_longer_ones_answer_the_usual_rules():
    assert decided("B8", watched_longer(budget=b.STEPS)).outcome == "not tested"
    table = gk.evidence_table(watched_longer())
    before = grid(Reading(table)(Whole(TANH["classification"]))[19])
    assert before[2, 5] == "memorisation" and (before[0, 0], before[5, 0]) == ("comprehension", "confusion")


def as_map(lines):
    return np.array([[LETTERS[letter] for letter in line] for line in lines])


def test_a_border_is_a_side_and_not_a_corner():
    before, after = as_map(["CM", "MM"]), as_map(["CG", "MM"])
    assert turns_at_borders_only((before, after)) and share_that_stays(before, after) == pytest.approx(2 / 3)
    assert not turns_at_borders_only((before, as_map(["CM", "MG"])))
    assert np.isnan(share_that_stays(as_map(["CC"]), as_map(["CC"])))


LESS = ["CCMMMMM", "CCMMMMM", "GGMMMMM", "XXXXXXX", "XXXXXXX", "XXXXXXX"]
NO_COMPREHENSION = [line.replace("C", "G") for line in LESS]


def under_each(letters, pairs=PAIRS, kinds=("relu", "leaky_relu(0.1)")):
    """Diagrams under Tanh as the source tells them, and others under the other activations."""
    of = {"tanh": AS_TOLD, **{kind: dict.fromkeys(b.SETUPS, letters) for kind in kinds}}
    return [
        record
        for kind, told in of.items()
        for setup in b.SETUPS
        for seed in pairs
        for record in drawn(setup, told[setup], seed, activation=kind)
    ]


def test_less_generalisation_and_more_confusion_reproduce_b13():
    found = decided("B13", under_each(LESS))
    assert (found.outcome, found.n) == ("reproduced", 12), found.statement
    assert "12 of 12 diagrams generalise in fewer cells (medians 6 cells, " in found.statement


def test_the_same_diagrams_are_no_smaller():
    alike = under_each(LESS, range(19, 28), ())
    found = decided("B13", [r for r in alike for r in (r, under(r, "relu"), under(r, "leaky_relu(0.1)"))])
    assert found.outcome == "not reproduced" and found.statement.count("0 of 9 diagrams") == 8


def test_more_memorisation_is_no_confusion():
    found = decided("B13", under_each([line.replace("X", "M") for line in LESS]))
    assert found.outcome == "partly" and "confusion, relu, classification: 0 of 12" in found.statement


def under(record, activation):
    """The same times with another activation."""
    config = json.loads(json.dumps(record.config))
    config["model"]["activation"] = activation
    run = gk.Run(**config)
    return a_record(run, *gk.passage(record, b.TOY_ACCURACY)[:2])


def test_b13_needs_one_activation_as_much_as_the_other():
    assert decided("B13", under_each(LESS, range(19, 24), ("relu",))).n == 0
    assert decided("B13", under_each(LESS, range(19, 23))).n == 4


def test_b14_asks_for_no_comprehension_at_all():
    with_relu = lambda letters: [r for seed in PAIRS for r in drawn("regression", letters, seed, activation="relu")]  # noqa: E731
    assert decided("B14", with_relu(NO_COMPREHENSION)).outcome == "reproduced"
    found = decided("B14", with_relu(LESS))
    assert found.outcome == "not reproduced" and "(48 cells in all the others)" in found.statement
    assert decided("B14", under_each(NO_COMPREHENSION, range(19, 21), ("leaky_relu(0.1)",))).n == 0


SHOWN = {"C": (1.0, 1.0, 2.0), "G": (1.0, 1.0, 3.0), "M": (0.2, 1.0, 1.5), "X": (1.0, 1.0, 9.0)}
"""Order after 2,000 steps, and the size then and at the end, in each phase."""


def followed(shown=SHOWN, seeds=FOLLOWED.cells.seeds, letters=AS_TOLD["regression"], steps=b.STEPS):
    return [
        a_followed(
            a_cell("regression", ROWS[row], COLUMNS[column], seed, seed),
            *args(letters[row][column], shown),
            steps,
        )
        for seed in seeds
        for row, column in PLACES
    ]


def args(letter, shown):
    return TIMES[letter], shown[letter]


def a_followed(run, times, shown, end):
    steps = np.array([s for s in (0, 10, 500, 1000, 2000, 20_000, 100_000) if s <= end])
    order, early, late = shown
    curves = {
        f"{which}_accuracy": np.where(steps >= t, 1.0, 0.1) for which, t in zip(("train", "val"), times, strict=True)
    }
    where = [steps == EARLY, steps == end]
    curves["embedding_order"] = np.select(where, [order, 1.0], np.nan)
    curves["embedding_rms"] = np.select(where, [early, late], np.nan)
    curves = {name: values.astype(np.float32) for name, values in curves.items()}
    return gk.Record(run.key, json.loads(run.to_json()), steps, curves, end, "budget", {"seconds": 3.6})


@pytest.mark.parametrize("id", ["B15", "B16"])
def test_embeddings_as_the_source_tells_them_reproduce(id):
    found = decided(id, followed())
    assert (found.outcome, found.n) == ("reproduced", 12), found.statement


@pytest.mark.parametrize(
    ("letter", "shown", "told"),
    [
        ("C", (0.9, 1.0, 2.0), "comprehension: 0 of 12"),
        ("M", (1.0, 1.0, 1.5), "memorisation: 0 of 12"),
        ("X", (0.9, 1.0, 9.0), "grokking and confusion: 0 of 12"),
    ],
)
def test_b15_asks_every_phase(letter, shown, told):
    found = decided("B15", followed(SHOWN | {letter: shown}))
    assert found.outcome == "partly" and told in found.statement


@pytest.mark.parametrize(
    ("letter", "shown", "told"),
    [("G", (1.0, 1.0, 10.0), "confusion grows fastest: 0 of 12"), ("C", (1.0, 1.0, 4.0), "comprehension: 0 of 12")],
)
def test_b16_compares_what_is_gained_and_where_it_ends(letter, shown, told):
    found = decided("B16", followed(SHOWN | {letter: shown}))
    assert found.outcome == "partly" and told in found.statement


@pytest.mark.parametrize("id", ["B15", "B16"])
def test_embeddings_need_whole_diagrams_that_were_followed_and_have_the_phases(id):
    assert decided(id, followed(steps=20_000)).outcome == "not tested"
    assert decided(id, followed(seeds=range(200, 204))).outcome == "not tested"
    assert decided(id, followed()[1:]).n == 11
    assert (
        decided(id, followed(letters=[line.replace("X", "M") for line in AS_TOLD["regression"]])).outcome
        == "not tested"
    )
    stopped = [r for seed in FOLLOWED.cells.seeds for r in drawn("regression", AS_TOLD["regression"], seed)]
    assert decided(id, stopped).outcome == "not tested"


FEW = range(19, 22)


@pytest.mark.parametrize(
    ("id", "records"),
    [
        ("B8", lambda: watched_longer(pairs=FEW)),
        ("B13", lambda: under_each(LESS, FEW)),
        ("B14", lambda: under_each(LESS, FEW)),
        ("B15", lambda: followed(seeds=range(200, 203))),
        ("B16", lambda: followed(seeds=range(200, 203))),
    ],
)
def test_rows_are_known_before_any_run_is_trained_and_no_others_are_read(id, records):
    records = records()
    others = [
        *drawn("classification", AS_TOLD["classification"], 60),
        *drawn("regression", LESS, 20, activation="gelu"),
    ]
    rows = rule_of(id).rows
    planned = settings_table([r.run for r in [*others, *records]])
    assert set(rows(planned)["key"]) == set(rows(gk.evidence_table([*others, *records]))["key"])
    assert 0 < len(rows(planned)) <= len(records)
    assert decided(id, [*others, *records]) == decided(id, records)
