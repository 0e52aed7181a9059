"""benchmarks/README.md from the committed results, so that no number in it is typed.

`python -m benchmarks.report` writes it again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.diagrams import whole_diagrams

HERE = Path(__file__).parent
HEAD = """# The engine beside the ordinary loop

`grokkit bench` times the engine and a loop that a user would write (`nn` modules, `torch.optim.AdamW`, minibatches)
in turn, in one process, on one thread; `make full-shapes` adds everything below and writes it to `results/`.
This page is made from those files by `python -m benchmarks.report`.

- **ours, loop**: run-steps per second (one optimizer step of one run), medians over rounds.
- **ratio**: median of the rounds' own ratios. Under bfloat16 the loop is float32, unless the name says otherwise.
- **share of limit**: the arithmetic that the engine still does at its pace, over the pace of one large product in
  that precision on the same thread.

The machine was not idle: quote ratios, not single speeds.
"""

DIAGRAMS = """Source B's Figure 1: every cell watched at every step, for 100,000 steps or until both accuracies have
arrived. Other work ran on the same two cores. Two processes take half as many minutes."""


def write_readme() -> Path:
    """Write the page; returns its path."""
    page = HERE / "README.md"
    page.write_text(readme(), encoding="utf-8")
    return page


def readme() -> str:
    """The page's text."""
    files = sorted((HERE / "results").glob("*.json"))
    sections = (_section(json.loads(file.read_text(encoding="utf-8"))) for file in files)
    return "\n".join([HEAD, *sections, *_diagrams(whole_diagrams())])


def _section(found: dict[str, Any]) -> str:
    where, versions = found["environment"], found["versions"]
    hardware = where["hardware"] + (f" with {found['vectors']}" if "vectors" in found else "")
    title = f"## {hardware}, one thread, torch {where['torch']}, {found['made'][:10]}"
    told = f"grokkit {versions['grokkit']} at revision {versions.get('revision', 'unknown')}."
    return "\n".join([title, "", told, "", *_paces(found["pace"]), "", *_promises(found), "", *_bits(found), ""])


def _paces(rows: list[dict[str, Any]]) -> list[str]:
    head = ["| shape | precision | ours | loop | ratio | share of limit |", "|---|---|---|---|---|---|"]
    return head + [
        f"| {r['name']} | {r['precision']} | {r['ours']:,.4g} | {r['loop']:,.4g} | {r['ratio']:.2f} "
        f"| {r['share_of_limit']:.0%} |"
        for r in rows
    ]


def _promises(found: dict[str, Any]) -> list[str]:
    rows = {
        f"share of the time in evaluations, first {found['evaluation']['steps']:,} steps of the transformer": (
            f"{found['evaluation']['share']:.1%}"
        ),
        "memory for one more transformer": f"{found['memory_mb_a_run']:.0f} MB",
        "first step of the compiled transformer, compiler cache full": f"{found['warm_start_seconds']:.1f} s",
        "what `import grokkit` adds to `import torch`": f"{found['import_seconds']:.2f} s",
        "pace of two processes over that of one": f"{found['two_processes']:.2f}",
    }
    return ["| quantity | value |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())]


def _diagrams(rows: list[dict[str, Any]]) -> list[str]:
    head = ["## Whole phase diagrams of the toy, from the records of their runs", "", DIAGRAMS, ""]
    head += ["| setup | cells | run-steps, millions | core-minutes | hardware |", "|---|---|---|---|---|"]
    body = [
        f"| {r['setup']} | {r['cells']} | {r['run_steps'] / 1e6:.1f} | {r['core_minutes']:.0f} "
        f"| {', '.join(r['hardware'])} |"
        for r in rows
    ]
    return [*head, *body, ""] if body else []


def _bits(found: dict[str, Any]) -> list[str]:
    head = ["| shape | slots on a CPU | bitwise the same | compiled against plain, float64 |", "|---|---|---|---|"]
    return [*head, *(_bits_row(name, bits, found["equality"].get(name)) for name, bits in found["bits"].items())]


def _bits_row(name: str, bits: dict[str, Any], difference: float | None) -> str:
    sizes = " and ".join(str(size) for size in bits["compared"])
    same = f"{'yes' if bits['bitwise_equal'] else 'no'}, {bits['steps']} steps in stacks of {sizes}"
    return f"| {name} | {bits['slots']} | {same} | {'' if difference is None else f'{difference:.1e}'} |"


if __name__ == "__main__":
    print(write_readme())
