"""Executing the chapters by hand, as `pytest --nbmake notebooks`, keeps the project's own records as they are."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from paths import ROOT

ASKS = """
import os, pathlib

def pytest_collection_finish(session):
    store = pathlib.Path(os.environ["GROKKIT_STORE"])
    print("STORE", store, store.is_dir())
"""


@pytest.mark.parametrize("chosen", [None, "my-store"])
def test_chapters_are_executed_on_a_store_that_is_gone_afterwards_or_the_chosen_one(chosen, tmp_path):
    (tmp_path / "asks.py").write_text(ASKS)
    environment = {name: value for name, value in os.environ.items() if name != "GROKKIT_STORE"}
    environment |= {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {"GROKKIT_STORE": chosen} if chosen else {}
    command = [sys.executable, "-m", "pytest", "-p", "asks", "-p", "no:cacheprovider", "--nbmake", "--collect-only"]
    done = subprocess.run([*command, "notebooks"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and "12_mnist.ipynb" in done.stdout, done.stdout + done.stderr
    [[_, store, there]] = [line.split() for line in done.stdout.splitlines() if line.startswith("STORE")]
    if chosen:
        assert store == chosen
    else:
        assert there == "True" and not Path(store).exists() and not Path(store).is_relative_to(ROOT)
