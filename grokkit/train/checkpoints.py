"""Unfinished trajectories on disk: one safetensors file a run in the user's cache, written whole or not at all.

One that ended by its budget is kept in the folder `ended`, so that a longer question goes on from there.

A checkpoint belongs to a run, an evaluation grid and an arithmetic (`grokkit.train.machine`); elsewhere its bits would
not be those of an undisturbed run, so there it is left aside, with a sentence where only the arithmetic is another.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import warnings
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from grokkit.config.grid import Grid
from grokkit.config.request import Measure
from grokkit.config.run import Run
from grokkit.engine import Trajectory
from grokkit.errors import GrokkitError, StoreError
from grokkit.records.cache import writable_cache
from grokkit.train import saved

KEPT_BYTES = 2**24
"""The size of a trajectory's tensors up to which it is kept when its budget has ended: source A's transformer has a
third of it."""
SPARE_BYTES = 2**32
"""What must be free on the disk for that."""


class CheckpointWarning(UserWarning):
    """A checkpoint could not be used; the run starts at its beginning."""


def cache_folder() -> Path:
    """`GROKKIT_CACHE`; else the user's cache, or a temporary one where nothing can be written into that."""
    return Path(os.environ.get("GROKKIT_CACHE") or writable_cache())


def require_writable_cache() -> None:
    """Raise `StoreError` now, rather than at the first checkpoint, if none could be written."""
    folder = cache_folder() / "checkpoints"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise StoreError(
            f"{folder} cannot be written to ({error.strerror or error}), and checkpoints are kept there: make the "
            "folder writable, or choose another one with GROKKIT_CACHE."
        ) from error


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of one arithmetic (what decides bits, by name), one evaluation grid and one accuracy that every
    step watches for, if any."""

    folder: Path
    grid: str
    arithmetic: dict[str, Any]

    @classmethod
    def of(cls, arithmetic: dict[str, Any], measure: Measure, watched: float | None = None) -> Checkpoints:
        grid = measure.canonical() if watched is None else [measure.canonical(), watched]
        return cls(cache_folder() / "checkpoints", _tag(grid), arithmetic)

    def path(self, run: Run) -> Path:
        return self.folder / f"{run.key}-{self.grid}-{_tag(self.arithmetic)}.safetensors"

    def _kept(self, run: Run) -> Path:
        return self.folder / "ended" / self.path(run).name

    def save(self, trajectory: Trajectory) -> None:
        """Replace the run's checkpoint by the trajectory's present state."""
        self._write(self.path(trajectory.run), trajectory)

    def keep(self, trajectory: Trajectory) -> None:
        """Keep a trajectory that ended by its budget, if it is small and there is room, in place of its checkpoint.

        Its last row was measured because the budget ended there; a longer watch that evaluates there measures again.
        """
        before = replace(trajectory, steps=trajectory.steps[:-1], rows=trajectory.rows[:-1])
        with suppress(OSError, GrokkitError):  # nothing depends on it
            path = self._kept(trajectory.run)
            path.parent.mkdir(parents=True, exist_ok=True)
            if _bytes(trajectory) <= KEPT_BYTES and shutil.disk_usage(path.parent).free >= SPARE_BYTES:
                self._write(path, before)
        with suppress(OSError):
            self.path(trajectory.run).unlink()

    def _write(self, path: Path, trajectory: Trajectory) -> None:
        scratch = path.with_suffix(f".{os.getpid()}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            saved.write(scratch, trajectory, self.arithmetic)
            scratch.replace(path)
        except (OSError, SafetensorError) as error:
            with suppress(OSError):
                scratch.unlink()
            raise GrokkitError(
                f"No checkpoint could be written to {path}: {error}. Free space there, or set "
                "GROKKIT_CACHE to another folder; the records in the store are safe."
            ) from error

    def load(self, run: Run, grid: Grid) -> Trajectory | None:
        """The run's trajectory as it was saved, or None if there is none that fits the evaluation steps `grid`."""
        found = self._files(run)
        if not found:
            self._leave_aside(run)
        read = (self._read(path, run, grid) for path in found)
        return next((trajectory for trajectory in read if trajectory), None)

    def _files(self, run: Run) -> list[Path]:
        return [path for path in (self.path(run), self._kept(run)) if os.path.lexists(path)]

    def _read(self, path: Path, run: Run, grid: Grid) -> Trajectory | None:
        try:
            found = saved.read(path, run)
        except saved.Unusable as error:
            warnings.warn(
                f"Checkpoint {path} {error}; the run starts again. Delete the file to be rid of this sentence.",
                CheckpointWarning,
                stacklevel=2,
            )
            return None
        done = len(found.steps)
        fits = done < len(grid) and found.steps == grid[:done].tolist() and found.t < grid[-1] and found.t <= grid[done]
        return found if fits else None

    def step_of(self, run: Run) -> int:
        """The step up to which the run was saved, 0 where that cannot be told."""
        for path in self._files(run):
            with suppress(saved.Unusable):
                return int(saved.told_of(path, "story")["t"])
        return 0

    def _leave_aside(self, run: Run) -> None:
        """Say which checkpoints of the run would have served, had this arithmetic made them."""
        for path in sorted(self.folder.glob(f"{run.key}-{self.grid}-*.safetensors")):
            warnings.warn(
                f"Checkpoint {path} was made by another arithmetic ({self._differences(path)}) and is left aside: to "
                "go on from it would give a run of neither, so the run starts again. Delete the file to silence this.",
                CheckpointWarning,
                stacklevel=3,
            )

    def _differences(self, path: Path) -> str:
        """'torch 2.12 there, 2.13 here'."""
        try:
            theirs = saved.told_of(path, "arithmetic")
        except saved.Unusable as error:
            return f"which it does not tell: it {error}"
        ours = self.arithmetic.items()
        return ", ".join(f"{name} {theirs.get(name)} there, {x} here" for name, x in ours if theirs.get(name) != x)

    def drop(self, run: Run) -> None:
        """Forget a run that has arrived, or never will."""
        for path in self._files(run):
            with suppress(OSError):
                path.unlink()


def _bytes(trajectory: Trajectory) -> int:
    tensors = saved.flat({name: getattr(trajectory, name) for name in saved.TENSORS})
    return sum(x.numel() * x.element_size() for x in tensors.values())


def _tag(values: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:8]
