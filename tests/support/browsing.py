"""A real browser for tests of pages: opened without a network, it tells what a page asked for and what went wrong.

Without a Chromium the tests that use it are skipped, except where CI is set: there they fail.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from paths import SUPPORT

AXE = SUPPORT / "vendor" / "axe.min.js"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]


def missing(sentence: str) -> None:
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(sentence)
    pytest.skip(sentence)


@contextmanager
def chromium() -> Iterator:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        missing(f"No Chromium found under the names {', '.join(BROWSERS)}: install one to check the book's pages.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield opened
        opened.close()


class Visit:
    """One page in a browser context of its own, with everything it asked for and every error it reported."""

    def __init__(self, browser, address: str, **settings) -> None:
        self.context = browser.new_context(**settings)
        self.context.set_offline(True)
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("requestfailed", lambda request: self.errors.append(f"not found: {request.url}"))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.goto(address)

    def findings(self) -> dict[str, list[str]]:
        """What axe finds wrong: its name -> the elements."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.add_script_tag(path=AXE)
        found = self.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]
        return {each["id"]: [node["html"][:200] for node in each["nodes"]] for each in found}


def screen(width: int) -> dict[str, Any]:
    """Settings of a visit: a phone, or the window of a desktop."""
    phone = width == 390
    return {"viewport": {"width": width, "height": 844}, "has_touch": phone, "is_mobile": phone}


def assert_whole(visit: Visit, width: int) -> None:
    """All of the page comes from disk, without an error or an axe finding, and nothing is wider than `width`."""
    assert visit.errors == [] and {urlsplit(url).scheme for url in visit.requests} <= {"file", "blob"}
    assert visit.findings() == {}
    assert visit.page.evaluate("() => document.documentElement.scrollWidth") <= width


HOST = """
([esm, state]) => {
  const heard = {};
  const model = {
    get: (name) => state[name],
    set: (name, value) => {
      if (JSON.stringify(state[name]) === JSON.stringify(value)) return;
      state[name] = value;
      (heard[`change:${name}`] ?? []).forEach((react) => react());
    },
    on: (event, react) => (heard[event] ??= []).push(react),
    off: (event, react) => (heard[event] = heard[event].filter((other) => other !== react)),
    save_changes: () => window.saved.push(structuredClone({ ...state, data: undefined })),
    send: () => {},
  };
  Object.assign(window, { model, heard, saved: [] });
  const el = document.querySelector("main").appendChild(document.createElement("div"));
  return import(URL.createObjectURL(new Blob([esm], { type: "text/javascript" }))).then((module) => {
    window.stop = module.default.render({ model, el });
  });
}
"""
"""Runs an explorable's module, given with its traits, against a model like a widget's."""


def page_of(body: str, theme: str = "light") -> str:
    """An explorable's HTML in a page of its own."""
    ink, ground = {"light": ("#1f2328", "#ffffff"), "dark": ("#ced6dd", "#14181e")}[theme]
    style = f"body {{ margin: 1rem; color: {ink}; background: {ground}; color-scheme: {theme} }}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Explorables</title>'
        f'<meta name="viewport" content="width=device-width"><style>{style}</style></head>'
        f"<body><main><h1>Explorables</h1>{body}</main></body></html>"
    )
