"""The page "The library" names all that is public, and says of it what the library says."""

import re
import sys

import pytest
from paths import ROOT

import grokkit as gk
from grokkit import plots

BOOK = ROOT / "book"
DIRECTIVES = re.findall(
    r"^```\{api\}\n(.*?)^```$", (BOOK / "api.md").read_text("utf-8"), flags=re.DOTALL | re.MULTILINE
)


@pytest.fixture(scope="module")
def api():
    """The Sphinx extension, which lives with the book."""
    sys.path.insert(0, str(BOOK / "_ext"))
    try:
        import grokkit_api

        yield grokkit_api
    finally:
        sys.path.remove(str(BOOK / "_ext"))


def named(module):
    of_module = [text for text in DIRECTIVES if (":module:" in text) == (module is plots)]
    return sorted(name for text in of_module for name in re.sub(r"^:.*\n", "", text, flags=re.MULTILINE).split())


@pytest.mark.parametrize("module", [gk, plots], ids=lambda module: module.__name__)
def test_every_public_name_is_on_the_page_once(module):
    assert named(module) == sorted(module.__all__)


@pytest.mark.parametrize("name", gk.__all__)
def test_every_public_name_is_said_to_be_something(api, name):
    thing = getattr(gk, name)
    assert api.introduction(thing) and all(api.introduction(thing))
    if callable(thing) and api.object_type(thing) != "exception":
        assert api.signature(thing, f"gk.{name}").startswith(f"gk.{name}(")


def test_settings_have_type_bounds_default_and_meaning(api):
    found = {name: (kind, meaning) for name, kind, meaning in api.settings(gk.SAM)}
    assert found.keys() == gk.SAM.model_fields.keys() - {"kind"}
    assert found["beta1"] == ("float, at least 0, below 1; default 0.9", api.parts(gk.AdamW)[1]["beta1"])
    assert found["rho"][1].startswith("Euclidean radius")
    kinds = {name: kind for name, kind, _ in api.settings(gk.Run)}
    assert kinds["task"] == "`TaskConfig`; required" and kinds["batch"] == "`Batch`; default Batch()"
    assert {name: kind for name, kind, _ in api.settings(gk.Nesterov)}["nesterov"] == "True; default True"
    assert kinds["precision"] == '"float32", "bfloat16" or "float64"; default "float32"'


def test_a_call_is_written_as_it_is_typed(api):
    assert api.signature(gk.Seeds, "gk.Seeds") == "gk.Seeds(*, data=0, init=0, batch=0)"
    long = api.signature(gk.train, "gk.train").splitlines()
    assert long[0] == "gk.train(" and long[2] == "    *," and long[-1] == ") -> Records"
    assert '    missing: Literal["train", "report", "raise"] | None = None,' in long


def test_methods_are_called_as_they_are_used(api):
    calls = [name for name, _, _ in api.members(gk.Store)]
    assert "Store.find(path=None)" in calls and "problems" in calls and "add(record)" in calls
    assert not [name for name in calls if name.startswith("_")]


def test_tables_say_what_they_know_and_errors_what_else_they_are(api):
    assert api.introduction(gk.OPTIMIZERS)[-1] == f"Known: {', '.join(f'`{name}`' for name in sorted(gk.OPTIMIZERS))}."
    assert "`adamw`, " in api.introduction(gk.OPTIMIZERS)[-1]
    assert api.introduction(gk.BadInput)[-1] == "It is also a `GrokkitError` and a `ValueError`."
