"""What the user sees while runs train: a live table in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from grokkit.config.request import Status
from grokkit.engine import Trajectory

SECONDS_BETWEEN_LINES = 15.0


@dataclass(frozen=True)
class Look:
    """One evaluation of one run, small enough to send between processes."""

    key: str
    label: str
    t: int
    train_accuracy: float
    val_accuracy: float
    seconds: float
    status: Status | None

    @classmethod
    def at(cls, trajectory: Trajectory, status: Status | None) -> Look:
        run, row = trajectory.run, trajectory.rows[-1]
        label = f"{run.task.kind} {run.model.kind} seed {run.seeds.init}"
        return cls(run.key, label, trajectory.t, row["train_accuracy"], row["val_accuracy"], trajectory.seconds, status)


class Progress(Protocol):
    """Whoever wants to know how training goes."""

    def look(self, trajectory: Trajectory, status: Status | None) -> None: ...


class Silent:
    """Shows nothing."""

    def look(self, trajectory: Trajectory, status: Status | None) -> None:
        pass


@dataclass
class Display:
    """Shows the runs of a sweep on `console` while they train: `gk.train(runs, display=gk.Display())`."""

    console: Console = field(default_factory=lambda: Console(stderr=True))
    total: int = 0
    budgets: dict[str, int] = field(default_factory=dict)
    finished: int = 0
    running: dict[str, Look] = field(default_factory=dict)
    began: dict[str, tuple[float, int]] = field(default_factory=dict)
    """Of each run, the time and step at which it was first seen here."""
    steps: Mapping[str, float] = field(default_factory=dict)
    """Key -> how many steps a run will probably take, where others like it tell."""

    def expecting(self, budgets: dict[str, int]) -> Display:
        """The same display, told which runs will come and how many steps each may take."""
        self.total, self.budgets, self.finished = len(budgets), budgets, 0
        return self

    def __enter__(self) -> Display:
        self._last_line = time.monotonic()
        self._live = Live(console=self.console, get_renderable=self._render, refresh_per_second=4)
        if self.console.is_terminal:
            with _whoever_reads():
                self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.console.is_terminal:
            with _whoever_reads():
                self._live.stop()

    def look(self, trajectory: Trajectory, status: Status | None) -> None:
        self.show(Look.at(trajectory, status))

    def show(self, look: Look) -> None:
        """Take in one evaluation."""
        self.began.setdefault(look.key, (time.monotonic(), look.t))
        if look.status:
            self.finished += 1
            self.running.pop(look.key, None)
            self._print(
                f"  {look.label}: {_ENDINGS[look.status]} after {look.t:,} steps, "
                f"{look.seconds:.0f} s; validation accuracy {look.val_accuracy:.1%}"
            )
        else:
            self.running[look.key] = look
            self._line_now_and_then(look)

    def _print(self, line: str) -> None:
        with _whoever_reads():
            self.console.print(line)

    def _line_now_and_then(self, look: Look) -> None:
        if not self.console.is_terminal and time.monotonic() - self._last_line > SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            self._print(
                f"  {look.label}: step {look.t:,}, training accuracy {look.train_accuracy:.1%}, "
                f"validation accuracy {look.val_accuracy:.1%}, time left: {self._left(look)}"
            )

    def _render(self) -> RenderableType:
        table = Table(box=None, pad_edge=False)
        for title in ("run", "step", "training", "validation", "", "time left"):
            table.add_column(title, justify="right" if title in ("step", "time left") else "left")
        for look in sorted(self.running.values(), key=lambda look: look.label):
            table.add_row(
                look.label,
                f"{look.t:,}",
                _bar(look.train_accuracy, "cyan"),
                _bar(look.val_accuracy, "yellow"),
                _phase(look),
                self._left(look),
            )
        waiting = (
            "" if self.running or self.finished else " (compiling the training step: up to a minute the first time)"
        )
        return Group(Text(f"{self.finished} of {self.total} runs finished{waiting}"), table)

    def _left(self, look: Look) -> str:
        began, first = self.began[look.key]
        if look.t == first:
            return "unknown"
        pace, expected = (time.monotonic() - began) / (look.t - first), self.steps.get(look.key, 0)
        if look.t < expected:
            return f"about {clock(pace * (expected - look.t))}"
        return f"at most {clock(pace * (self.budgets[look.key] - look.t))}"


def _whoever_reads() -> suppress:
    """Go on where nothing can be printed: a closed pipe, a full disk.

    rich answers a closed pipe with an exit, and an end of what could not begin with an empty list.
    """
    return suppress(OSError, ValueError, SystemExit, IndexError)


_ENDINGS = {"reached": "generalised, stopped", "budget": "budget spent", "diverged": "diverged"}


def _bar(share: float, colour: str, width: int = 20) -> Text:
    filled = round(share * width)
    return Text("█" * filled, style=colour) + Text("░" * (width - filled), style="dim") + Text(f" {share:4.0%}")


def _phase(look: Look) -> str:
    if look.train_accuracy < 0.99:
        return "learning the training set"
    return "generalised" if look.val_accuracy >= 0.99 else "memorised; waiting for it to generalise"


def clock(seconds: float) -> str:
    """A duration as a reader says it: '40 s', '3 min', '2.5 h'."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
