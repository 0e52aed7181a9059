"""A record that cannot be is named with its file and row and passed over; the rest of the store works."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tiny import MEASURE, UNTIL, learner

import grokkit as gk
from grokkit.config.run import key_of
from grokkit.errors import BadInput
from grokkit.records.files import load
from grokkit.records.store import Store, StoreWarning
from grokkit.train.price import Prices


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A store with one run, and the next."""
    store = Store(tmp_path_factory.mktemp("trained"))
    gk.train(learner(), until=UNTIL, measure=MEASURE, store=store, compiled=False)
    return store


def text(change):
    return lambda column: pa.array([change(column[0].as_py())], pa.string())


def deep(_):
    return "[" * 100_000 + "]" * 100_000


def provenance(**others):
    return text(lambda told: json.dumps(json.loads(told) | others))


def steps(change):
    return lambda column: pa.array([change(column[0].as_py())], pa.list_(pa.int64()))


def curve(change):
    return lambda column: pa.array([change(column[0].as_py())], pa.list_(pa.float32()))


WRECKS = {
    "another run's key": ("key", text(lambda _: "0" * 16), "a key that is not that of its configuration"),
    "no key": ("key", text(lambda _: "../a"), "a key that is not 16 hex digits"),
    "another configuration": (
        "config", text(lambda told: told.replace("0.03", "0.04")), "a key that is not that of its configuration"
    ),
    "null": ("config", text(lambda _: "null"), "a configuration that is no JSON object"),
    "a list": ("config", text(lambda _: "[1]"), "a configuration that is no JSON object"),
    "no JSON": ("config", text(lambda _: "{"), "a configuration or provenance that is no JSON"),
    "nested": ("config", text(deep), "a configuration or provenance that is no JSON"),
    "an unknown status": ("status", text(lambda _: "fine"), "the status 'fine'"),
    "steps that fall": ("steps", steps(lambda found: found[::-1]), "steps that do not rise"),
    "negative steps": ("steps", steps(lambda found: [-1, *found[1:]]), "steps that do not rise from 0"),
    "no steps": ("steps", steps(lambda found: []), "has no steps"),
    "observed before it ends": (
        "observed_to", lambda _: pa.array([3], pa.int64()), "observed to step 3"
    ),
    "an accuracy of 7": ("val_accuracy", curve(lambda found: [7.0, *found[1:]]), "'val_accuracy' that are no acc"),
    "a short curve": ("val_loss", curve(lambda found: found[1:]), "a curve 'val_loss' of shape"),
    "a number as provenance": ("provenance", text(lambda _: "3"), "a provenance that is no JSON object"),
    "endless seconds": ("provenance", provenance(seconds=float("inf")), "a provenance with 'seconds' inf"),
    "seconds in words": ("provenance", provenance(cpu_seconds="ten"), "a provenance with 'cpu_seconds' 'ten'"),
    "hardware as a list": ("provenance", provenance(hardware=["a"]), "a provenance with 'hardware' ['a']"),
    "a sample in words": ("provenance", provenance(sample="all"), "was evaluated on 'all' examples"),
    "an odd threshold": ("provenance", provenance(watched=[0.9]), "was watched for an accuracy of [0.9]"),
    "other numbers": ("val_loss", curve(lambda found: [found[0] + 1, *found[1:]]), "holds other numbers for key"),
}  # fmt: skip


@pytest.mark.parametrize("wreck", WRECKS)
def test_a_record_that_cannot_be_is_named_and_the_rest_works(wreck, trained, tmp_path):
    column, change, sentence = WRECKS[wreck]
    [file] = trained.path.glob("run-*.parquet")
    table = pq.read_table(file)
    place = table.column_names.index(column)
    odd = tmp_path / "run-odd.parquet"
    pq.write_table(table.set_column(place, column, change(table.column(column))), odd)
    store = Store(tmp_path)
    [problem] = store.check()
    assert problem.file == odd and sentence in problem.sentence
    with pytest.warns(StoreWarning, match="run-odd.parquet"):
        again = gk.train(learner(), until=UNTIL, measure=MEASURE, store=store, compiled=False)
    assert [record.digest for record in again] == [record.digest for record in trained.read().values()]


def test_it_cannot_be_written_either(trained, tmp_path):
    [record] = trained.read().values()
    odd = gk.Record(record.key, {}, record.steps, record.curves, record.observed_to, record.status)
    with pytest.raises(BadInput, match="has a key that is not that of its configuration"):
        Store(tmp_path).add(odd)


def of_another_kind(record: gk.Record) -> gk.Record:
    """As somebody's own task, or a later version, leaves it."""
    config = record.config | {"task": {"kind": "my_binary", "bits": 3}}
    later = {"record": record.config, "new": True} | config
    return gk.Record(key_of(later), later, record.steps, record.curves, record.observed_to, record.status)


def test_a_record_of_an_unknown_kind_stops_nothing(trained, tmp_path):
    [record] = trained.read().values()
    store = Store(tmp_path)
    store.add(of_another_kind(record))
    gk.train(learner(), until=UNTIL, measure=MEASURE, store=store, compiled=False)
    assert len(store) == 2 and store.check() == []
    with pytest.warns(StoreWarning, match="1 run is passed over: Task 'my_binary' is unknown"):
        price = Prices(list(store.read().values()), "here").seconds(learner(), UNTIL, MEASURE)
    assert np.isfinite(price)


def test_rows_that_take_no_place_are_not_unpacked(tmp_path):
    file = tmp_path / "bomb.parquet"
    pq.write_table(pa.table({"key": pa.nulls(10**7, pa.string())}), file)
    assert file.stat().st_size < 10**5
    [problem] = load(file).problems
    assert "would unpack to 10000000 records" in problem.sentence
