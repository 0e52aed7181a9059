"""What `make` needs before anything can be installed, checked with the standard library alone."""

import importlib.util
import os
import shutil
import sys
import sysconfig
from pathlib import Path

UNCOMPILED = "training works, but uncompiled and about half as fast"
PACKAGES = "on Debian and Ubuntu: apt-get install build-essential python3-dev python3-venv"


def main() -> None:
    if sys.version_info < (3, 11):
        sys.exit(
            f"grokkit needs Python 3.11 or newer; {sys.version.split()[0]} is what `python3` is here. "
            "Name another one: make PYTHON=python3.12"
        )
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        sys.exit(f"Python's venv module is missing ({PACKAGES}).")
    if not any(shutil.which(name) for name in (os.environ.get("CXX") or "g++", "g++", "clang++")):
        print(f"No C++ compiler is installed: {UNCOMPILED} ({PACKAGES}).")
    elif not (Path(sysconfig.get_paths()["include"]) / "Python.h").exists():
        print(f"Python's headers are missing: {UNCOMPILED} ({PACKAGES}).")
    elif " " in str(Path.cwd()):
        print(f"The path of this folder has a space: {UNCOMPILED}; PyTorch's compiler takes no space.")


if __name__ == "__main__":
    main()
