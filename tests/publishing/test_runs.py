"""The ledger's files of runs say every setting, which form of a network a run has, and at which accuracy T is taken."""

from functools import cache

import pandas as pd
import pytest
from paths import ROOT

import grokkit as gk
from grokkit.claims import ledger
from grokkit.publishing import runs
from grokkit.sources import a

STORE = gk.Store(ROOT / "results")
TWINS = ("A1", "A2", "A3", "A4", "A5", "A20")


@cache
def held():
    return STORE.read()


def file_of(id, folder):
    """As a reader's pandas sees it."""
    [found] = [each for each in ledger() if each["id"] == id]
    if not found["keys"]:
        pytest.skip(f"There are no runs of {id} yet.")
    runs.runs_behind(found, held()).to_csv(folder / "runs.csv", index=False)
    return pd.read_csv(folder / "runs.csv")


@pytest.mark.parametrize("id", TWINS)
def test_the_two_forms_of_a_transformer_are_told_apart(id, tmp_path):
    table = file_of(id, tmp_path)
    assert set(table["form"]) == {"as coded", "width 128"}
    settings = ["task.p", "train_fraction", "precision", "seeds.init"]
    assert table.duplicated(settings).any() and not table.duplicated(["form", *settings]).any()


def test_no_default_looks_like_nothing(tmp_path):
    table = file_of("A1", tmp_path)
    for name in ("optimizer.weight_decay", "seeds.init", "train_fraction", "precision", "threshold"):
        assert table[name].notna().all(), name


def test_t_is_taken_at_the_accuracy_that_the_chapter_asks_for(tmp_path):
    watched = [each for each in ledger() if each["chapter"] == "11_toy" and each["keys"]]
    if not watched:
        pytest.skip("No claim on the toy has runs yet.")
    table = file_of(watched[0]["id"], tmp_path)
    assert (table["threshold"] < 0.99).all() and table["t_train"].notna().any()


@pytest.mark.parametrize(
    "model, form",
    [
        (gk.Transformer.source_a(), "as coded"),
        (gk.Transformer(width=None, dropout=0.1), "as coded"),
        (gk.Transformer(), "width 128"),
        (gk.Transformer(width=64), None),
        (gk.MLP(hidden=(16,), activation="relu^2"), "MLP (text)"),
        (gk.MLP(batch_norm=True), "MLP (code)"),
        (gk.LSTM(hidden=512, embedding=None), "LSTM (text)"),
        (gk.LSTM.source_a(), "LSTM (code)"),
        (gk.RNN(), None),
    ],
)
def test_a_form_is_named_as_the_source_names_it(model, form):
    assert a.form_of(model) == form
