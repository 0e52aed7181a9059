"""A trajectory as one safetensors file that tells what it is of, with a checksum over all of it.

Nothing is believed of a file whose checksum is another, or that is of another run or of other code.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from grokkit.config.run import Run
from grokkit.engine import Trajectory

TENSORS = "params", "state", "buffers"
STORY = "t", "last", "steps", "rows", "seconds", "cpu_seconds", "passages"
CHECKSUM = "checksum"


class Unusable(ValueError):
    """A file that is no trajectory of the run that is wanted; the message says why, as half a sentence."""


def write(path: Path, trajectory: Trajectory, arithmetic: dict[str, Any]) -> None:
    """Write a trajectory; `OSError` or `SafetensorError` where that fails."""
    tensors = flat({name: getattr(trajectory, name) for name in TENSORS})
    # The file sorts its tensors; norms are sums over them, and a sum's last bits depend on its order.
    told = {
        "story": {name: getattr(trajectory, name) for name in STORY},
        "order": list(tensors),
        "arithmetic": arithmetic,
        "run": trajectory.run.key,
        "code": own_code(trajectory.run),
    }
    metadata = {name: json.dumps(value) for name, value in told.items()}
    save_file(tensors, path, metadata=metadata | {CHECKSUM: _checksum(metadata, tensors)})


def read(path: Path, run: Run) -> Trajectory:
    """Read the trajectory of a run; `Unusable` for anything else."""
    try:
        metadata, tensors = _contents(path)
        told = {name: json.loads(value) for name, value in metadata.items()}
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise Unusable(f"cannot be read ({error})") from error
    if told["run"] != run.key:
        raise Unusable(f"is of another run ({told['run']})")
    if told["code"] != own_code(run):
        raise Unusable("was made by other code of your own classes")
    tree = nested(tensors)
    return Trajectory(run, tree["params"], tree.get("state", {}), tree.get("buffers", {}), **told["story"])


def told_of(path: Path, name: str) -> Any:
    """Read one thing that the file tells, without its tensors; `Unusable` if that cannot be had."""
    try:
        _require_file(path)
        with safe_open(path, framework="pt") as file:
            return json.loads(file.metadata()[name])
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise Unusable(f"cannot be read ({error})") from error


def own_code(run: Run) -> str:
    """Hash the source of the run's classes that are not the library's; nothing where all are.

    The library's own files belong to the arithmetic (`grokkit.train.machine.arithmetic`).
    """
    parts: dict[str, str] = {}
    for part in (run.task, run.model, run.optimizer):
        for each in type(part).__mro__:
            _gather(each, parts)
    told = [f"{name}: {parts[name]}" for name in sorted(parts)]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:8] if told else ""


OTHERS = {"grokkit", "builtins", "pydantic", "torch", "numpy", "abc", "typing"}
"""Packages whose versions are told elsewhere, or have no part in a step."""


def _gather(thing: Any, found: dict[str, str]) -> None:
    """Put into `found` the source of a class or function, and of what it names of its own module."""
    home, name = getattr(thing, "__module__", None) or "", getattr(thing, "__qualname__", "")
    if not name or f"{home}.{name}" in found or home.partition(".")[0] in OTHERS:
        return
    try:
        source = inspect.getsource(thing)
    except (OSError, TypeError):  # typed at a prompt, or made of C
        source = name
    found[f"{home}.{name}"] = source
    beside = vars(sys.modules[home]) if home in sys.modules else {}
    for word in dict.fromkeys(re.findall(r"\w+", source)):
        other = beside.get(word)
        if isinstance(other, bool | int | float | str | tuple):
            found[f"{home}.{word}"] = repr(other)
        elif inspect.isfunction(other) or inspect.isclass(other):
            _gather(other, found)


def _contents(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """What the file tells and its tensors in the trajectory's order; `ValueError` unless its checksum is theirs."""
    _require_file(path)
    with safe_open(path, framework="pt") as file:
        metadata = dict(file.metadata() or {})
        tensors = {name: file.get_tensor(name) for name in json.loads(metadata["order"])}
    if metadata.pop(CHECKSUM, None) != _checksum(metadata, tensors):
        raise ValueError("its content is not what was written")
    return metadata, tensors


def _require_file(path: Path) -> None:
    """Raise for anything else: opening a pipe would wait for whoever writes into it."""
    if not path.is_file():
        raise ValueError("it is not a file")


def _checksum(metadata: dict[str, str], tensors: dict[str, Tensor]) -> str:
    """32 hex digits over every text and every bit."""
    found = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name, x in tensors.items():
        found.update(f"{name} {x.dtype} {tuple(x.shape)}".encode())
        found.update(x.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return found.hexdigest()[:32]


def flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Tensor]:
    """Name the tensors of a tree by their paths, 'state/exp_avg/W_E'."""
    found: dict[str, Tensor] = {}
    for name, value in tree.items():
        found |= flat(value, f"{prefix}{name}/") if isinstance(value, dict) else {prefix + name: value.contiguous()}
    return found


def nested(tensors: dict[str, Tensor]) -> dict[str, Any]:
    """Undo `flat`."""
    tree: dict[str, Any] = {}
    for path, value in tensors.items():
        *folders, name = path.split("/")
        place = tree
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = value
    return tree
