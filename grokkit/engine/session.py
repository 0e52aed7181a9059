"""A stack kept full until nothing waits: advance to the next evaluation, measure, stop what may stop, refill."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from grokkit.config.request import Measure, Status, Until
from grokkit.engine.stack import Stack
from grokkit.engine.trajectory import Trajectory
from grokkit.metrics import is_of_a_layer

LONGEST_CHUNK = 25
"""Steps between two chances to pause: a second or two on a CPU."""
LONGEST_FUSED_CHUNK = 500
"""The same for a program, whose steps are as much faster; but where every step is watched the steps beyond an arrival
are taken in vain."""


class Event(NamedTuple):
    """A slot was evaluated; `status` says why its run ended, or None."""

    slot: int
    trajectory: Trajectory
    status: Status | None


class Session:
    """Trains the trajectories of `stack` and then those that wait, in whichever slot is free."""

    def __init__(self, stack: Stack, waiting: Iterator[Trajectory], until: Until, measure: Measure) -> None:
        self.stack, self.waiting, self.until = stack, waiting, until
        self.measure, self.grid = measure, measure.grid(until.steps)
        self.layers = measure.layers
        self.chunk = min(measure.sample, stack.kernel.task.examples)
        self.active = set(range(len(stack.slots)))
        self.longest = LONGEST_FUSED_CHUNK if stack.kernel.fused and stack.watched is None else LONGEST_CHUNK
        stack.warm_up(self.chunk)

    def proceed(self) -> Iterator[Event]:
        """One chunk of steps, and the evaluations that fall due at its end.

        An ended run's slot is refilled when its event has been dealt with, that is, when the next one is asked for.
        """
        began = time.perf_counter(), time.process_time()
        due = self._due()
        if not due:
            self.stack.advance(self._steps_to_next())
            due = self._due()
        if due:
            self._measure(due)
            self._observe(due)
        self._share_time(time.perf_counter() - began[0], time.process_time() - began[1])
        yield from self._settle(due)

    def _due(self) -> list[int]:
        return [s for s in sorted(self.active) if self._is_due(s)]

    def _is_due(self, slot: int) -> bool:
        trajectory = self.stack.slots[slot]
        return trajectory.t in (self._next_evaluation(slot), trajectory.arrival)

    def _next_evaluation(self, slot: int) -> int:
        return self.grid[len(self.stack.slots[slot].steps)]

    def _steps_to_next(self) -> int:
        return min(self.longest, *(self._next_evaluation(s) - self.stack.slots[s].t for s in self.active))

    def _share_time(self, seconds: float, cpu_seconds: float) -> None:
        for slot in self.active:
            self.stack.slots[slot].seconds += seconds / len(self.active)
            self.stack.slots[slot].cpu_seconds += cpu_seconds / len(self.active)

    def _settle(self, due: list[int]) -> Iterator[Event]:
        for slot in due:
            trajectory = self.stack.slots[slot]
            status = self._status(trajectory)
            yield Event(slot, trajectory, status)
            if status:
                self._refill(slot)

    def _status(self, trajectory: Trajectory) -> Status | None:
        if not np.isfinite(trajectory.rows[-1]["train_loss"] + trajectory.last.get("batch_loss", 0.0)):
            return "diverged"
        if trajectory.arrival == trajectory.t:
            return "reached"
        train, val = (np.array([r[name] for r in trajectory.rows]) for name in ("train_accuracy", "val_accuracy"))
        return self.until.status(trajectory.steps, train, val)

    def _refill(self, slot: int) -> None:
        following = next(self.waiting, None)
        if following is None:
            self.active.discard(slot)
        else:
            self.stack.load(slot, following)

    def _measure(self, due: list[int]) -> None:
        full = [s for s in due if self._is_full(self.stack.slots[s])]
        sums = {which: self._sums(which, due, full) for which in ("train", "val")}
        norms = self.stack.norms()
        for slot in due:
            trajectory = self.stack.slots[slot]
            row = {name: float(x[slot]) for name, x in norms.items()} | trajectory.last
            row = {name: x for name, x in row.items() if self.layers or not is_of_a_layer(name)}
            row |= {f"{which}_passage": step for which, step in trajectory.passages.items()}
            for which, chunks in sums.items():
                row |= self._averages(which, slot, chunks, slot in full)
            trajectory.note(row)

    def _observe(self, due: list[int]) -> None:
        """What observables find where they are asked for, and in a network that its run leaves behind."""
        if not self.measure.observables:
            return
        for slot in due:
            trajectory = self.stack.slots[slot]
            status = self._status(trajectory)
            if status != "diverged" and (status or trajectory.t in self.measure.observe_at):
                sample = np.array(self._span("train", slot)[: self.chunk])
                trajectory.rows[-1] |= self.stack.observe(slot, self.measure.observables, sample)

    def _is_full(self, trajectory: Trajectory) -> bool:
        return trajectory.arrival == trajectory.t or self.grid.is_full(self.grid[len(trajectory.steps)])

    def _sums(self, which: str, due: list[int], full: list[int]) -> list[tuple[np.ndarray, ...]]:
        """(loss, correct, examples) of each slot, (E,) each, for the sample and then the rest of one set."""
        spans = {s: self._span(which, s) for s in due}
        longest = max([len(spans[s]) for s in full], default=self.chunk)
        return [self._chunk_sums(start, spans) for start in range(0, max(longest, 1), self.chunk)]

    def _chunk_sums(self, start: int, spans: dict[int, range]) -> tuple[np.ndarray, ...]:
        positions = np.zeros((len(self.stack.slots), self.chunk), dtype=np.int64)
        weights = np.zeros(positions.shape, dtype=np.float32)
        for slot, span in spans.items():
            part = span[start : start + self.chunk]
            positions[slot, : len(part)], weights[slot, : len(part)] = part, 1.0
        return *self.stack.evaluate(positions, weights), weights.sum(1)

    def _span(self, which: str, slot: int) -> range:
        run = self.stack.slots[slot].run
        return range(run.train_examples) if which == "train" else range(run.train_examples, run.task.examples)

    @staticmethod
    def _averages(which: str, slot: int, chunks: list[tuple[np.ndarray, ...]], full: bool) -> dict[str, float]:
        loss, correct, count = np.array([[part[slot] for part in chunk] for chunk in chunks]).T
        row = {f"{which}_loss": loss[0] / count[0], f"{which}_accuracy": correct[0] / count[0]}
        if full:
            row |= {
                f"{which}_loss_full": loss.sum() / count.sum(),
                f"{which}_accuracy_full": correct.sum() / count.sum(),
            }
        return {name: float(x) for name, x in row.items()}
