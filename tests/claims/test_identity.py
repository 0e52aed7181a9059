"""Two rules with one key ask the same: the key follows what is asked, and neither words nor places."""

import subprocess
import sys
from dataclasses import dataclass, field, replace
from functools import partial

import golden_rules
import pytest
from paths import ROOT

import grokkit as gk
from grokkit.claims import all_rules
from grokkit.claims.asking import Less, Mostly
from grokkit.claims.identity import canonical, key_of, of_a_run, of_runs
from grokkit.claims.measures import groks, soonest, t_val
from grokkit.claims.rule import asks, rule
from grokkit.claims.samples import like
from grokkit.claims.values import Of
from grokkit.sources import a

RUNS = like(a.transformer(), seeds=range(10, 20))


def a_rule(sample=RUNS, shows=groks, effect="share", told="{0} of {1} runs", name="here", **others):
    return rule(effect, asks(name, Mostly(sample, shows), told=told, seen=others))


@of_runs(2)
def other(runs):
    return runs["t_val"].notna()


@pytest.mark.parametrize(
    "changed",
    [
        a_rule(like(a.transformer(p=47), seeds=range(10, 20))),
        a_rule(like(a.transformer(), seeds=range(10, 21))),
        a_rule(like(a.transformer(), {"task.p": (97,)}, seeds=range(10, 20))),
        a_rule(replace(RUNS, where=other)),
        a_rule(shows=other),
        a_rule(shows=partial(other, within=100)),
        a_rule(effect="another share"),
        a_rule(name="there"),
        replace(a_rule(), level=0.01),
        rule("share", asks("here", Less(Of(t_val, RUNS), Of(t_val, RUNS)))),
    ],
)
def test_whatever_is_asked_is_in_the_key(changed):
    assert changed.key != a_rule().key == a_rule().key


def test_words_and_seeds_of_the_run_that_a_sample_is_like_are_not():
    assert a_rule(told="other words", runs=len).key == a_rule().key
    assert a_rule(like(a.transformer(seed=3), seeds=range(10, 20))).key == a_rule().key


def test_an_idea_is_known_by_its_name_and_its_version():
    def idea(version):
        @of_a_run(version)
        def has_plateau(run):
            return True

        return has_plateau

    keys = [a_rule(shows=idea(version)).key for version in (1, 1, 2)]
    assert keys[0] == keys[1] != keys[2]
    with pytest.raises(gk.BadInput, match="has no version"):
        a_rule(shows=lambda runs: runs["t_val"] > 0).key  # noqa: B018


def test_a_field_that_comes_later_changes_no_key_where_it_has_its_default():
    @dataclass(frozen=True)
    class Before:
        of: str

    @dataclass(frozen=True)
    class After:
        of: str
        later: int = 3
        said: str = field(default="", compare=False)

    After.__name__ = "Before"
    assert key_of(Before("x")) == key_of(After("x")) == key_of(After("x", said="words")) != key_of(After("x", later=4))


def test_settings_of_a_measure_are_told_apart():
    assert canonical(partial(soonest, within=7)) == {"idea": "soonest 1", "within": 7}


def test_keys_do_not_hang_on_the_process():
    code = "from grokkit.claims import all_rules; print(*(rule.key for rule in all_rules().values()))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert told == [each.key for each in all_rules().values()] and len(set(told)) == len(told)


@pytest.mark.parametrize("id", all_rules())
def test_every_rule_finds_what_it_found_under_its_key(id):
    committed = golden_rules.committed()[id]
    assert all_rules()[id].key == committed.pop("key"), f"run `{golden_rules.WRITE}`"
    for scenario, found in committed.items():
        now = golden_rules.found_by(all_rules()[id], golden_rules.table_for(all_rules()[id], scenario))
        assert now == found, f"{id} finds something else under its key: give the idea that changed a new version"


def test_the_file_of_what_rules_found_refuses_what_has_no_new_version():
    then = {"A1": {"key": "k", "alike": "undecided"}, "A2": {"key": "k", "alike": "undecided"}}
    now = {"A1": {"key": "k", "alike": "partly"}, "A2": {"key": "other", "alike": "partly"}, "A3": {"key": "k"}}
    assert golden_rules.without_a_new_version(now, then) == ["A1"]


def test_the_rule_that_the_page_adds_can_be_asked():
    page = (ROOT / "book" / "rules.md").read_text(encoding="utf-8")
    written: dict = {}
    exec(page.split("```python")[2].split("```")[0], written)
    added = written["A26"]
    runs = golden_rules.table_for(added, "apart")
    assert len(added.rows(runs)) == len(runs) == 16 and added(runs).n == 8
    assert added(runs).outcome != added(runs.head(8)).outcome == "not tested"
