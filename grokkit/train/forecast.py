"""What is said before training: how long the missing runs will probably take here."""

from __future__ import annotations

from collections.abc import Iterable

from grokkit.config.run import Run
from grokkit.records.record import Record
from grokkit.records.store import Store, evidence_folder
from grokkit.train import Experiment, lacking_runs
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


def announce(experiments: Iterable[Experiment], store: Store, device: str, workers: int) -> None:
    """Print how many runs `store` lacks and how long they would take here; nothing where none is missing."""
    lacking = [(e, lacking_runs(e.runs, e.until, e.measure, store)) for e in experiments]
    lacking = [(e, runs) for e, runs in lacking if runs]
    guesses = [forecast(e, runs, store, device, workers)[1] for e, runs in lacking]
    if guesses:
        most = "at most " if any(guess.at_most for guess in guesses) else "about "
        runs = sum(guess.runs for guess in guesses)
        some = "1 run is" if runs == 1 else f"{runs:,} runs are"
        where = f"{workers} processes" if workers > 1 else f"device {device!r}"
        print(f"{some} missing: {most}{clock(sum(guess.seconds for guess in guesses))} here ({where}).", end=" ")
        print("train = True makes them." if runs > 1 else "train = True makes it.")


def _published(store: Store) -> Iterable[Record]:
    """The project's records, unless it is them that are being added to."""
    folder = evidence_folder()
    apart = folder is not None and folder.resolve() != store.path.resolve()
    return Store(folder).read().values() if apart else ()
