"""Runs with what is asked of them, as chapters plan them, and the lines that carry such a plan to another machine."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from grokkit.config.request import Measure, Until
from grokkit.config.run import Run
from grokkit.errors import BadInput
from grokkit.train.arguments import listed, require_request, require_runs


@dataclass(frozen=True)
class Experiment:
    """Some runs, how long to watch them and when to measure them: `gk.train(experiment)`."""

    runs: list[Run]
    until: Until = field(default_factory=Until)
    measure: Measure = field(default_factory=Measure)

    def __post_init__(self) -> None:
        object.__setattr__(self, "runs", listed("Experiment runs", self.runs, "one or more gk.Run"))
        require_runs("Experiment", self.runs)
        require_request("Experiment", self.until, self.measure)


def to_lines(experiments: Iterable[Experiment]) -> list[str]:
    """One line of JSON a run."""
    return [
        json.dumps({"run": run.canonical(), "until": e.until.canonical(), "measure": e.measure.canonical()})
        for e in experiments
        for run in e.runs
    ]


def from_lines(lines: Iterable[str]) -> list[Experiment]:
    """The experiments of a plan; raises BadInput with the number of the first line that is none."""
    return joined(_parsed(number, line) for number, line in enumerate(lines, 1) if line.strip())


def joined(experiments: Iterable[Experiment]) -> list[Experiment]:
    """The same runs, those of which the same is asked in one experiment, so that they train side by side."""
    runs: dict[tuple[Until, Measure], list[Run]] = defaultdict(list)
    for each in experiments:
        runs[each.until, each.measure] += each.runs
    return [Experiment(members, *asked) for asked, members in runs.items()]


def _parsed(number: int, line: str) -> Experiment:
    try:
        parts = json.loads(line)
        return Experiment([Run(**parts["run"])], Until(**parts["until"]), Measure(**parts["measure"]))
    except BadInput as error:
        raise BadInput(f"Line {number} of the plan: {error}") from None
    except KeyError as error:
        raise BadInput(
            f"Line {number} of the plan is not a run as `grokkit plan` writes it: it has no {error}. Lines for runs of "
            "your own are made by grokkit.train.experiment.to_lines."
        ) from None
    except (ValueError, TypeError) as error:
        raise BadInput(f"Line {number} of the plan is not a run as `grokkit plan` writes it ({error!r}).") from None
