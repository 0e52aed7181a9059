"""What pyproject.toml cannot say: a built package carries the project's records, `results/`, as `grokkit/results/`.

There they are found where there is no checkout, as on Colab. In the project itself they stay in one place.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

RESULTS = Path(__file__).parent / "results"


class BuildWithEvidence(build_py):
    """Also copies `results/`, unless the checkout itself is what gets installed (`pip install -e`)."""

    def run(self):
        super().run()
        if not self.editable_mode:
            results = Path(self.build_lib) / "grokkit" / "results"
            shutil.rmtree(results, ignore_errors=True)  # left by an earlier build of other records
            results.mkdir(parents=True)
            for file in [*RESULTS.glob("*.parquet"), *RESULTS.glob("*.json")]:
                shutil.copy(file, results)


setup(cmdclass={"build_py": BuildWithEvidence})
