"""Where the project lies, for tests wherever they lie."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
GOLDEN = TESTS / "golden"
SUPPORT = TESTS / "support"
