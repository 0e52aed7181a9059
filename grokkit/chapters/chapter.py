"""A chapter's page: what its runs answer, which are still to come, what made them, and the cells that all pages share.

Nothing is drawn where nothing is. What would stand there says so in a few words; which runs are missing, and the
command that makes them, is said once, by `Chapter.state`.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import isfinite
from typing import Any

import pandas as pd
from IPython.display import Markdown, display

from grokkit.analysis.survival import median_times
from grokkit.chapters.injected import require_known_parameters
from grokkit.claims import claims, readings_table, rule_of, verdicts_table
from grokkit.plans import Plan
from grokkit.plots import (
    PageTable,
    arrivals,
    band_curves,
    bands,
    curves_of,
    describe_bands,
    describe_counts,
    describe_runs,
    inline_svg,
    learning_curves,
    page_table,
    seed_dots,
    steps_text,
)
from grokkit.plots.typeset import in_markdown
from grokkit.records.passages import passage
from grokkit.records.record import Record
from grokkit.records.records import Records
from grokkit.records.store import Store
from grokkit.records.tables import curves_table
from grokkit.train import Display, Experiment, train
from grokkit.train.forecast import announce
from grokkit.train.machine import cores, resolve_device
from grokkit.train.price import seconds_of

_COMPARED = ["claim", "the source says", "verdict", "runs", "effect (90% interval)"]
_SEEN = ["claim", "what was seen"]
_DRAWN = ["step", "train_accuracy", "val_accuracy", "train_loss", "val_loss"]


@dataclass(frozen=True)
class Chapter:
    """A chapter as far as its runs are there.

    name: that of its notebook without the number. experiments: all that it asks for, in this profile. records: those
    there are, each run once.
    """

    name: str
    profile: str
    experiments: Sequence[Experiment]
    records: Records

    @classmethod
    def load(cls, plan: Plan, experiments: Sequence[Experiment] | None = None, store: str = "") -> Chapter:
        """Load the records of a plan's runs; train those that are missing if the plan says so, else say what it takes.

        experiments: some of the plan's instead of all. store: a folder instead of the plan's.
        """
        require_known_parameters(plan)
        asked = plan.experiments if experiments is None else experiments
        held, missing = Store.find(store or plan.store or None), None if plan.train else "report"
        workers = cores() if plan.device == "auto" and resolve_device("auto").type == "cpu" else 1
        if not plan.train and "GROKKIT_MISSING" not in os.environ:
            announce(asked, held, plan.device, workers)
        found = train(asked, store=held, device=plan.device, workers=workers, missing=missing, display=Display())
        return cls(plan.chapter(), plan.profile, asked, found.once())

    @property
    def ids(self) -> list[str]:
        """The chapter's claims."""
        return [each.id for each in claims().values() if each.chapter.split("_", 1)[-1] == self.name]

    @cached_property
    def by_key(self) -> dict[str, Record]:
        """The records by the keys of their runs."""
        return {record.key: record for record in self.records}

    def of(self, experiment: Experiment) -> Records:
        """The records of one experiment's runs, in their order."""
        return Records(self.by_key[run.key] for run in experiment.runs if run.key in self.by_key)

    def only(self, experiments: Sequence[Experiment]) -> Chapter:
        """Take the chapter as if it asked for these experiments alone: what rules read, without what is aside."""
        found = Records(record for each in experiments for record in self.of(each))
        return replace(self, experiments=experiments, records=found.once())

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """What the rules find: one row a claim, as `grokkit.claims.verdicts_table` has it."""
        return verdicts_table(self.ids, list(self.records), self.profile)

    # What the page opens with.

    def answer(self, sentence: str = "") -> Markdown:
        """Say the chapter's answer in numbers from its runs; without a sentence, that there is none yet."""
        told = sentence or "Not answered yet: the runs that would tell are still to come."
        return Markdown(in_markdown(told))

    def state(self, in_words: Mapping[str, str], also: str = "") -> Markdown:
        """Say what became of each claim, what the runs cost, and which are still to come.

        in_words: claim id -> half a sentence. also: a sentence on the runs.
        """
        found = dict(zip(self.verdicts["claim"], self.verdicts["verdict"], strict=True))
        told = "; ".join(f"{words} ([{id}](#claim-{id.lower()})): **{found[id]}**" for id, words in in_words.items())
        runs = " ".join(filter(None, [self._cost, also, self.lacking]))
        return Markdown(f"Claim by claim: {told}.\n\n{runs}")

    @property
    def lacking(self) -> str:
        """'40 of this chapter's 64 runs are still to come: `grokkit run ...` makes them.'; nothing where none is."""
        asked = {run.key for each in self.experiments for run in each.runs}
        lacking = len(asked - self.by_key.keys())
        if not lacking:
            return ""
        command = f"`grokkit run {self.name} --profile {self.profile}`, or `train = True` in the notebook,"
        if len(asked) == 1:
            return f"The run asked for here is still to come: {command} makes it."
        some = f"{lacking:,} of" if self.records else "All"
        return f"{some} this chapter's {len(asked):,} runs are still to come: {command} makes them."

    def from_to(self, rows: pd.DataFrame, group: str, symbol: str) -> str:
        """Say how T_val goes: '6,400 steps at p = 47 to 1,100 at p = 197', the medians at both ends of `group`."""
        ends = rows[group].min(), rows[group].max()
        first, last = (steps_text(median_times(rows[rows[group] == end])["T_val"]) for end in ends)
        return f"{first} steps at {symbol} = {ends[0]:g} to {last} at {symbol} = {ends[1]:g}"

    def interval(self, id: str) -> str:
        """Say a claim's effect: '5.73 to 7.91 (90% interval, n = 5)'; "" where its rule has found none."""
        found = self.verdicts.set_index("claim").loc[id]
        ends = found["effect (90% interval)"].rpartition(": ")[2]
        return f"{ends} (90% interval, n = {found['runs']})" if ends else ""

    # Figures that several chapters have.

    def shows(self, rows: Sequence[Any] | pd.DataFrame, what: str) -> bool:
        """Whether there are runs to draw; where none are, what would stand here is said instead."""
        if not len(rows):
            display(self._instead_of(what))
        return len(rows) > 0

    def draw_run(
        self, rows: pd.DataFrame, what: str, chance: float, threshold: float = 0.99, loss: bool = True
    ) -> None:
        """Draw accuracy, and `loss` if wanted, of the first run of `rows`, with T_train and T_val.

        what: the caption's first sentence. chance: the accuracy of a guess. threshold: at which T are taken.
        """
        if not self.shows(rows, what):
            return
        record = self.by_key[rows["key"].iloc[0]]
        passed, curves = passage(record, threshold), curves_table([record])
        columns = [name for name in (_DRAWN if loss else _DRAWN[:3]) if name in curves]
        marks = {"t_train": passed.t_train, "t_val": passed.t_val, "chance": chance}
        figure = learning_curves(curves[["key", *columns]], **marks)
        alt = f"{what} {_arrival('T_train', passed.t_train)}, {_arrival('T_val', passed.t_val)}."
        note = f"Dashed: the first evaluations at {100 * threshold:.2g}%; dotted: chance."
        display(inline_svg(figure, alt, f"{what} {describe_runs(curves)} {note}", data=curves[columns]))

    def draw_bands(self, rows: pd.DataFrame, group: str, symbol: str, what: str, last: float = float("inf")) -> None:
        """Draw accuracies over steps as source A does: medians and ranges of the runs of each panel and `group`.

        last: the step up to which they are drawn; the caption names the groups that go on beyond it.
        """
        if not self.shows(rows, what):
            return
        drawn = bands(curves_of(rows, group), group)
        drawn = drawn[drawn["step"] <= last]
        late = ", ".join(f"{value:g}" for value in rows[rows["observed_to"] > last][group].unique())
        beyond = f" At {late} they go on beyond the right edge." if late else ""
        caption = f"{what} {describe_bands(drawn)}{beyond}"
        figure = band_curves(drawn, group, symbol)
        display(inline_svg(figure, f"{what} {arrivals(rows, group)}", caption, data=drawn))

    def draw_dots(self, rows: pd.DataFrame, group: str, label: str, what: str, budget: float, note: str = "") -> None:
        """Draw T_val, one dot a run and the line of medians, over the values of `group`; one panel beside the other.

        label: of `group`. budget: where runs stand that did not arrive, in steps. note: the caption's last sentence.
        """
        if not self.shows(rows, what):
            return
        kept = rows[["panel", group, "seed", "t_train", "t_val", "observed_to"]]
        figure = seed_dots(kept, group, "t_val", labels=(label, "T_val (steps)"), budget=budget)
        told = f"One dot a run, {describe_counts(kept, ['panel', group])}; the line joins medians."
        if kept["t_val"].isna().any():
            told += " Open triangles: not arrived within the budget."
        alt = f"{what} {arrivals(rows, group)}"
        display(inline_svg(figure, alt, f"{what} {told} {note}".strip(), data=kept))

    # What the rules find.

    def source_against_ours(self, note: str = "") -> PageTable | Markdown:
        """Make the table of verdicts, of the claims that have runs. note: what its caption says of all of them."""
        return self._of_claims(self.verdicts[_COMPARED], f"Source against ours. {note}".strip())

    def what_was_seen(self) -> PageTable | Markdown:
        """Make the table of what each test saw, of the claims that have runs."""
        return self._of_claims(self.verdicts[_SEEN], "What each test saw.")

    def readings(self) -> PageTable | Markdown:
        """Make the table of verdicts under other readings of the same curves, of the claims that have runs."""
        if not self._read:
            return _NOTHING_READ
        table = readings_table(self._read, list(self.records))
        return page_table(table, caption="Verdicts under other readings.")

    def made_by(self) -> PageTable | Markdown:
        """Make a row for each revision, library and machine that made runs: how many, and their core-hours."""
        if not self.records:
            return self._instead_of("What made the runs.")
        rows = [_provenance(record.provenance) for record in self.records]
        by = ["versions", "revision", "hardware", "precision"]
        seconds = pd.DataFrame(rows, columns=[*by, "seconds"]).groupby(by)["seconds"]
        made = seconds.agg(runs="size", hours=lambda s: s.sum() / 3600).reset_index()
        return page_table(made, caption="What made the runs.", hours="{:.1f}")

    @staticmethod
    def code_of(plan: Plan) -> Markdown:
        """Show the plan in Python: the settings of the runs, and what a profile makes of them."""
        return Markdown(f"```python\n{inspect.getsource(sys.modules[type(plan).__module__]).rstrip()}\n```")

    def _of_claims(self, table: pd.DataFrame, caption: str) -> PageTable | Markdown:
        if not self._read:
            return _NOTHING_READ
        without = ", ".join(id for id in self.ids if id not in self._read)
        told = f"{caption} Without runs so far: {without}." if without else caption
        return page_table(table[table["claim"].isin(self._read)], caption=told)

    @cached_property
    def _read(self) -> list[str]:
        """The claims whose rules find runs here."""
        if not self.records:
            return []
        table = self.records.evidence()
        return [id for id in self.ids if len(rule_of(id).rows(table))]

    @property
    def _cost(self) -> str:
        """'24 runs, 0.4 core-hours (a processor).'; nothing where there are none."""
        if not self.records:
            return ""
        hours = sum(seconds_of(record.provenance) for record in self.records) / 3600
        hardware = ", ".join(sorted({as_text(record.provenance["hardware"]) for record in self.records}))
        plural = "s" if len(self.records) > 1 else ""
        return f"{len(self.records)} run{plural}, {_hours(hours)} ({hardware})."

    def _instead_of(self, what: str) -> Markdown:
        why = "*No runs yet.*" if self.lacking else "*No runs:* this profile asks for none."
        return Markdown(in_markdown(f"{what} {why}"))


_NOTHING_READ = Markdown("*No rule has runs to read here so far.*")


def _arrival(name: str, step: float) -> str:
    """Say 'T_val 1,900 steps', or that it did not come."""
    return f"{name} {step:,.0f} steps" if isfinite(step) else f"{name} not within what was watched"


def as_text(name: str) -> str:
    """Write a name that a store brings along so that Markdown shows it as it is, tags and all."""
    return re.sub(r"([\\`*_{}\[\]<>#|$~&])", r"\\\1", name)


def _hours(hours: float) -> str:
    """'0.4 core-hours', or minutes where that would be none."""
    return f"{hours:.1f} core-hours" if hours >= 0.1 else f"{60 * hours:.1g} core-minutes"


def _provenance(of: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "versions": f"grokkit {of['grokkit']}, torch {of['torch']}",
        "revision": of.get("revision", ""),
        "hardware": f"{of['hardware']} ({of['device']})",
        "precision": of["precision"],
        "seconds": seconds_of(of),
    }
