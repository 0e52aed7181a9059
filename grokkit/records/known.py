"""The runs of records, without those that nothing here knows: a store may hold a reader's own tasks and networks."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Iterator

from grokkit.config.run import Run
from grokkit.errors import BadInput
from grokkit.records.record import Record
from grokkit.records.store import StoreWarning


def with_runs(records: Iterable[Record]) -> Iterator[tuple[Record, Run]]:
    """Give each record with its run; at the end, warn of those that were passed over, by name."""
    unknown: Counter[str] = Counter()
    for record in records:
        try:
            run = record.run
        except BadInput as error:
            unknown[str(error)] += 1
        else:
            yield record, run
    for sentence, count in unknown.items():
        warnings.warn(_passed_over(count, sentence), StoreWarning, stacklevel=3)


def _passed_over(count: int, sentence: str) -> str:
    told = "1 run is" if count == 1 else f"{count} runs are"
    return f"{told} passed over: {sentence} To read what is your own, import the module that adds it to its table."
