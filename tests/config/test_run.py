"""The identity of a run, and the grid of steps on which it is measured."""

import json
import tracemalloc

import numpy as np
import pytest

from grokkit import MLP, SAM, AdamW, BadInput, Batch, Measure, ModularAddition, Run, Schedule, Seeds, Transformer, Until

RUN = Run(task=ModularAddition(), model=Transformer(), optimizer=AdamW())
OTHER = Run(
    task=ModularAddition(p=23, summands=3),
    model=MLP(hidden=(64,)),
    optimizer=SAM(rho=0.1),
    batch=Batch(size=None),
    seeds=Seeds.all(3),
    precision="float64",
    schedule=Schedule(warmup=10),
)
KEYS = {RUN: "675ebe9f5fc306da", OTHER: "a2f8495096afc71b"}
"""Written down once: evidence is found by these. A default that changes, or a new field that is written although it
is at its default, would orphan every record."""


@pytest.mark.parametrize(("run", "key"), KEYS.items(), ids=["defaults", "everything else"])
def test_keys_never_change(run, key):
    assert run.key == key


@pytest.mark.parametrize("run", [RUN, OTHER], ids=["defaults", "everything else"])
def test_json_round_trip(run):
    again = Run.from_json(run.to_json())
    assert again == run
    assert again.key == run.key


def test_only_departures_from_the_defaults_are_written():
    kinds = {"task": {"kind": "modular_addition"}, "model": {"kind": "transformer"}, "optimizer": {"kind": "adamw"}}
    assert json.loads(RUN.to_json()) == kinds
    assert json.loads(Run.from_json(json.dumps(kinds | {"seeds": {"data": 0}})).to_json()) == kinds


@pytest.mark.parametrize(
    "change",
    [
        {"task": ModularAddition(p=96)},
        {"task": ModularAddition(framed=True)},
        {"model": Transformer(layers=1)},
        {"model": MLP()},
        {"optimizer": AdamW(eps=1e-7)},
        {"optimizer": SAM()},
        {"train_fraction": 0.41},
        {"batch": Batch(short_last=True)},
        {"schedule": Schedule(warmup=1)},
        {"schedule": Schedule(decay=0.01)},
        {"precision": "float64"},
        {"seeds": Seeds(batch=1)},
        {"init_scale": 5.0},
    ],
    ids=lambda change: next(iter(change)),
)
def test_everything_that_shapes_a_trajectory_is_in_the_key(change):
    assert Run(**{**dict(RUN), **change}).key != RUN.key


def test_an_integer_is_the_same_number():
    assert AdamW(weight_decay=1).canonical() == AdamW(weight_decay=1.0).canonical()
    assert (
        Run(**{**dict(RUN), "optimizer": AdamW(weight_decay=2)}).key
        == Run(**{**dict(RUN), "optimizer": AdamW(weight_decay=2.0)}).key
    )


@pytest.mark.parametrize(("fraction", "n"), [(0.3, 2822), (0.4, 3763), (0.29, 2728), (0.5, 4704)])
def test_the_training_set_is_rounded_down(fraction, n):
    assert Run(**{**dict(RUN), "train_fraction": fraction}).train_examples == n


def test_rounding_down_forgives_binary_fractions():
    task = ModularAddition(p=10)
    assert Run(**{**dict(RUN), "task": task, "train_fraction": 0.29, "batch": Batch(size=8)}).train_examples == 29


def test_runs_are_frozen():
    with pytest.raises(BadInput):
        Run(**{**dict(RUN), "presicion": "float64"})
    with pytest.raises(Exception, match="frozen"):
        RUN.train_fraction = 0.5


def test_evaluation_grid():
    steps, full = Measure().steps(20_000)
    assert steps[0] == 0
    assert steps[-1] == 20_000
    assert (np.diff(steps) > 0).all()
    assert set(range(0, 20_001, 100)) <= set(steps.tolist())
    assert (steps[steps > 400] % 100 == 0).all()
    assert {1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 63, 79, 126, 158, 200, 251, 316, 398} <= set(
        steps.tolist()
    )
    assert full[[0, 1, -1]].all()
    assert 8 <= full.sum() <= 12


def test_evaluations_do_not_depend_on_the_budget():
    short, long = (Measure().steps(last)[0] for last in (777, 20_000))
    assert short[:-1].tolist() == long[long < 777].tolist()


@pytest.mark.parametrize("last", [1, 2, 9, 100, 101])
def test_small_budgets_have_a_grid(last):
    steps, full = Measure().steps(last)
    assert steps[0] == 0
    assert steps[-1] == last
    assert full[-1]


def test_a_stop_waits_until_what_it_waits_for_was_seen():
    until = Until(steps=1000, accuracy=0.9, extra=2)
    train, val = np.array([0.1, 0.95, 0.8, 1.0, 1.0, 1.0]), np.array([0.0, 0.0, 0.1, 0.92, 0.5, 0.5])
    statuses = [until.status(list(range(k)), train[:k], val[:k]) for k in range(1, 7)]
    assert statuses == [None] * 5 + ["reached"]
    assert until.status([0, 1000], train[:2], val[:2]) == "budget"
    assert Until(steps=1000, accuracy=None).status(list(range(6)), train, val) is None


def test_requests_can_be_compared_after_they_have_told_their_steps():
    """Their grids were once kept in them, and arrays are neither equal nor different."""
    first, second = Measure(every=7), Measure(every=7)
    assert first.steps(50)[0].tolist() == second.steps(50)[0].tolist()
    assert first == second and first != Measure(every=8) and len({first: 1, second: 2}) == 1


@pytest.mark.parametrize("last", [1, 99, 100, 777, 20_000])
@pytest.mark.parametrize(
    "measure", [Measure(), Measure(every=7, per_decade=3, observables=("sharpness",), observe_at=(5, 99))]
)
def test_a_grid_is_its_steps_however_it_is_looked_at(measure, last):
    """As a list that is made whole: every multiple, the log-spaced ones and those that are asked for."""
    asked = [step for step in measure.observe_at if step <= last]
    spaced = [measure._log_spaced(n, last).astype(int) for n in (measure.per_decade, measure.full_per_decade)]
    whole = sorted({*range(0, last + 1, measure.every), *spaced[0].tolist(), *spaced[1].tolist(), *asked, last})
    grid = type(measure)(**dict(measure)).grid(last)
    assert len(grid) == len(whole) and grid[-1] == last
    assert [grid[place] for place in range(len(whole))] == whole
    assert grid[: len(whole) // 2].tolist() == whole[: len(whole) // 2]
    assert [step for step in whole if grid.is_full(step)] == sorted({0, last, *spaced[1].tolist()})
    for step in (0, last // 2, last, last + 1):
        assert grid.up_to(step)[0].tolist() == [each for each in whole if each <= step]


def test_a_budget_costs_nothing():
    tracemalloc.start()
    grid = Measure(every=1).grid(Until(steps=10**10).steps)
    assert (grid[-1], grid[10**4], len(grid[:100])) == (10**10, 10**4, 100) and len(grid) == 10**10 + 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**22
