"""What the calls that train take: anything else gets one sentence, before any work."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real
from os import PathLike
from typing import Any

from grokkit.config.request import Measure, Until
from grokkit.config.run import Run
from grokkit.errors import BadInput, require_kind, unfit, whole_number
from grokkit.records.store import Store

SECONDS = "seconds from now, 0 to a billion"
MOST_SECONDS = 1e9
"""Thirty years; more is a moment by `time.time()`, taken for seconds from now."""


def require_request(call: str, until: object, measure: object) -> None:
    """Raise BadInput unless these are requests."""
    require_kind(f"{call} until", until, Until, "a gk.Until, as in until=gk.Until(steps=50)")
    require_kind(f"{call} measure", measure, Measure, "a gk.Measure, as in measure=gk.Measure(every=50)")


def require_runs(call: str, runs: Iterable[Any]) -> None:
    """Raise BadInput unless every one is a run."""
    for run in runs:
        if not isinstance(run, Run):
            raise BadInput(f"{call} runs: every entry must be a Run; {run!r} came.")


def listed(what: str, values: Any, wanted: str) -> list[Any]:
    """Several values as a list; raises BadInput for one that is none, or has settings of its own to be gone over."""
    if not isinstance(values, Iterable) or isinstance(values, Run | Until | Measure):
        raise unfit(what, wanted, values)
    return list(values)


def worker_count(workers: object) -> int:
    """How many processes are to share the work."""
    return whole_number("train workers", workers)


def compiling(call: str, compiled: Any) -> bool | None:
    """Whether to compile; None leaves it open."""
    value = compiled.item() if getattr(compiled, "ndim", None) == 0 else compiled
    if value is not None and not isinstance(value, bool):
        raise unfit(f"{call} compiled", "True, False or None", compiled)
    return value


def require_place_and_time(store: object, missing: object, deadline: object) -> None:
    """Raise BadInput unless `train` can tell from these where to look, what to do, and when to stop."""
    if store is not None:
        require_kind("train store", store, (str, PathLike, Store), "a folder's path or a gk.Store")
    if missing is not None:
        require_kind("train missing", missing, str, "'train', 'report', 'raise' or None")
    require_deadline(deadline)


def require_deadline(deadline: Any) -> None:
    """Raise BadInput unless it is None or a number of seconds from now."""
    if deadline is None:
        return
    require_kind("train deadline", deadline, Real, SECONDS)
    if isinstance(deadline, bool) or not 0 <= deadline <= MOST_SECONDS:
        raise unfit("train deadline", SECONDS, deadline)


def rising_steps(steps: Any) -> list[int]:
    """The steps of `weights_at`."""
    wanted = "whole numbers that rise from 0"
    several = list(steps) if isinstance(steps, Iterable) and not isinstance(steps, str) else []
    if not several or any(not isinstance(step, Integral) or isinstance(step, bool) for step in several):
        raise unfit("weights_at steps", wanted, steps)
    if any(after <= before for before, after in zip((-1, *several), several, strict=False)):
        raise BadInput(f"weights_at steps: one or more that begin at 0 or later and rise; {several} came.")
    return [int(step) for step in several]
