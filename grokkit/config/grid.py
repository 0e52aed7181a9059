"""The evaluation steps of a watch, in their order, made only as far as somebody has looked: a budget costs nothing."""

from __future__ import annotations

from typing import overload

import numpy as np


class Grid:
    """Every multiple of `every` from 0 to `last`, and a few steps besides.

    besides: int64, rising. full: the steps at which all examples are used.
    """

    def __init__(self, every: int, last: int, besides: np.ndarray, full: np.ndarray) -> None:
        self.every, self.last = every, last
        self._odd = besides[besides % every != 0]
        self._full = np.unique(full).astype(np.int64)
        self._full_ones = frozenset(self._full.tolist())
        self._made = np.zeros(0, dtype=np.int64)

    def __len__(self) -> int:
        return self._count_up_to(self.last)

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> np.ndarray: ...
    def __getitem__(self, place: int | slice) -> int | np.ndarray:
        if isinstance(place, slice):
            return self._first(place.indices(len(self))[1])[place]
        if place == -1:
            return self.last
        return int(self._first(place + 1)[place])

    def up_to(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Those up to `step`, int64 (R,), and whether each is a full one, bool (R,)."""
        steps = self._first(self._count_up_to(min(step, self.last)))
        return steps, np.isin(steps, self._full)

    def is_full(self, step: int) -> bool:
        """Whether all examples are used at this one."""
        return step in self._full_ones

    def _count_up_to(self, step: int) -> int:
        return step // self.every + 1 + int(np.searchsorted(self._odd, step, "right"))

    def _first(self, count: int) -> np.ndarray:
        if len(self._made) < count:
            reach = min(2 * count, len(self))
            multiples = np.arange(min(reach, self.last // self.every + 1)) * self.every
            self._made = np.sort(np.concatenate([multiples, self._odd]))[:reach]
            self._made.setflags(write=False)  # many share it
        return self._made[:count]
