"""The command `grokkit`: run a chapter, carry its plan to another machine, look after the store, build the book."""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from grokkit.cli.next import next_runs
from grokkit.cli.parameters import joined, pairs
from grokkit.cli.store import StoreOption, store_app
from grokkit.errors import BadInput, GrokkitError, Interrupted, whole_number

if TYPE_CHECKING:
    from grokkit.records.store import Store

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="Train networks until they grok, and build the book about it. "
    "Start with `grokkit run quickstart --profile laptop`.",
)
app.add_typer(store_app, name="store")
app.command("next", epilog="Examples: `grokkit next --list`; `grokkit next --hours 2.5 --claims A13,C8`")(next_runs)
err = Console(stderr=True)

CHAPTER = "A chapter: its name ('quickstart'), number and name, or path."
ChapterArgument = Annotated[str, typer.Argument(help=CHAPTER)]
ProfileOption = Annotated[
    str,
    typer.Option(
        help="Which grid of the chapter: smoke (seconds, decides nothing), laptop "
        "(at most 15 minutes), evidence (what claims are decided from) or "
        "source (the source's own settings)."
    ),
]
ParameterOption = Annotated[
    list[str] | None,
    typer.Option(
        "-p",
        metavar="NAME=VALUE",
        help="Another parameter of the chapter, as `-p seed 3` or `-p seed=3`; repeat for more.",
    ),
]
DeviceOption = Annotated[str, typer.Option(help="Where to train: cpu, cuda or cuda:1.")]
WorkersOption = Annotated[int | None, typer.Option(help="Processes of one thread each; default: one a core.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


@app.command(
    epilog="Examples: `grokkit run quickstart --profile laptop -p seed 3`; "
    "`grokkit run --id KEY` repeats one run that a verdict rests on"
)
def run(
    chapter: Annotated[str | None, typer.Argument(help=CHAPTER)] = None,
    id: Annotated[str | None, typer.Option(help="Instead of a chapter: the id of one published run.")] = None,
    profile: ProfileOption = "laptop",
    p: ParameterOption = None,
    device: DeviceOption = "cpu",
    store: StoreOption = None,
    workers: WorkersOption = None,
    output: Annotated[Path | None, typer.Option(help="Where the executed notebook goes; default _build/run/.")] = None,
    train_only: Annotated[bool, typer.Option("--train-only", help="Leave the notebook unexecuted.")] = False,
) -> None:
    """Train what a chapter lacks, in front of you, then execute its notebook on the records."""
    if (chapter is None) == (id is None):
        raise BadInput("run needs a chapter, or the id of a published run (--id), and not both.")
    _require_workers(workers)
    if id is not None:
        _repeat(id, device, store)
        return
    path, given = _asked(chapter, profile, p)
    from grokkit.chapters import notebooks as chapters
    from grokkit.records.store import Store
    from grokkit.train.experiment import joined

    held = Store.find(store)
    for experiment in joined(chapters.planned(path, given)):
        _train(experiment, held, device, workers, None)
    if train_only:
        return
    given |= {"store": str(held.path.resolve()), "train": True}  # some ask for more once they have seen the first
    done = chapters.execute(path, output or Path("_build") / "run" / path.name, given)
    _say(f"The chapter, executed: {done}")


@app.command(epilog="Example: `grokkit plan quickstart > runs.jsonl`")
def plan(chapter: ChapterArgument, profile: ProfileOption = "evidence", p: ParameterOption = None) -> None:
    """Print a chapter's runs, one line of JSON each, for `grokkit train` on another machine."""
    path, given = _asked(chapter, profile, p)
    from grokkit.chapters import notebooks as chapters
    from grokkit.train.experiment import to_lines

    experiments = chapters.planned(path, given)
    print("\n".join(to_lines(experiments)))


@app.command(
    epilog="Example: `grokkit train runs.jsonl --device cuda --store out`, then at home `grokkit store merge out`"
)
def train(
    plan: Annotated[Path, typer.Argument(help="A file that `grokkit plan` wrote; - for standard input.")],
    device: DeviceOption = "cpu",
    store: StoreOption = None,
    workers: WorkersOption = None,
    deadline: Annotated[
        float | None,
        typer.Option(
            help="Stop after this many seconds with all that is done in one packed file, and checkpoints of the rest."
        ),
    ] = None,
) -> None:
    """Train the runs of a plan, without notebooks or network; `grokkit store merge` brings the records home."""
    _require_workers(workers)
    try:
        text = sys.stdin.read() if str(plan) == "-" else plan.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise BadInput(f"The plan {plan} cannot be read: {why}.") from None
    from grokkit.records.store import Store
    from grokkit.train import lacking_runs
    from grokkit.train.arguments import require_deadline
    from grokkit.train.experiment import from_lines

    require_deadline(deadline)
    held, ends = Store.find(store), None if deadline is None else time.time() + deadline
    experiments = from_lines(text.splitlines())
    if not experiments:
        raise BadInput(f"The plan {plan} holds no run; `grokkit plan CHAPTER` writes one.")
    for experiment in experiments:
        if ends is None or time.time() < ends:
            _train(experiment, held, device, workers, ends)
    held.pack()
    if left := sum(len(lacking_runs(e.runs, e.until, e.measure, held)) for e in experiments):
        _say(f"{left} runs are left, with checkpoints where they had begun; the same command goes on from there.")


@app.command(epilog="Example: `grokkit book --as-published`")
def book(
    live: Annotated[
        Path | None, typer.Option(help="A store whose live run the quickstart shows instead of its own.")
    ] = None,
    as_published: Annotated[bool, typer.Option(help="Build from the executed chapters in the project.")] = False,
    publish: Annotated[bool, typer.Option(help="Put the executed chapters into the project.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Execute every chapter, also those that would come out as published.")
    ] = False,
) -> None:
    """Execute the chapters that changed since they were published, and build the static book. Trains nothing."""
    from grokkit.publishing.build import build_book

    page = build_book(live, as_published, publish, everything, tell=_say)
    err.print(f"The book: [bold]{page}[/bold]\nOpen it in a browser: file://{page}")


@app.command()
def ledger(as_json: JsonOption = False) -> None:
    """All 77 claims with their verdicts."""
    from grokkit import claims

    if as_json:
        print(claims.ledger_json())
        return
    from rich.table import Table

    table = Table("id", "verdict", "n", "where", "statement")
    for row in claims.ledger():
        table.add_row(row["id"], row["verdict"], str(row["n"]), row["where"], row["statement"])
    Console().print(table)


@app.command(epilog="Example: `grokkit register A13`")
def register(
    ids: Annotated[list[str], typer.Argument(help="Claims whose rules are written, as `A13`.")],
    same_question: Annotated[
        bool, typer.Option(help="Keep the day: the rule asks the same of the same runs by the same tests.")
    ] = False,
) -> None:
    """Fix rules as they are now, before the runs that they will judge."""
    from grokkit.claims.registering import outdated
    from grokkit.claims.registering import register as fix

    changed = fix(ids, same_question)
    _say(f"Registered: {', '.join(changed)}." if changed else "Nothing to register: these rules are as they were.")
    if others := outdated(ids):
        _say(f"Of the same chapters, and not registered as they are now: {', '.join(others)}.")


@app.command(epilog="Example: `grokkit bench toy --json`")
def bench(
    names: Annotated[list[str] | None, typer.Argument(help="Which comparisons; default: all.")] = None,
    device: DeviceOption = "cpu",
    as_json: JsonOption = False,
) -> None:
    """Time the engine beside the ordinary PyTorch loop, in this process, on one thread."""
    from grokkit.chapters.notebooks import checkout

    sys.path.insert(0, str(checkout()))
    from benchmarks.compare import compare, shown

    rows = compare(names, device, progress=lambda line: err.print(line, highlight=False))
    print(json.dumps(rows, indent=1)) if as_json else Console().print(shown(rows))


def _asked(chapter: str, profile: str, p: list[str] | None) -> tuple[Path, dict[str, Any]]:
    """The chapter's notebook and its parameters, refused before the library is loaded where that can be told."""
    from grokkit.chapters.notebooks import find_chapter, require_written
    from grokkit.config.profiles import require_profile

    path, given = find_chapter(chapter), {"profile": profile, **pairs(p)}
    require_written(path, given)
    require_profile(given["profile"])
    return path, given


def _require_workers(workers: int | None) -> None:
    if workers is not None:
        whole_number("train workers", workers)


def _train(experiment: Any, store: Store, device: str, workers: int | None, ends: float | None) -> None:
    """Say what is missing and how long it will take; then train it."""
    from grokkit.train import Display, lacking_runs
    from grokkit.train import train as train_runs
    from grokkit.train.forecast import forecast
    from grokkit.train.machine import UncompiledWarning, cores

    asked = experiment.runs
    lacking = lacking_runs(asked, experiment.until, experiment.measure, store)
    _say(f"{len(lacking)} of {len(asked)} runs are missing in {store.path}.")
    if not lacking:
        return
    workers = workers or cores()
    sentence, guess = forecast(experiment, lacking, store, device, workers)
    _say(sentence)
    warnings.simplefilter("ignore", UncompiledWarning)  # the sentence has said it
    try:
        train_runs(
            asked,
            until=experiment.until,
            measure=experiment.measure,
            store=store,
            device=device,
            workers=workers,
            display=Display(err, steps=guess.steps),
            deadline=None if ends is None else max(0.0, ends - time.time()),
        )
    except Interrupted as error:  # to typer it would be any other Ctrl-C, and its sentence would be lost
        _say(str(error), "yellow")
        raise typer.Exit(128 + error.by) from None


def _repeat(key: str, device: str, into: Path | None) -> None:
    """Train a published run again, apart from the evidence, and compare."""
    from grokkit.chapters import notebooks as chapters
    from grokkit.evidence.repeat import compared
    from grokkit.records.store import Store

    asked, apart = chapters.find_run(key), Store(into or Path("_build") / "repeat")
    _train(asked, apart, device, 1, None)
    table, sentence = compared(asked, apart)
    print(table.to_string(index=False))
    _say(sentence)


def main() -> None:
    """Entry point: every error of ours is one sentence and exit status 2; Ctrl-C is 130, SIGTERM 143."""
    try:
        app(args=joined(sys.argv[1:]), prog_name="grokkit")
    except GrokkitError as error:
        _say(f"grokkit: {error}", "red")
        sys.exit(2)


def _say(sentence: str, style: str = "") -> None:
    """On standard error, as it is: no brackets taken for markup, no path broken over lines."""
    err.print(sentence, style=style, highlight=False, markup=False, soft_wrap=True)
