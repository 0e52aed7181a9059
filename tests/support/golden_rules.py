"""What every rule finds in tables made up for it, to compare with a file: the guard of the versions that rules name.

A table has the runs that the rule's samples ask for, a few seeds of each. What they did comes from hashes: of a run's
settings how soon its group arrives, of its key how it differs from the others. When rules became data, their old form,
a module each, found the same in all of these tables, but for one infinite end of an interval (A3), which it took for a
number.

`python tests/support/golden_rules.py --write` brings the file up to date, after a rule asks something else or an idea
has a new version. It refuses where a rule finds something else under the same key: then the version is what is missing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from paths import GOLDEN

from grokkit.claims import Verdict, all_rules
from grokkit.claims.rule import Rule, samples_of
from grokkit.claims.samples import Sample
from grokkit.records.tables import settings_table

FILE = GOLDEN / "rules.json"
WRITE = "python tests/support/golden_rules.py --write"
SCENARIOS = {"alike": (1, 1, 1, 1), "apart": (1, 2, 4, 16), "hardly": (8, 8, 1, 64)}
"""Name -> by how much later a group of runs arrives, one of these factors a group."""
SEEDS, DIAGRAMS, RADII = 8, 12, (0.02, 0.1, 0.5)
STEPS = np.array(
    [0, *range(100, 5000, 100), *range(5000, 20_000, 500), *range(20_000, 100_000, 5000), 100_000, 200_000, 300_000]
)
LATER = ("optimizer.nesterov", "optimizer.encoder", "task.operation")
OF_A_SEED = ("task.vector_seed", "task.seed")
ENDS = (5000, 20_000, 100_000, 300_000)


def found_by(decide: Callable[[pd.DataFrame], Verdict], table: pd.DataFrame) -> str:
    """One line: outcome, n, interval and what was seen."""
    found = decide(table)
    ends = " to ".join(f"{end:.6g}" for end in found.interval or ())
    return f"{found.outcome} | {found.n} | {ends} | {found.statement}"


def table_for(rule: Rule, scenario: str) -> pd.DataFrame:
    """The runs of all samples of a rule, as `grokkit.evidence_table` would give them."""
    return _table(tuple(dict.fromkeys(samples_of(rule))), scenario)


@cache
def _table(samples: tuple[Sample, ...], scenario: str) -> pd.DataFrame:
    settings = {_digest(_first(each)): each for sample in samples for each in _settings(sample)}
    return pd.DataFrame([{"key": key} | each | _did(each, scenario) for key, each in settings.items()])


def _settings(sample: Sample) -> Iterator[dict[str, Any]]:
    usual = settings_table([sample.run]).iloc[0].drop("key").to_dict()
    seeds = list(sample.seeds)[:DIAGRAMS] if len(sample.over) == 2 else list(sample.seeds[:SEEDS])
    for cell in sample.cells():
        for seed in seeds:
            for radius in RADII if sample.free else (None,):
                own = {name: value for (name, _), value in zip(sample.over, cell, strict=True)}
                own |= dict.fromkeys(sample.free, radius)
                own |= {f"seeds.{name}": seed for name in ("data", "init", "batch")}
                own |= {
                    f"seeds.{name}": x for name, x in (("data", sample.data), ("batch", sample.batch)) if x is not None
                }
                own |= dict.fromkeys(sample.tied, own["seeds.data"])
                yield usual | own


def _did(settings: dict[str, Any], scenario: str) -> dict[str, Any]:
    """What a run did: times, curves and how long it was watched."""
    settings = _first(settings)
    group = {name: x for name, x in settings.items() if not name.startswith("seeds.") and name not in OF_A_SEED}
    own = [int(_digest([settings, place]), 16) % 1000 for place in range(8)]  # of a thousand
    later = SCENARIOS[scenario][int(_digest(group), 16) % 4]
    train = 100 * (2 + own[0] % 12) if own[1] > 30 else 400_000
    val = train + 100 * (own[2] % 40 + 1) * later // (4 if later == 1 else 1)
    val = val if own[3] > 60 else 400_000
    in_a_diagram = settings["task.kind"] in ("addition", "mnist")
    end = ENDS[-1] if in_a_diagram else ENDS[own[4] % 2 + 2 * (later > 4 or own[5] > 500)]
    seen = STEPS[end >= STEPS]
    arrives = max(train, val) <= end
    status = "reached" if arrives else "diverged" if own[6] > 970 else "budget"
    curves = _curves(seen, train, val, own) | (
        _on_a_sphere(settings, seen) if "clamped" in settings["optimizer.kind"] else {}
    )
    return _times(seen, train, val, arrives) | curves | {"status": status, "observed_to": end}


def _times(seen: np.ndarray, train: int, val: int, arrives: bool) -> dict[str, Any]:
    t_train, t_val = (float(t) if t <= seen[-1] else np.nan for t in (train, val))
    return {"t_train": t_train, "t_val": t_val, "delay": t_val - t_train, "ratio": t_val / t_train}


def _curves(seen: np.ndarray, train: int, val: int, own: list[int]) -> dict[str, Any]:
    rest, top = own[5] % 60 / 100, 1.0 if own[6] % 4 else 0.95
    climbing = rest + (0.9 - rest) * np.clip((seen - val * (own[7] % 5) // 5) / (val + 1), 0, 1)
    signs = np.where(seen // 100 % 2, 1, -1) * (own[1] % 9) / 100
    norm = 400 - 300 * np.clip((seen - own[0] * 4) / (val + 1), 0, 1) + (own[2] % 3 - 1) * seen / 1000
    accuracies = {
        "train_accuracy": np.where(seen >= train, top, 0.1),
        "val_accuracy": np.where(seen >= val, 1.0, np.clip(climbing + signs, 0, 0.98)),
    }
    passages = {
        f"{which}_passage": np.where(seen >= time, float(time), np.nan)
        for which, time in (("train", train), ("val", val))
    }
    return {
        **accuracies,
        **passages,
        "steps": seen,
        "val_loss": 6 - 5 * np.clip((seen - train) / (val - train + 1), 0, 1) + signs,
        "parameter_l2": np.maximum(norm, 5),
        "parameter_linf": np.maximum(norm, 5) / 40 + own[3] / 100 * (seen > val),
        "hessian_top": 1.0 + own[4] % 40 + signs,
        "rise_random": 0.1 + own[5] / 1000 + signs,
        "embedding_order": np.where(own[6] % 3 + (seen > val) > 1, 1.0, 0.9),
        "embedding_rms": 1 + own[7] / 1000 * (1 + seen / 10_000),
    }


def _on_a_sphere(settings: dict[str, Any], seen: np.ndarray) -> dict[str, Any]:
    """Losses of a landscape: a seed decides where the bottom is, how high walls are, whether training's rises again."""
    norm = settings["init_scale"]
    place = int(_digest({name: x for name, x in settings.items() if name != "init_scale"}), 16)
    best, walls, again = (0.5, 0.8, 1.0, 1.6)[place % 4], (0.2, 1.0, 3.0)[place // 4 % 3], place // 12 % 4 == 0
    return {
        "train_loss": np.full(len(seen), norm**-6.0 + (norm**8.0 if again else 0.0)),
        "val_loss": np.full(len(seen), 10 ** (walls * abs(np.log10(norm / best)))),
    }


def _first(settings: dict[str, Any]) -> dict[str, Any]:
    """Leave out what became a setting after the file was first written; a run's kind still tells it."""
    return {name: x for name, x in settings.items() if name not in LATER}


def _digest(values: Any) -> str:
    return sha256(json.dumps(values, default=str, sort_keys=True).encode()).hexdigest()[:12]


def found_now() -> dict[str, dict[str, str]]:
    """Claim -> its rule's key, and what the rule finds in each scenario."""
    return {
        id: {"key": rule.key} | {scenario: found_by(rule, table_for(rule, scenario)) for scenario in SCENARIOS}
        for id, rule in all_rules().items()
    }


def committed() -> dict[str, dict[str, str]]:
    """What the file says."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def without_a_new_version(now: dict[str, dict[str, str]], then: dict[str, dict[str, str]]) -> list[str]:
    """Claims whose rule finds something else under the key that it had."""
    return [id for id in now.keys() & then.keys() if now[id]["key"] == then[id]["key"] and now[id] != then[id]]


def write() -> Path:
    """Write the file; returns its path."""
    now = found_now()
    if silent := without_a_new_version(now, committed() if FILE.exists() else {}):
        sys.exit(
            f"{', '.join(sorted(silent))} find something else under the same key: give what changed a new version."
        )
    FILE.write_text(json.dumps(now, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    return FILE


if __name__ == "__main__":
    print(write()) if sys.argv[1:] == ["--write"] else sys.exit(__doc__)
