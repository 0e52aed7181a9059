"""Every run that the chapters plan and every step at which it is evaluated, in a few digits, to compare with a file.

`python tests/support/planned_keys.py --write` brings the file up to date after a plan has changed on purpose;
`python tests/support/planned_keys.py --list` names the runs one by one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from paths import GOLDEN

from grokkit.chapters.notebooks import chapters, parameters, planned
from grokkit.plans import PROFILES
from grokkit.train import Experiment

FILE = GOLDEN / "planned-keys.json"
WRITE = "python tests/support/planned_keys.py --write"
ALSO = [
    ("05_optimizers", {"extras": True}),
    ("03_architectures", {"anchors": 3}),
    ("04_recurrent", {"check_seeds": 3}),
]
"""Plans with other parameters that have runs in the project's store."""


def plans() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every chapter with the parameters it is planned with."""
    for chapter in chapters():
        others = [given for name, given in ALSO if name == chapter.stem]
        yield from ((chapter, given) for given in [*({"profile": profile} for profile in PROFILES), *others])


def planned_keys() -> dict[str, list[str]]:
    """Chapter and parameters -> one line for each of its experiments."""
    return {_name(chapter, given): [summary(e) for e in of_empty_store(chapter, given)] for chapter, given in plans()}


def of_empty_store(chapter: Path, given: dict[str, Any]) -> list[Experiment]:
    """The plan where nothing is held: what a chapter asks for once it has seen some runs changes with the evidence."""
    with TemporaryDirectory() as empty:
        return planned(chapter, given | ({"store": empty} if "store" in parameters(chapter) else {}))


def summary(asked: Experiment) -> str:
    """How many runs and which, and how many evaluations and when; the order of the runs identifies nothing."""
    keys = sorted(run.key for run in asked.runs)
    steps, full = asked.measure.steps(asked.until.steps)
    when = _digest([steps.tolist(), full.tolist()])
    return f"{len(keys)} runs {_digest(keys)}, {len(steps)} evaluations {when}"


def committed() -> dict[str, list[str]]:
    """What the file says."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def differences(now: dict[str, list[str]], then: dict[str, list[str]]) -> list[str]:
    """A line for every experiment that is another one now."""
    found = []
    for name in sorted(now.keys() | then.keys()):
        ours, theirs = now.get(name, []), then.get(name, [])
        for i in range(max(len(ours), len(theirs))):
            pair = [lines[i] if i < len(lines) else "nothing" for lines in (theirs, ours)]
            if pair[0] != pair[1]:
                found.append(f"{name}, experiment {i}: {pair[0]} in the file, {pair[1]} now")
    return found


def write() -> Path:
    """Write the file; returns its path."""
    FILE.write_text(json.dumps(planned_keys(), indent=1) + "\n", encoding="utf-8")
    return FILE


def listed() -> Iterator[str]:
    """A line for every run: its key, the plans' name, its settings."""
    for chapter, given in plans():
        for i, asked in enumerate(of_empty_store(chapter, given)):
            yield from (f"{run.key} {_name(chapter, given)}, experiment {i} {run.to_json()}" for run in asked.runs)


def _name(chapter: Path, given: dict[str, Any]) -> str:
    return f"{chapter.stem} {' '.join(f'{name}={value}' for name, value in given.items())}"


def _digest(values: list[Any]) -> str:
    return sha256(json.dumps(values).encode()).hexdigest()[:12]


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        print(write())
    elif sys.argv[1:] == ["--list"]:
        sys.stdout.writelines(f"{line}\n" for line in listed())
    else:
        sys.exit(__doc__)
