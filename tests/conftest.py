"""Every test has its own store and cache, trains uncompiled unless it says otherwise, and uses one thread."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from browsing import chromium


@pytest.fixture(autouse=True)
def apart(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("grokkit")
    monkeypatch.setenv("GROKKIT_STORE", str(folder / "store"))
    monkeypatch.setenv("GROKKIT_CACHE", str(folder / "cache"))
    monkeypatch.setenv("GROKKIT_COMPILED", "0")
    monkeypatch.delenv("GROKKIT_MISSING", raising=False)
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """Gone after the module: playwright's event loop would be in the way of others."""
    with chromium() as opened:
        yield opened
