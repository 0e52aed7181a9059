"""E runs of one shape trained as one: stacked tensors with slots that are filled, advanced, read and refilled.

The number of slots never changes, so neither does the compiled graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from grokkit.config.sampling import batch_positions
from grokkit.config.schedules import settings_at
from grokkit.engine.kernel import Kernel
from grokkit.engine.observing import observe
from grokkit.engine.trajectory import Trajectory
from grokkit.metrics import norms
from grokkit.models.dropout import noise_words


class Stack:
    """Slots for E trajectories."""

    def __init__(self, kernel: Kernel, first: list[Trajectory], watched: float | None = None) -> None:
        """watched: the accuracy whose first passages every step looks for; None for none."""
        self.kernel, self.slots, self.watched = kernel, list(first), watched
        self._params = self._stacked([t.params for t in first])
        self._buffers = self._stacked([t.buffers for t in first])
        self._state = self._stacked([t.state for t in first])
        self._order = torch.stack([t.order(kernel.task) for t in first]).to(kernel.device)
        self._passages = self._stacked([self._passages_of(t) for t in first])
        self._last: dict[str, Tensor] = {}

    def load(self, slot: int, trajectory: Trajectory) -> None:
        """Put a trajectory into a slot, in place of the one that was there."""
        self.slots[slot] = trajectory
        self._params = self._written(slot, self._params, trajectory.params)
        self._buffers = self._written(slot, self._buffers, trajectory.buffers)
        self._state = self._written(slot, self._state, trajectory.state)
        self._passages = self._written(slot, self._passages, self._passages_of(trajectory))
        self._order[slot] = trajectory.order(self.kernel.task)

    def snapshot(self, slot: int) -> Trajectory:
        """The slot's trajectory with its present weights, copied to the CPU."""
        trajectory = self.slots[slot]
        copy: Callable[[Tensor], Tensor] = lambda x: x[slot].to("cpu", copy=True)  # noqa: E731
        trajectory.params, trajectory.state = tree_map(copy, self._params), tree_map(copy, self._state)
        trajectory.buffers = tree_map(copy, self._buffers)
        return trajectory

    def warm_up(self, examples: int) -> None:
        """Compile both functions (for evaluations on `examples`) and drop what they return."""
        held, slots = self._held(), len(self.slots)
        self._step(1)
        self.evaluate(np.zeros((slots, examples), dtype=np.int64), np.ones((slots, examples), dtype=np.float32))
        self._restore(held)

    def advance(self, count: int) -> None:
        """Take `count` steps with every slot, or fewer: up to the first at which a watched run arrives."""
        held = self._held()
        self._step(count)
        if (fewer := self._steps_to_arrival()) < count:
            self._restore(held)
            self._step(fewer)
            count = fewer
        self._note_last(count)

    def _held(self) -> tuple[Any, ...]:
        """What a step replaces."""
        return self._params, self._buffers, self._state, self._passages, self._last

    def _restore(self, held: tuple[Any, ...]) -> None:
        self._params, self._buffers, self._state, self._passages, self._last = held

    def _steps_to_arrival(self) -> float:
        """From the slots' own counts of steps to the first arrival among the steps that were just taken."""
        if self.watched is None:
            return float("inf")
        arrivals = torch.maximum(self._passages["train"], self._passages["val"]).tolist()
        ahead = [arrival - slot.t for arrival, slot in zip(arrivals, self.slots, strict=True)]
        return min((int(steps) for steps in ahead if steps > 0), default=float("inf"))

    def _step(self, count: int) -> None:
        state = self._params, self._buffers, self._state, self._passages
        times, settings, noise = self._times(count), self._settings(count), self._noise(count)
        with self.kernel.arithmetic():
            state, self._last = self.kernel.steps(state, times, settings, self._order, *self._batches(count), noise)
        self._params, self._buffers, self._state, self._passages = state

    def evaluate(self, positions: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Summed loss and number correct of each slot on its own examples: (E, C), (E, C) -> (E,), (E,)."""
        with self.kernel.arithmetic():
            loss, correct = self.kernel.evaluate(
                self._params, self._buffers, self._order, self._put(positions), self._put(weights)
            )
        return loss.cpu().numpy(), correct.cpu().numpy()

    def norms(self) -> dict[str, np.ndarray]:
        """Norms of the parameters of each slot, whole and per layer, (E,) each."""
        found = torch.vmap(partial(norms, "parameter"))(self._params)
        return {name: x.cpu().numpy() for name, x in found.items()}

    def observe(self, slot: int, names: Iterable[str], positions: np.ndarray) -> dict[str, float]:
        """What observables find in the slot's weights, their loss taken at those positions of the run's order."""
        one = {name: x[slot].clone() for name, x in self._params.items()}  # its bits owe nothing to where it lay
        kept = {name: x[slot].clone() for name, x in self._buffers.items()}
        examples = self._order[slot][self._put(positions)]
        return observe(names, self.slots[slot].run, one, kept, examples, self.kernel.device)

    def _note_last(self, count: int) -> None:
        values, passages = ({name: x.tolist() for name, x in d.items()} for d in (self._last, self._passages))
        for slot, trajectory in enumerate(self.slots):
            trajectory.t += count
            trajectory.last = {name: x[slot] for name, x in values.items()}
            trajectory.passages = {name: x[slot] for name, x in passages.items() if name != "accuracy"}

    def _times(self, count: int) -> Tensor:
        """The number of each step, counted from 1 over the run, (count, E)."""
        return self._put(np.array([slot.t for slot in self.slots]) + np.arange(1.0, count + 1)[:, None])

    def _batches(self, count: int) -> tuple[Tensor, Tensor]:
        """Positions and weights, (count, E, B) each."""
        made = [batch_positions(s.run.batch, s.run.seeds.batch, s.run.train_examples, s.t, count) for s in self.slots]
        positions, weights = (self._put(np.stack(part, axis=1)) for part in zip(*made, strict=True))
        return positions, weights

    def _settings(self, count: int) -> dict[str, Tensor]:
        """The optimizer's float settings at each step, (count, E) each."""
        each = [settings_at(s.run, s.moments, np.arange(s.t, s.t + count)) for s in self.slots]
        return {name: self._put(np.stack([values[name] for values in each], axis=1)) for name in each[0]}

    def _noise(self, count: int) -> dict[str, Tensor]:
        """The words of each step's noise, (count, E, 2); nothing for a model that takes none."""
        if not self.kernel.takes_noise:
            return {}
        words = [noise_words(s.run.seeds.batch, s.t, count) for s in self.slots]
        return {"words": self._put(np.stack(words, axis=1))}

    def _passages_of(self, trajectory: Trajectory) -> dict[str, Tensor]:
        if self.watched is None:
            return {}
        values = {"train": np.nan, "val": np.nan} | trajectory.passages | {"accuracy": self.watched}
        return {name: torch.tensor(x, dtype=torch.float64) for name, x in values.items()}

    def _stacked(self, trees: list[Any]) -> Any:
        return tree_map(lambda *xs: torch.stack(xs).to(self.kernel.device), *trees)

    def _written(self, slot: int, stacked: Any, tree: Any) -> Any:
        """`stacked` with `tree` in one slot. Copies: what no run differs in, a step returns once for all slots."""

        def written(whole: Tensor, one: Tensor) -> Tensor:
            whole = whole.clone(memory_format=torch.contiguous_format)
            whole[slot].copy_(one)
            return whole

        return tree_map(written, stacked, tree)

    def _put(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.require(array, requirements="CW")).to(self.kernel.device)
