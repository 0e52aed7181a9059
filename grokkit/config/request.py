"""What is asked of a run beyond what it is: how long it is watched, and when it is measured.

Neither shapes a trajectory, so neither is part of a run's key. Where a run's own events steer it, the run says which
evaluations those are seen in (`grokkit.Moment`), and a request must make these.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from grokkit.config.base import Config, tuple_of
from grokkit.config.grid import Grid
from grokkit.config.run import Run
from grokkit.errors import BadInput, unknown
from grokkit.metrics import OBSERVED

Status = Literal["reached", "budget", "diverged"]
"""Why observation ended: the stopping rule was met, the step budget was spent, or the loss became NaN."""
LAST_BITS = 1e-12
"""Relative: more than a machine's powers of ten are off. A whole one can stand at the very edge of a multiple; of the
others that chapters ask for none comes nearer than 3e-7 to where it would be another step."""


MOST_STEPS = 2**53
"""Steps are counted in double precision, too."""
MOST_A_DECADE = 10_000


class Until(Config):
    """When to stop watching: at `steps`, or earlier once both accuracies have been seen to arrive.

    accuracy: what training and validation accuracy must both have reached at some evaluation; None never
    stops early. extra: evaluations to be seen after that, so that the stop never censors what it waits for.
    every_step: whether both are watched at every step, inside it, so that T_train and T_val are exact; the run ends at
    the very step at which the second arrives, and `extra` has no part in it. Full batches only.
    """

    steps: int = Field(100_000, ge=1, le=MOST_STEPS)
    accuracy: float | None = Field(0.99, gt=0, le=1)
    extra: int = Field(5, ge=1)
    every_step: bool = False

    @model_validator(mode="after")
    def _watches_something(self) -> Until:
        if self.every_step and self.accuracy is None:
            raise BadInput("Until every_step: True came, and watches nothing while accuracy is None.")
        return self

    @property
    def watched(self) -> float | None:
        """The accuracy that every step looks for; None for none."""
        return self.accuracy if self.every_step else None

    def require_full_batches(self, run: Run) -> None:
        """Raise BadInput for a run that cannot be watched so."""
        if self.every_step and run.batch.size is not None:
            raise BadInput(
                f"Until every_step: training accuracy is that of a step's batch, so it takes full batches; "
                f"batch.size {run.batch.size} came. Use batch.size=None, or every_step=False."
            )

    def status(self, steps: list[int] | np.ndarray, train: np.ndarray, val: np.ndarray) -> Status | None:
        """Why a run measured at `steps` need not go on, or None if it must."""
        waits = self.accuracy is not None and not self.every_step
        if waits and self._seen(np.asarray(train), np.asarray(val)) >= self.extra:
            return "reached"
        return "budget" if len(steps) and steps[-1] >= self.steps else None

    def _seen(self, train: np.ndarray, val: np.ndarray) -> int:
        """Evaluations since both accuracies had been reached; -1 before that."""
        both = np.maximum.accumulate(train >= self.accuracy) & np.maximum.accumulate(val >= self.accuracy)
        return int(both.sum()) - 1


class Measure(Config):
    """When to evaluate: `per_decade` log-spaced steps until those are `every` apart, then every `every` steps.

    With these defaults evaluation takes less than 5% of the time of source A's transformer (`benchmarks/`).
    Both grids fall on multiples of `every` once they are coarser than it.

    sample: examples of each set used at every evaluation.
    full_per_decade: log-spaced evaluations, in each decade, that use all examples besides.
    observables: what is measured of the weights besides ("sharpness", "embedding"), where the run ends.
    observe_at: steps at which that is done, too; they are evaluated like others.
    layers: whether norms are recorded per layer, too (`grokkit.metrics.LAYER_METRICS`). They make a record about three
    times as large. A run whose record lacks them is trained again only where they are asked for.
    """

    every: int = Field(100, ge=1, le=MOST_STEPS)
    per_decade: int = Field(10, ge=1, le=MOST_A_DECADE)
    full_per_decade: int = Field(2, ge=1, le=MOST_A_DECADE)
    sample: int = Field(1024, ge=1)
    observables: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = ()
    observe_at: Annotated[tuple[Annotated[int, Field(ge=0, le=MOST_STEPS)], ...], BeforeValidator(tuple_of)] = ()
    layers: bool = False

    @model_validator(mode="after")
    def _observables_are_known(self) -> Measure:
        for name in self.observables:
            if name not in OBSERVED:
                raise unknown("Measure observable", name, OBSERVED)
        if self.observe_at and not self.observables:
            raise BadInput(f"Measure observe_at: {self.observe_at} came, and does nothing without observables.")
        return self

    @property
    def curves(self) -> list[str]:
        """The names of what the observables measure."""
        return [curve for name in self.observables for curve in OBSERVED[name]]

    def steps(self, last: int) -> tuple[np.ndarray, np.ndarray]:
        """Evaluation steps from 0 to `last`, int64 (R,), and whether each is a full one, bool (R,)."""
        return self.grid(last).up_to(last)

    def grid(self, last: int) -> Grid:
        """The same steps, made only as far as somebody looks."""
        return _grid(self, last)

    def require_events(self, run: Run) -> None:
        """Raise BadInput unless the evaluations that a run steers itself by are among these."""
        for at in (switch.at for switch in run.schedule.switches):
            if at.is_event and (at.every % self.every or at.sample != self.sample):
                raise BadInput(
                    f"Measure(every={self.every}, sample={self.sample}): a run waits for an event of its own in "
                    f"evaluations every {at.every} steps on {at.sample} examples; `every` must divide {at.every} and "
                    f"`sample` be {at.sample}, or the Moment must name other ones, which makes it another run."
                )

    def _log_spaced(self, per_decade: int, last: int) -> np.ndarray:
        points = _ten_to(np.arange(per_decade * np.log10(last) + 1e-9) / per_decade)
        gap = points * (1 - 10 ** (-1 / per_decade))
        places = np.ceil(points / self.every * (1 - LAST_BITS))  # whole powers of ten stand on multiples themselves
        snapped = np.where(gap > self.every * (1 + LAST_BITS), places * self.every, np.round(points))
        return snapped[snapped <= last]


@lru_cache(256)  # apart from the requests, whose fields alone make two of them equal
def _grid(measure: Measure, last: int) -> Grid:
    full = measure._log_spaced(measure.full_per_decade, last)
    seen = [step for step in measure.observe_at if step <= last]
    besides = np.unique(np.concatenate([full, measure._log_spaced(measure.per_decade, last), seen, [last]]))
    return Grid(measure.every, last, besides.astype(np.int64), np.array([*full, 0, last]))


def _ten_to(exponents: np.ndarray) -> np.ndarray:
    """Powers of ten, whose last bits depend on the machine."""
    return 10**exponents
