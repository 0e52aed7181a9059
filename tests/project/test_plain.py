"""What a test compares exactly comes out the same on a processor without vector units."""

import json

from paths import ROOT, SUPPORT, TESTS
from plain import run_plainly

MARK = "@pytest.mark.exact"
LOOK = """
import json, numpy as np, torch
from plain import vector_units
exact = float(np.logspace(-5, -2, 21)[0])
print(json.dumps([vector_units(), torch.backends.cpu.get_cpu_capability(), exact]))
"""


def test_the_vector_units_of_a_plain_process_are_off():
    """With AVX-512 numpy's first value is 9.999999999999999e-06."""
    found = run_plainly(["-c", LOOK], cwd=SUPPORT, capture_output=True, text=True, check=True)
    assert json.loads(found.stdout) == [[], "DEFAULT", 1e-05] and found.stderr == ""


def test_all_that_is_compared_exactly_is_the_same_without_vector_units():
    marked = [str(file) for file in TESTS.rglob("test_*.py") if f"{MARK}\n" in file.read_text(encoding="utf-8")]
    options = ["-m", "exact", "-n", "0", "-p", "no:cacheprovider", "-rf", "--color=no"]
    found = run_plainly(["-m", "pytest", *options, *marked], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout[-8000:] + found.stderr[-2000:]
    assert " skipped" not in found.stdout
