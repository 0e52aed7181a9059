"""Chapters that pytest executes never leave records in the project's own store, whoever starts it."""

import os
import shutil
import tempfile


def pytest_configure(config):
    """In the first process: those of pytest-xdist and the kernels inherit its environment."""
    if "GROKKIT_STORE" not in os.environ:
        os.environ["GROKKIT_STORE"] = store = tempfile.mkdtemp(prefix="grokkit-store-")
        config.add_cleanup(lambda: forget(store))


def forget(store):
    os.environ.pop("GROKKIT_STORE", None)
    shutil.rmtree(store, ignore_errors=True)
