"""The command helps and refuses without the library: in half a second of processor time, not five."""

import subprocess
import sys

import pytest

SECONDS = 0.5
CODE = """
import resource, sys
from grokkit.cli import main
try:
    main()
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print("used", used.ru_utime + used.ru_stime, "torch" in sys.modules, file=sys.stderr)
"""
REFUSED = {
    ("--help",): (0, ""),
    ("run", "--help"): (0, ""),
    ("next", "--help"): (0, ""),
    ("store", "--help"): (0, ""),
    ("rnu",): (2, "No such command"),
    ("run", "--profil", "smoke"): (2, "No such option"),
    ("run",): (2, "grokkit: run needs a chapter, or the id of a published run (--id), and not both."),
    ("run", "quikstart"): (2, "did you mean 'quickstart'?"),
    ("run", "quickstart", "--profile", "laptp"): (2, "grokkit: Profile 'laptp' is unknown; smoke, laptop,"),
    ("run", "quickstart", "-p", "profile=laptp"): (2, "grokkit: Profile 'laptp' is unknown; smoke, laptop,"),
    ("run", "quickstart", "--workers", "0"): (2, "grokkit: train workers: a whole number, at least 1; 0 came."),
    ("run", "quickstart", "-p", "sed", "3"): (
        2,
        "Parameter of chapter 01_quickstart 'sed' is unknown; did you mean 'seed'?",
    ),
    ("plan", "quikstart"): (2, "did you mean 'quickstart'?"),
    ("train", "no-such-file"): (2, "grokkit: The plan no-such-file cannot be read: No such file or directory."),
    ("next", "--hours", "-1"): (2, "grokkit: next --hours takes a number above 0; -1.0 came."),
    ("next", "--workers", "0"): (2, "grokkit: train workers: a whole number, at least 1; 0 came."),
}


@pytest.mark.skipif(sys.platform == "win32", reason="processor time")
@pytest.mark.parametrize("arguments", REFUSED, ids=" ".join)
def test_it_answers_without_the_library(arguments):
    status, said = REFUSED[arguments]
    done = subprocess.run([sys.executable, "-c", CODE, *arguments], capture_output=True, text=True)
    assert done.returncode == status and said in " ".join(done.stderr.split()), done.stderr
    _, seconds, has_torch = done.stderr.splitlines()[-1].split()
    assert has_torch == "False" and float(seconds) < SECONDS
