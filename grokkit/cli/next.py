"""`grokkit next`: what can be asked of it; `grokkit.cli.evidence` does it."""

from __future__ import annotations

from typing import Annotated

import typer

from grokkit.cli.store import StoreOption
from grokkit.errors import BadInput, whole_number

HoursOption = Annotated[float, typer.Option(help="How long to train; packing and judging take some minutes more.")]
ClaimsOption = Annotated[
    str | None,
    typer.Option(metavar="A13,C8,...", help="Only these claims, or what no claim of a chapter reads; in this order."),
]
ListOption = Annotated[bool, typer.Option("--list", help="Show the queue and what it costs; train nothing.")]
WorkersOption = Annotated[int | None, typer.Option(help="Processes of one thread each; default: one a core.")]
ShardOption = Annotated[
    str, typer.Option(metavar="K/N", help="This machine's part, the K-th of N that share the work without talking.")
]
CarryOption = Annotated[
    bool, typer.Option("--carry", help="Keep checkpoints in the store's folder, to travel with it, not in the cache.")
]


def next_runs(
    hours: HoursOption = 1.0,
    claims: ClaimsOption = None,
    list_only: ListOption = False,
    workers: WorkersOption = None,
    shard: ShardOption = "1/1",
    carry: CarryOption = False,
    store: StoreOption = None,
) -> None:
    """Train missing published runs, the claims first that an hour decides most of, and judge what there is then.

    Runs that cannot end in time are not begun. Whatever ends it, the same command goes on from there.
    """
    if not 0 < hours < float("inf"):
        raise BadInput(f"next --hours takes a number above 0; {hours} came.")
    if workers is not None:
        whole_number("train workers", workers)
    names = [name.strip() for name in claims.split(",")] if claims else None
    from grokkit.cli.evidence import train_next

    train_next(hours, names, list_only, workers, shard, carry, store)
