"""`grokkit next`: train the missing evidence, what decides most for an hour first, until the time is up."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import torch
import typer
from rich.console import Console
from rich.table import Table

from grokkit.chapters.notebooks import checkout
from grokkit.claims.ledger import VERDICTS
from grokkit.errors import GrokkitError, Interrupted
from grokkit.evidence.decisions import write_verdicts
from grokkit.evidence.queue import Asked, Lot, Price, experiments_of, in_order, sharded, still_waiting, waiting
from grokkit.publishing.readme import write_verdicts_table
from grokkit.records.store import Store, evidence_folder
from grokkit.train import Display
from grokkit.train.checkpoints import Checkpoints
from grokkit.train.machine import arithmetic, cores, hardware, require_clean_checkout, why_uncompiled
from grokkit.train.price import Prices
from grokkit.train.sweep import train_in_order

err = Console(stderr=True)
SLACK = 1.3
"""What a run may take beyond what is expected of it, and still end before the deadline."""
CPU = torch.device("cpu")


def train_next(
    hours: float,
    names: list[str] | None,
    list_only: bool,
    workers: int | None,
    shard: str,
    carry: bool,
    store: Path | None,
) -> None:
    """Do what `grokkit next` is asked."""
    ends = time.time() + 3600 * hours
    if not list_only:
        require_clean_checkout()
    held = _opened(store)
    if carry:
        os.environ["GROKKIT_CACHE"] = str(held.path)
    lots = waiting(held, names)
    if list_only:
        Console().print(_table(_queue(lots, held, bool(names), shard)[0]))
        return
    ended = _train(*_queue(lots, held, bool(names), shard), held, workers or cores(), ends)
    _publish(held)
    _say(_left(_queue(still_waiting(lots, held), held, bool(names), shard)[0]))
    if isinstance(ended, Interrupted):  # to typer it would be any other Ctrl-C, and its sentence would be lost
        _say(str(ended))
        raise typer.Exit(128 + ended.by)
    if ended:
        raise ended


def _opened(path: Path | None) -> Store:
    """The store that new records go to; what the project has published is never trained again for another one."""
    found, published = Store.find(path), evidence_folder()
    elsewhere = published and found.path.resolve() != published.resolve()
    return Store(found.path, beneath=published) if elsewhere else found


def _queue(lots: list[Lot], store: Store, given: bool, shard: str) -> tuple[list[Lot], Price]:
    """The lots as this machine will train them, and what it will cost here."""
    price = _price_here(store)
    return sharded(in_order(lots, price, given), price, shard), price


def _price_here(store: Store) -> Price:
    """What is left of a run, on this machine."""
    prices = Prices([record for records in store.read_all().values() for record in records], hardware(CPU))
    ours = arithmetic(CPU, why_uncompiled(CPU) is None)

    def price(each: Asked) -> float:
        begun = Checkpoints.of(ours, each.measure, each.until.watched).step_of(each.run)
        return prices.seconds(each.run, each.until, each.measure, begun)

    return price


def _train(lots: list[Lot], price: Price, store: Store, workers: int, ends: float) -> Exception | None:
    """Train until then; returns what ended it before, so that what is done is judged first."""
    lasts = {each.key: SLACK * price(each) for lot in lots for each in lot.runs}
    experiments = [e for lot in lots for e in experiments_of(lot)]
    _say(_left(lots))
    try:
        left = max(0.0, ends - time.time())
        settings = {"device": "cpu", "workers": workers, "display": Display(err), "deadline": left}
        train_in_order(experiments, lasts, store=store, **settings)
    except GrokkitError as error:
        return error
    return None


def _publish(store: Store) -> None:
    """Pack what is new, judge all claims, and say which verdicts changed."""
    store.pack()
    file = store.path / VERDICTS
    before = _outcomes(file) or _outcomes((evidence_folder() or store.path) / VERDICTS)
    now = _outcomes(write_verdicts(store, store.path))
    if store.path.resolve() == (checkout() / "results").resolve():
        write_verdicts_table(checkout() / "README.md")
    changed = [id for id in now if now[id] != before.get(id, "not tested")]
    for id in changed:
        print(f"{id}: {before.get(id, 'not tested')} -> {now[id]}")
    _say(f"{len(changed)} verdicts changed; all are in {file}.")


def _outcomes(file: Path) -> dict[str, str]:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return {id: each["outcome"] for id, each in found.items()}


def _left(lots: list[Lot]) -> str:
    runs, hours = sum(len(lot.runs) for lot in lots), sum(lot.seconds for lot in lots) / 3600
    ids = [id for lot in lots for id in lot.decides]
    if not runs:
        return "No run is missing."
    return f"{runs} runs are missing, about {hours:.1f} core-hours; {len(ids)} claims wait for them: {', '.join(ids)}."


def _table(lots: list[Lot]) -> Table:
    """The queue in its order, with what it costs and decides so far."""
    table = Table("trained for", "decides", "chapter", *("runs", "core-hours", "hours so far", "claims so far"))
    hours, count = 0.0, 0
    for lot in lots:
        hours, count = hours + lot.seconds / 3600, count + len(lot.decides)
        told = f"{lot.seconds / 3600:.2f}", f"{hours:.1f}", str(count)
        table.add_row(lot.name, " ".join(lot.decides), lot.chapter, str(len(lot.runs)), *told)
    return table


def _say(sentence: str) -> None:
    err.print(sentence, highlight=False, markup=False, soft_wrap=True)
