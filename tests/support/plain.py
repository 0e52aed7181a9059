"""A process on a plain processor: the same machine with the vector units of numpy, PyTorch and what they call off.

`python tests/support/plain.py -m pytest tests/evidence` runs one, with the arguments that `python` would get.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Sequence

import numpy as np

LIBRARIES = {
    "ATEN_CPU_CAPABILITY": "default",  # PyTorch's own kernels
    "MKL_CBWR": "COMPATIBLE",  # its matrix products
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "ARROW_USER_SIMD_LEVEL": "NONE",
}
X86 = {
    "OPENBLAS_CORETYPE": "Nehalem",  # numpy's and scipy's matrix products
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX,-AVX2,-FMA,-FMA4,-AVX512F",  # exp, log and powers of Python and scipy
}


def vector_units() -> list[str]:
    """What numpy would use on this processor and was not built to require."""
    return np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])


def plain_environment() -> dict[str, str]:
    """This process's environment without vector units, and without what pytest leaves there for its workers."""
    already = os.environ.get("NPY_DISABLE_CPU_FEATURES", "").replace(",", " ").split()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    off = {"NPY_DISABLE_CPU_FEATURES": " ".join([*already, *vector_units()])}
    return kept | off | LIBRARIES | (X86 if platform.machine() in ("x86_64", "AMD64") else {})


def run_plainly(arguments: Sequence[str], **settings) -> subprocess.CompletedProcess:
    """`python` with these arguments on a plain processor; settings as in `subprocess.run`."""
    return subprocess.run([sys.executable, *arguments], env=plain_environment(), **settings)


if __name__ == "__main__":
    sys.exit(run_plainly(sys.argv[1:]).returncode)
