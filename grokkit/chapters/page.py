"""What every chapter's page says of its runs: what they answer, which are still to come, and what made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
from IPython.display import Markdown, display

from grokkit.claims import verdicts_table
from grokkit.plots import PageTable, page_table
from grokkit.records.record import Record
from grokkit.train import Experiment
from grokkit.train.price import seconds_of


@dataclass(frozen=True)
class Page:
    """A chapter as far as its runs are there.

    chapter: its name without the number. experiments: all that it asks for, in this profile. records: those there are.
    """

    chapter: str
    profile: str
    experiments: Sequence[Experiment]
    records: Sequence[Record]

    def verdicts(self, ids: Sequence[str]) -> pd.DataFrame:
        """Source against ours: one row a claim, as `grokkit.claims.verdicts_table` has it."""
        return verdicts_table(ids, list(self._held.values()), self.profile)

    def answer(self, in_words: Mapping[str, str], verdicts: pd.DataFrame, also: str = "") -> Markdown:
        """The answer in one line, and what it rests on. in_words: claim id -> half a sentence. also: of the runs."""
        found = dict(zip(verdicts["claim"], verdicts["verdict"], strict=True))
        told = "; ".join(f"{words} ({id}): **{found[id]}**" for id, words in in_words.items())
        runs = " ".join(filter(None, [self._cost, also, self.lacking]))
        return Markdown(f"The answer in one line: {told}.\n\n{runs}")

    def shows(self, rows: Sequence[Any] | pd.DataFrame, what: str) -> bool:
        """Whether there are runs to draw; where none are, what would stand here and how to make it is said instead."""
        if not len(rows):
            display(self._instead_of(what))
        return len(rows) > 0

    def made_by(self) -> PageTable | Markdown:
        """A row for each revision, library and machine that made runs: how many, and their core-hours."""
        if not self._held:
            return self._instead_of("What made the runs.")
        rows = [_provenance(record.provenance) for record in self._held.values()]
        by = ["versions", "revision", "hardware", "precision"]
        seconds = pd.DataFrame(rows, columns=[*by, "seconds"]).groupby(by)["seconds"]
        made = seconds.agg(runs="size", hours=lambda s: s.sum() / 3600).reset_index()
        return page_table(made, caption="What made the runs.", hours="{:.1f}")

    @cached_property
    def _held(self) -> dict[str, Record]:
        return {record.key: record for record in self.records}

    @property
    def _cost(self) -> str:
        """'24 runs, 0.4 core-hours (a processor).'; nothing where there are none."""
        held = self._held.values()
        if not held:
            return ""
        hours = sum(seconds_of(record.provenance) for record in held) / 3600
        hardware = ", ".join(sorted({record.provenance["hardware"] for record in held}))
        return f"{len(held)} runs, {hours:.1f} core-hours ({hardware})."

    @property
    def lacking(self) -> str:
        """'40 of this chapter's 64 runs are still to come: `grokkit run ...` makes them.'; nothing where none is."""
        asked = {run.key for each in self.experiments for run in each.runs}
        lacking = len(asked - self._held.keys())
        if not lacking:
            return ""
        command = f"`grokkit run {self.chapter} --profile {self.profile}`"
        if len(asked) == 1:
            return f"The run asked for here is still to come: {command} makes it."
        some = f"{lacking} of" if self._held else "All"
        return f"{some} this chapter's {len(asked)} runs are still to come: {command} makes them."

    def _instead_of(self, what: str) -> Markdown:
        why = f"*No runs yet.* {self.lacking}" if self.lacking else "*No runs:* this profile asks for none."
        return Markdown(f"{what} {why}")


def _provenance(of: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "versions": f"grokkit {of['grokkit']}, torch {of['torch']}",
        "revision": of.get("revision", ""),
        "hardware": f"{of['hardware']} ({of['device']})",
        "precision": of["precision"],
        "seconds": seconds_of(of),
    }
