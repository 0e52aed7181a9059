"""Others read a store without our code: pandas alone, and polars and duckdb where they are installed."""

import json
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from paths import ROOT
from test_store import a_record, same
from tiny import a_run

from grokkit.metrics import METRICS, OBSERVED
from grokkit.records.columns import CURVE
from grokkit.records.format import CURVES
from grokkit.records.store import Store
from grokkit.records.tables import settings_table

ONES = np.ones(5, np.float32)
KINDS = {
    "usual": ["train_accuracy", "val_accuracy"],
    "watched": ["train_accuracy", "train_passage"],
    "observed": ["train_accuracy", "hessian_top"],
    "layers": ["train_accuracy", "parameter_l2/blocks.0", "parameter_l2/output"],
    "without curves": [],
}
RECORDS = [
    a_record(number, curves={name: ONES * i for i, name in enumerate(names)})
    for number, names in enumerate(KINDS.values())
]
SEVERAL = a_record(99, curves=RECORDS[3].curves)


@pytest.fixture
def store(tmp_path):
    """Two packs and files of single runs, each kind of run in a file of its own or with others."""
    held = Store(tmp_path / "store")
    for record in RECORDS:
        held.add(record)
    held.add_all([RECORDS[0], RECORDS[1]])
    held.add_all([RECORDS[2], SEVERAL])
    return held


def files(store):
    return sorted(store.path.glob("*.parquet"))


def curves_of(row):
    """Of a row of a plain table: those with a column, and the others."""
    own = {name: row[name].tolist() for name in CURVES if row[name] is not None}
    others = [] if row["other_curves"] is None else row["other_curves"]
    return own | {each["name"]: each["values"].tolist() for each in others}


def test_every_file_has_the_same_columns(store):
    schemas = [pq.read_schema(file) for file in files(store)]
    assert all(schema.equals(schemas[0]) for schema in schemas)
    observed = {name for curves in OBSERVED.values() for name in curves}
    assert {*METRICS, *observed, "other_curves", "settings"} <= set(schemas[0].names)


@pytest.mark.parametrize("what", [lambda store: store.path, files], ids=["folder", "list"])
def test_pandas_alone_reads_all_of_a_store(store, what):
    table = pd.read_parquet(what(store))
    assert len(table) == 9
    for record in [*RECORDS, SEVERAL]:
        for _, row in table[table["key"] == record.key].iterrows():
            assert curves_of(row) == {name: values.tolist() for name, values in record.curves.items()}
            assert row["steps"].tolist() == record.steps.tolist() and row["steps"].dtype == np.int64
            assert json.loads(row["config"]) == record.config and json.loads(row["provenance"])["device"] == "cpu"
            assert (row["observed_to"], row["status"], row["digest"]) == (10_000, "reached", record.digest)


def test_pandas_alone_sees_every_setting_defaults_too(tmp_path):
    runs = [a_run(seed, decay=decay) for decay in (0.3, 1.0) for seed in (0, 1)]
    store = Store(tmp_path / "store")
    store.add_all(a_record(i, config=run.canonical(), key=run.key) for i, run in enumerate(runs))
    table = pd.read_parquet(store.path)
    settings = pd.json_normalize(table["settings"].map(json.loads).tolist())
    assert settings.groupby("optimizer.weight_decay").size().to_dict() == {0.3: 2, 1.0: 2}
    expected = settings_table(runs).set_index("key").loc[table["key"]].reset_index(drop=True)
    expected["model.hidden"] = expected["model.hidden"].map(list)
    pd.testing.assert_frame_equal(settings[expected.columns], expected)
    store.add(a_record(9))  # of no kind that is known here
    assert pd.read_parquet(store.path)["settings"].isna().sum() == 1


def test_polars_reads_all_of_a_store(store):
    polars = pytest.importorskip("polars")
    for what in (store.path, store.path / "*.parquet", files(store)):
        assert polars.read_parquet(what).height == 9


def test_duckdb_reads_all_of_a_store(store):
    duckdb = pytest.importorskip("duckdb")
    assert duckdb.sql(f"select hessian_top from '{store.path}/*.parquet'").fetchall().count((None,)) == 8


def test_files_of_both_ages_are_one_store(store):
    """Those of before have a column for every curve that they hold, layers' too."""
    old = a_record(98, curves=RECORDS[3].curves)
    file = store.add(old)
    table = pq.read_table(file)
    curves = {"parameter_l2/blocks.0": 1, "parameter_l2/output": 2}
    for name, value in curves.items():
        table = table.append_column(name, pa.array([ONES * value], CURVE))
    pq.write_table(table.drop_columns(["other_curves", "settings", "hessian_top", "val_loss"]), file)
    found = Store(store.path).read()
    assert same(found[old.key], old) and same(found[SEVERAL.key], SEVERAL)


PAGE = (ROOT / "book" / "api.md").read_text(encoding="utf-8")
WAYS = re.findall(r"```python\n(# \w+\n.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.split()[1])
def test_the_ways_on_the_page_read_the_whole_evidence(way, monkeypatch):
    """Its older files differ in their columns."""
    monkeypatch.chdir(ROOT)
    pytest.importorskip(way.split()[1])
    told: dict = {}
    exec(way, told)
    held = [record for records in Store(ROOT / "results").read_all().values() for record in records]
    assert len(told["table"]) >= len(held)
    curves = {name for record in held for name in record.curves}
    assert {name for name in curves if "/" not in name} <= set(told["table"].columns)


def test_the_page_tells_a_way_with_pandas_and_with_pyarrow():
    assert {"pandas", "pyarrow"} <= {way.split()[1] for way in WAYS}
