"""What is published is what the notebooks say: same code, executed, without errors, from runs that are in the store."""

import ast
import inspect
import json
from functools import cache

import pytest
import yaml
from paths import ROOT

import grokkit as gk
from grokkit import BadInput, Measure, Store, train
from grokkit.chapters.notebooks import _written, chapters, checked, find_chapter, parameters, plan_of, planned
from grokkit.claims import claims, rule_of
from grokkit.claims.rules.architectures import FRESH
from grokkit.plans import PLANS, PROFILES, PUBLISHED_PROFILES
from grokkit.publishing import build as publish
from grokkit.publishing.build import lost_runs
from grokkit.records.tables import settings_table

OPENING = ("setup", "parameters", "imports", "plan", "load", "answer")
EXECUTED = ROOT / "book" / "executed"
RESULTS = Store(ROOT / "results")
every_chapter = pytest.mark.parametrize("chapter", chapters(), ids=lambda path: path.stem)


@cache
def plan(chapter, **given):
    """Made once for all tests that only look at it."""
    return planned(chapter, given)


def cells(notebook):
    return json.loads(notebook.read_text(encoding="utf-8"))["cells"]


def tagged(notebook, tag):
    return ["".join(cell["source"]) for cell in cells(notebook) if tag in cell["metadata"].get("tags", [])]


def sources(notebook, kind):
    return ["".join(cell["source"]) for cell in cells(notebook) if cell["cell_type"] == kind]


@every_chapter
def test_the_executed_copy_shows_the_chapters_text_and_code(chapter):
    for kind in ("code", "markdown"):
        assert sources(EXECUTED / chapter.name, kind) == sources(chapter, kind)


@every_chapter
def test_every_cell_of_the_executed_copy_ran_in_order_and_without_error(chapter):
    code = [cell for cell in cells(EXECUTED / chapter.name) if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    kinds = {output["output_type"] for cell in code for output in cell["outputs"]}
    assert kinds <= {"display_data", "execute_result", "stream"}
    assert not [o for cell in code for o in cell["outputs"] if o.get("name") == "stderr"]


@every_chapter
def test_every_published_run_is_in_the_projects_store_or_said_to_be_missing(chapter):
    assert lost_runs(chapter, RESULTS) == 0


def test_a_lost_run_that_a_verdict_rests_on_is_noticed_however_many_are_announced(monkeypatch):
    chapter = find_chapter("transformer")
    [first, *_] = planned(chapter, {})[0].runs
    lacking = publish.lacking_runs
    monkeypatch.setattr(publish, "lacking_runs", lambda runs, *rest: [*lacking(runs, *rest), *{first} & set(runs)])
    assert lost_runs(chapter, RESULTS) == 1


def test_a_lost_run_that_no_rule_reads_is_noticed_beside_those_that_are_announced(monkeypatch):
    chapter = find_chapter("transformer")
    [first, second, *_] = planned(chapter, {})[1].runs
    row = {"chapter": chapter.stem, "keys": [], "missing": {"keys": [first.key]}}
    monkeypatch.setattr(publish, "ledger", lambda: [row, row, row])  # three claims may lack the same run
    for lost, unannounced in (({first}, 0), ({first, second}, 1)):
        monkeypatch.setattr(publish, "lacking_runs", lambda runs, *rest, lost=lost: lost & set(runs))
        assert lost_runs(chapter, RESULTS) == unannounced


@every_chapter
def test_sources_carry_no_outputs(chapter):
    assert not [cell for cell in cells(chapter) if cell.get("outputs") or cell.get("execution_count")]


@every_chapter
def test_a_chapter_opens_with_one_quotation_and_its_answer(chapter):
    """Then comes its figure; what a kernel needs before is shown on the page in the section on the runs."""
    title, *rest = cells(chapter)
    text = "".join(title["source"])
    assert text.startswith("# ") and text.split("\n")[0].endswith("?") and text.count('> "') == 1
    opening = [tag for cell in rest for tag in cell["metadata"].get("tags", []) if tag in OPENING]
    assert list(dict.fromkeys(opening)) == list(OPENING)
    prose = next(i for i, cell in enumerate(rest) if cell["cell_type"] == "markdown")
    assert [cell["metadata"]["tags"][0] for cell in rest[:prose]][len(opening) - 1] == "answer"
    assert "## The runs" in "\n".join(sources(chapter, "markdown"))


@every_chapter
def test_prose_promises_rules_and_leaves_what_is_decided_to_the_verdicts(chapter):
    assert "decided by a rule" not in "\n".join(sources(chapter, "markdown"))


@every_chapter
def test_papermill_sets_what_the_plan_takes(chapter):
    """The cell of parameters has the plan's fields and defaults, and the plan gets each of them by its name."""
    [given], [made] = tagged(chapter, "parameters"), tagged(chapter, "plan")
    exec(given, names := {})
    assert {name: value for name, value in names.items() if name != "__builtins__"} == parameters(chapter)
    assert _written(chapter) == set(parameters(chapter))
    [call] = [node for node in ast.walk(ast.parse(made)) if isinstance(node, ast.Call)]
    assert call.func.id == plan_of(chapter).__name__ and not call.args
    assert {each.arg: each.value.id for each in call.keywords} == {name: name for name in parameters(chapter)}


def test_every_chapter_has_a_plan_and_every_plan_a_chapter():
    assert [path.stem.split("_", 1)[1] for path in chapters()] == list(PLANS)


@every_chapter
def test_no_generator_outlives_its_turn(chapter):
    """One that waits in a list reads the loop's last value when it is asked at last: a page once told 0.8% for 3.4%."""
    trees = [ast.parse(source) for source in sources(chapter, "code")]
    loops = [
        n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.ListComp | ast.SetComp | ast.GeneratorExp)
    ]
    assert not [ast.unparse(loop) for loop in loops if isinstance(loop.elt, ast.GeneratorExp)]


