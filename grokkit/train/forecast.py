"""What is said before training: how long the missing runs will probably take here."""

from __future__ import annotations

from collections.abc import Iterable

from grokkit.config.run import Run
from grokkit.records.record import Record
from grokkit.records.store import Store, evidence_folder
from grokkit.train import Experiment
from grokkit.train.estimate import Estimate, estimate
from grokkit.train.machine import resolve_device, why_uncompiled
from grokkit.train.progress import clock


def forecast(
    experiment: Experiment, lacking: list[Run], store: Store, device: str, workers: int
) -> tuple[str, Estimate]:
    """A sentence, and the estimate behind it. lacking: those of the experiment's runs that `store` has not."""
    where = resolve_device(device)
    reason, held = why_uncompiled(where), store.read().values()
    guess = estimate(lacking, experiment.until, held, where, reason is None, workers, _published(store))
    text = f"Training them here will take {'at most ' if guess.at_most else 'about '}{clock(guess.seconds)}"
    return f"{text}; uncompiled, because {reason}." if reason else f"{text}, after up to a minute of compiling.", guess


def _published(store: Store) -> Iterable[Record]:
    """The project's records, unless it is them that are being added to."""
    folder = evidence_folder()
    apart = folder is not None and folder.resolve() != store.path.resolve()
    return Store(folder).read().values() if apart else ()
