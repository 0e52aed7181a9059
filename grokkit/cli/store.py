"""`grokkit store`: look after a folder of records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from grokkit.records.store import Store

StoreOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder of records. Default: $GROKKIT_STORE, else the checkout's results/, else a folder in your cache."
    ),
]

store_app = typer.Typer(
    no_args_is_help=True, help="Look after a store: a folder of Parquet files with one record a run."
)


def _opened(path: Path | None) -> Store:
    from grokkit.records.store import Store

    return Store.find(path)


@store_app.command()
def check(store: StoreOption = None) -> None:
    """List unreadable files, damaged records and disagreements between machines; exit status 1 if there are any."""
    held = _opened(store)
    problems = held.check()
    for problem in problems:
        print(f"{problem.file}: {problem.sentence}")
    print(f"{len(held)} runs in {held.path}, {len(problems)} problems.")
    raise typer.Exit(1 if problems else 0)


@store_app.command()
def merge(
    other: Annotated[Path, typer.Argument(help="A store, or one packed Parquet file.")], store: StoreOption = None
) -> None:
    """Add the records of another store to this one."""
    held = _opened(store)
    print(f"{held.merge(other)} new records in {held.path}.")


@store_app.command()
def pack(store: StoreOption = None) -> None:
    """Gather the files of single runs into one."""
    held = _opened(store)
    file = held.pack()
    print(f"Packed into {file}." if file else f"Nothing to pack in {held.path}.")
