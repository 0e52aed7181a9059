"""What a chapter's runs were expected to take: told by all others, never by themselves."""

from __future__ import annotations

import json
from dataclasses import replace

from paths import ROOT
from tiny import MEASURE, UNTIL, a_run

import grokkit as gk
from grokkit.claims import ledger
from grokkit.evidence.forecasts import FORECASTS, forecast
from grokkit.train import Experiment


def taking(seconds, record):
    return replace(record, provenance=record.provenance | {"cpu_seconds": seconds})


def test_the_runs_of_a_chapter_tell_nothing_of_what_they_were_expected_to_take(tmp_path):
    own, others = [a_run(seed) for seed in (1, 2)], [a_run(seed) for seed in (3, 4)]
    trained = gk.train([*own, *others], until=UNTIL, measure=MEASURE, store=tmp_path / "trained")
    store = gk.Store(tmp_path / "told")
    for record, seconds in zip(trained, (9e6, 9e6, 3600.0, 3600.0), strict=True):
        store.add(taking(seconds, record))
    asked = [Experiment(own, UNTIL, MEASURE)]
    assert forecast(asked, {run.key for run in own}, store) == {"runs": 2, "core_hours": 2.0}
    assert forecast(asked, {own[0].key}, store) == {"runs": 1, "core_hours": 1.0}
    assert forecast(asked, set(), store) == {"runs": 0, "core_hours": 0.0}


def test_the_published_forecasts_are_of_the_published_runs():
    told = json.loads((ROOT / "results" / FORECASTS).read_text(encoding="utf-8"))
    read: dict[str, set[str]] = {}
    for row in ledger():
        read.setdefault(row["chapter"], set()).update(row["keys"])
    assert {chapter: each["runs"] for chapter, each in told.items()} == {
        chapter: len(keys) for chapter, keys in read.items() if keys
    }
