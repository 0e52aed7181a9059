"""The page "The library" names all that is public, and says of it what the library says."""

import re

import pytest
import yaml
from paths import ROOT
from sphinx.addnodes import desc, desc_content, desc_signature
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

import grokkit as gk
from grokkit import plots

BOOK = ROOT / "book"
DIRECTIVES = re.findall(
    r"^```\{api\}\n(.*?)^```$", (BOOK / "api.md").read_text("utf-8"), flags=re.DOTALL | re.MULTILINE
)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Read the directives of `book/api.md` with Sphinx, without the rest of the book."""
    folder = tmp_path_factory.mktemp("api")
    text = "\n".join(["# The library\n", *(f"```{{api}}\n{each}```\n" for each in DIRECTIVES)])
    (folder / "api.md").write_text(text, encoding="utf-8")
    with docutils_namespace(), pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BOOK / "_ext")
        settings = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["sphinx"]["config"]
        ours = {name: said for name, said in settings.items() if name.startswith(("autodoc", "python", "nitpick"))}
        ours |= {"extensions": ["myst_parser", "grokkit_api"], "root_doc": "api", "nitpicky": True}
        app = Sphinx(folder, None, folder / "out", folder / "doctrees", "dummy", ours, status=None, warningiserror=True)
        app.build()
        return app.env.get_and_resolve_doctree("api", app.builder)


@pytest.fixture(scope="module")
def entries(page):
    """Map anchors to what stands there."""
    return {node[0]["ids"][0]: node for node in page.findall(desc)}


def call(entry):
    return next(entry.findall(desc_signature)).astext()


def said(entry):
    """Read the paragraphs of an entry, those of its methods apart."""
    within = [child for child in next(entry.findall(desc_content)).children if not isinstance(child, desc)]
    return "\n\n".join(child.astext() for child in within)


def named(module):
    of_module = [text for text in DIRECTIVES if (":module:" in text) == (module is plots)]
    return sorted(name for text in of_module for name in re.sub(r"^:.*\n", "", text, flags=re.MULTILINE).split())


@pytest.mark.parametrize("module", [gk, plots], ids=lambda module: module.__name__)
def test_every_public_name_is_on_the_page_once(module):
    assert named(module) == sorted(module.__all__)


@pytest.mark.parametrize("module", [gk, plots], ids=lambda module: module.__name__)
def test_every_public_name_is_said_to_be_something(entries, module):
    for name in module.__all__:
        entry = entries[f"{module.__name__}.{name}"]
        assert said(entry).strip() and not said(entry).startswith(("Built-in", "dict(")), name
        if callable(getattr(module, name)) and entry["objtype"] != "exception":
            assert f"{module.__name__.replace('grokkit', 'gk', 1)}.{name}(" in call(entry)


def test_settings_have_type_bounds_default_and_meaning(entries):
    names = gk.SAM.model_fields.keys() - {"kind"}
    assert set(re.findall(r"(\w+): ", call(entries["grokkit.SAM"]))) == names
    assert "beta1: float = 0.9" in call(entries["grokkit.SAM"])
    inherited = "beta1 – at least 0, below 1; what the running mean of the gradient keeps, per step."
    assert inherited in said(entries["grokkit.AdamW"]) and inherited in said(entries["grokkit.SAM"])
    assert "rho – at least 0; Euclidean radius" in said(entries["grokkit.SAM"])
    run = call(entries["grokkit.Run"])
    assert "task: TaskConfig, " in run and "batch: Batch = Batch()" in run
    assert 'precision: "float32" | "bfloat16" | "float64" = "float32"' in run
    assert "nesterov: True = True" in call(entries["grokkit.Nesterov"])


def test_settings_that_share_a_meaning_all_have_it(entries):
    assert "eps – above 0; as beta1." in said(entries["grokkit.GroupedAdamW"])
    assert "step – at least 0; steps done by then." in said(entries["grokkit.Moment"])


def test_a_call_is_written_as_it_is_typed(entries):
    assert call(entries["grokkit.Seeds"]) == "class gk.Seeds(*, data: int = 0, init: int = 0, batch: int = 0)"
    train = call(entries["grokkit.train"])
    assert train.startswith("gk.train(runs: Run | Experiment | ") and train.endswith(") -> Records")
    assert "Iterable[Experiment], *, until: Until | None = None, " in train
    assert 'missing: "train" | "report" | "raise" | None = None' in train
    assert "= cross_entropy, " in call(entries["grokkit.Task"]) and "= ..., " in call(entries["grokkit.Record"])


def test_methods_are_called_as_they_are_used(entries):
    calls = {id: call(entry) for id, entry in entries.items() if id.startswith("grokkit.Store.")}
    assert calls["grokkit.Store.find"].startswith("classmethod find(path: ")
    assert calls["grokkit.Store.problems"].startswith("property problems")
    assert calls["grokkit.Store.add"] == "add(record: Record) -> Path"
    assert not [id for id in entries if "._" in id] and "grokkit.Task.loss" not in entries


def test_tables_say_what_they_know_and_errors_what_else_they_are(entries):
    assert f"Known: {', '.join(sorted(gk.OPTIMIZERS))}." in said(entries["grokkit.OPTIMIZERS"])
    assert "add(*classes): " in said(entries["grokkit.OPTIMIZERS"])
    assert said(entries["grokkit.BadInput"]).startswith("Bases: GrokkitError, ValueError")


def test_what_is_raised_stands_apart(entries):
    assert re.search(r"Raises\s+BadInput, DeviceError or StoreError before", said(entries["grokkit.train"]))
