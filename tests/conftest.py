"""Every test has its own store and cache, trains uncompiled unless it says otherwise, and uses one thread."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from browsing import HOST, Visit, chromium, missing, page_of

from grokkit.train.machine import why_uncompiled


@pytest.fixture(autouse=True)
def apart(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("grokkit")
    monkeypatch.setenv("GROKKIT_STORE", str(folder / "store"))
    monkeypatch.setenv("GROKKIT_CACHE", str(folder / "cache"))
    monkeypatch.setenv("GROKKIT_COMPILED", "0")
    monkeypatch.delenv("GROKKIT_MISSING", raising=False)
    torch.set_num_threads(1)


@pytest.fixture
def compiler(monkeypatch):
    """For tests that compile: without a compiler they are skipped, except where CI is set: there they fail."""
    with monkeypatch.context() as wanted:
        wanted.delenv("GROKKIT_COMPILED")
        if reason := why_uncompiled(torch.device("cpu")):
            missing(f"Nothing can be compiled here: {reason}.")


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """Gone after the module: playwright's event loop would be in the way of others."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def open_page(browser, tmp_path) -> Iterator:
    """Opens an explorable's HTML from disk."""
    visits: list[Visit] = []

    def go(body: str, theme: str = "light", drawn: bool = True, **settings) -> Visit:
        file = tmp_path / f"page{len(visits)}.html"
        file.write_text(page_of(body, theme), encoding="utf-8")
        settings = {"reduced_motion": "reduce"} | settings  # colours are read before an animation would end
        visits.append(Visit(browser, file.as_uri(), **settings))
        if drawn and settings.get("java_script_enabled", True):
            visits[-1].page.locator(".grokkit-explorable svg").first.wait_for(state="attached")
        return visits[-1]

    yield go
    for visit in visits:
        visit.context.close()


@pytest.fixture
def host(browser, tmp_path) -> Iterator:
    """Shows an explorable in a page whose model is like a widget's."""
    visits: list[Visit] = []

    def show(explorable) -> Visit:
        file = tmp_path / "host.html"
        file.write_text(page_of(f"<style>{explorable._css}</style>"), encoding="utf-8")
        visits.append(Visit(browser, file.as_uri()))
        visits[-1].page.evaluate(HOST, [explorable._esm, explorable._shared()])
        return visits[-1]

    yield show
    for visit in visits:
        visit.context.close()