@every_chapter
def test_code_cells_are_short(chapter):
    """Over 12 lines, and then never over 24, only where one algorithm is written out."""
    lengths = sorted(len(source.splitlines()) for source in sources(chapter, "code"))
    assert lengths[-1] <= 24 and sum(length > 12 for length in lengths) <= 4


@every_chapter
def test_every_profile_has_a_plan_and_smoke_is_small(chapter):
    assert set(parameters(chapter)) >= {"profile", "store"}
    assert len(parameters(chapter)) <= 10
    for profile in PROFILES:
        assert all(e.runs for e in plan(chapter, profile=profile))
    assert sum(e.until.steps * len(e.runs) for e in plan(chapter, profile="smoke")) < 1000


def test_every_chapter_is_in_the_table_of_contents():
    toc = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text())
    listed = [entry["file"] for part in toc["parts"] for entry in part["chapters"]]
    assert [f"executed/{path.stem}" for path in chapters()] == [f for f in listed if f.startswith("executed/")]


EARLIER = {
    *("f9b40098b3315551", "b53567d66953ec33"),  # five summands, the transformer as coded, for 20,000 steps
    *("f2c8face1a0b08a8", "04b2654bfe62310a", "f38c69f5d4fe6103", "58950495f54b85a7"),  # MNIST at seed 20
    *("c994ece8760685cf", "b07d47b19f4bb41d"),
    *("b55e811b8857821a", "c2183097df1b8e59"),  # the RNN at the source's own weight decay, at a learning rate of 0.001
}
"""Runs that were seen before the rules which would have read them were registered anew, on other seeds or settings."""


def test_the_store_is_sound_and_holds_only_runs_that_chapters_plan():
    assert RESULTS.check() == []
    every = [plan(chapter, profile=profile) for chapter in chapters() for profile in PUBLISHED_PROFILES]
    asked_for = {"optimizers": {"extras": True}, "architectures": {"anchors": 3}, "recurrent": {"check_seeds": 3}}
    every += [planned(find_chapter(chapter), given) for chapter, given in asked_for.items()]
    asked = {run.key for experiments in every for e in experiments for run in e.runs}
    assert set(RESULTS.keys()) - EARLIER <= asked and not asked & EARLIER


def test_the_evidence_of_claims_is_made_of_runs_that_something_reads():
    """By a rule, of this chapter or another; in the chapter on transformers also by the square that no rule needs, and
    in that on the toy by the maps of the source's own diagram, which no rule may read; nor may one read the pilot and
    the runs at the source's own weight decay in that on recurrent networks, nor in that on architectures those seen
    before A7 and A10 were what they are."""
    judged = [each for each in claims().values() if each.registration]
    asked, read = {}, set()
    for chapter in {each.chapter for each in judged}:
        first, *others = plan(find_chapter(chapter), profile="evidence")
        asked[chapter] = [run for e in (first, *others) for run in e.runs]
        table = settings_table(asked[chapter])
        read |= {key for each in judged if each.chapter == chapter for key in rule_of(each.id).rows(table)["key"]}
        read |= {run.key for run in others[0].runs} if "transformer" in chapter else set()
        own = [run for run in asked[chapter] if (run.seeds.data, run.seeds.init) == (42, 102)]
        read |= {run.key for run in own} if "toy" in chapter else set()
        printed = [run for run in asked[chapter] if run.optimizer.weight_decay == 0.01 or run.seeds.data < 6]
        read |= {run.key for run in printed} if "recurrent" in chapter else set()
        seen = [run for run in asked[chapter] if run.seeds.data < FRESH.start]
        read |= {run.key for run in seen} if "architectures" in chapter else set()
    assert {chapter for chapter, runs in asked.items() if {run.key for run in runs} - read} == set()


def test_the_quickstarts_other_fraction_is_another_set_of_runs():
    chapter = find_chapter("quickstart")
    published, other = planned(chapter, {}), planned(chapter, {"train_fraction": 0.5})
    assert not {r.key for r in published[1].runs} & {r.key for r in other[1].runs}


def test_an_unknown_parameter_is_refused_before_anything_runs():
    with pytest.raises(BadInput, match=r"'train_frac' is unknown; did you mean 'train_fraction'\?"):
        checked(find_chapter("quickstart"), {"train_frac": 0.5})


@pytest.mark.parametrize("page", ["book/how_to_read.md", "notebooks/01_quickstart.ipynb"])
def test_pages_name_the_sample_that_is_really_used(page):
    assert f"sample of at most {Measure().sample:,} examples" in (ROOT / page).read_text(encoding="utf-8")


def test_the_readmes_example_runs(monkeypatch):
    code = (ROOT / "README.md").read_text(encoding="utf-8").split("```python")[1].split("```")[0]
    asked = []
    monkeypatch.setattr(gk, "train", lambda runs, **settings: asked.append((runs, settings)) or gk.Records())
    exec(code, {})
    [(runs, settings)] = asked
    assert len({run.key for run in runs}) == 5
    assert settings.keys() <= inspect.signature(train).parameters.keys()
