import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from paths import ROOT


def parsed(name):
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_environment_defers_to_pyproject_for_every_requirement(project):
    environment = parsed("environment.yml")
    assert environment["name"] == project["name"]
    assert environment["dependencies"] == [
        f"python {project['requires-python']}",
        "pip",
        {"pip": ["-e .[book,test]"]},
    ]


def test_the_extras_that_environment_asks_for_exist(project):
    assert {"book", "test"} <= set(project["optional-dependencies"])


def test_citation_agrees_with_pyproject(project):
    citation = parsed("CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert citation["title"] == project["name"]
    assert citation["version"] == project["version"]
    assert citation["authors"] == [{"name": "The grokkit authors"}]
    assert citation["message"]
    assert " AND ".join(citation["license"]) == project["license"]


def test_licence_files_say_what_pyproject_names(project):
    assert project["license-files"] == ["LICENSE", "LICENSE-text"]
    code, text = ((ROOT / name).read_text(encoding="utf-8") for name in project["license-files"])
    assert code.startswith("MIT License\n\nCopyright (c) 2026 The grokkit authors\n")
    assert "Attribution 4.0 International" in text
    assert "https://creativecommons.org/licenses/by/4.0/" in text


@pytest.mark.parametrize("folder", ["book", "grokkit", "notebooks", "tests"])
def test_top_level_has_folder(folder):
    assert (ROOT / folder).is_dir()


@pytest.mark.parametrize("file", ["environment.yml", "_config.yml", "README.md"])
def test_top_level_has_file(file):
    assert (ROOT / file).is_file()


@pytest.mark.parametrize(("python", "bound"), [("3.11.2", True), ("3.11.5", False), ("3.12.0", False)])
def test_pythons_whose_expressions_are_at_fault_get_a_parser_that_they_can_read(project, python, bound):
    """Debian 12 has 3.11.2: with the newest soupsieve no page of the book could be written there."""
    wanted = [Requirement(text) for text in project["optional-dependencies"]["book"]]
    [parser] = [requirement for requirement in wanted if requirement.name == "soupsieve"]
    assert parser.marker.evaluate({"python_full_version": python}) is bound
    assert parser.specifier.contains("2.10") and not parser.specifier.contains("4.1.3")
