"""A script that trains on several processes when it is imported: each of them imports it."""

import os
import subprocess
import sys

import pytest
from paths import ROOT

import grokkit as gk
from grokkit.train.pool import end_if_imported

IMPORTS = """
import sys
sys.path[:0] = {paths!r}
import grokkit as gk
from tiny import MEASURE, UNTIL, a_run
"""
TRAINS = """
found = gk.train([a_run(), a_run(1)], until=UNTIL, measure=MEASURE, store={store!r}, workers=2)
print(len(found), "runs")
"""
CAUGHT = """
try:
    gk.train([a_run(), a_run(1)], until=UNTIL, measure=MEASURE, store={store!r}, workers=2)
except gk.BadInput as error:
    print(error)
"""
GUARDED = 'if __name__ == "__main__":' + TRAINS.replace("\n", "\n    ")


def ran(script, tmp_path):
    """What becomes of a script, and what is in its store."""
    file, store = tmp_path / "script.py", str(tmp_path / "store")
    paths = [str(ROOT), str(ROOT / "tests" / "support")]
    file.write_text((IMPORTS + script).format(paths=paths, store=store))
    done = subprocess.run([sys.executable, file], capture_output=True, text=True, timeout=300, env=os.environ)
    return done, len(gk.Store(store))


def test_without_the_main_guard_a_sentence_names_it(tmp_path):
    done, stored = ran(CAUGHT, tmp_path)
    assert 'put the call beneath `if __name__ == "__main__":`, or use workers=1. Nothing was trained.' in done.stdout
    assert done.stdout.count("\n") == 1 and done.stderr == "" and done.returncode == stored == 0


def test_with_the_main_guard_both_processes_train(tmp_path):
    done, stored = ran(GUARDED, tmp_path)
    assert (done.stdout, done.stderr, done.returncode, stored) == ("2 runs\n", "", 0, 2)


def test_a_process_that_is_no_worker_goes_on():
    end_if_imported()


def test_a_worker_that_is_still_importing_ends(monkeypatch):
    monkeypatch.setattr("multiprocessing.current_process", lambda: type("Process", (), {"_inheriting": True}))
    with pytest.raises(SystemExit):
        end_if_imported()
