"""What observables see of one run: its weights, and its loss as a function of them, in float64 and uncompiled.

In float64 whatever the run's precision: rises and second derivatives of a small loss drown in float32's rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import lru_cache

import torch
from torch import Tensor
from torch.func import functional_call

from grokkit.config.run import ModelConfig, Run, TaskConfig
from grokkit.engine.kernel import batch_maker
from grokkit.engine.shape import Params, Shape
from grokkit.errors import BadInput
from grokkit.models.shared import build_shared
from grokkit.observables import OBSERVABLES, READS, Probe
from grokkit.tasks.task import built


def observe(
    names: Iterable[str], run: Run, params: Params, buffers: Params, examples: Tensor, device: torch.device
) -> dict[str, float]:
    """What the observables of those names find in the weights: curve name -> value.

    examples: (B,) rows of the task's table on which the loss is taken. What is no number becomes infinite: NaN says
    that nothing was measured.
    """
    loss = _loss(Shape.of(run), device)
    params, buffers = _in_double(params), _in_double(buffers)
    probe = Probe(params, lambda params: loss(params | buffers, examples), run.seeds.init)
    found = [OBSERVABLES[name](probe) for name in names]
    values = {curve: float(value) for part in found for curve, value in part.items()}
    return {curve: math.inf if math.isnan(value) else value for curve, value in values.items()}


def require_observables(names: Iterable[str], run: Run) -> None:
    """Raise BadInput unless the run's model has what the observables read."""
    wanted = {name: READS[name] for name in names if name in READS}
    present = _parameters(run.task, run.model) if wanted else ()
    for name, read in wanted.items():
        if not set(read) <= set(present):
            raise BadInput(
                f"Measure observables: '{name}' reads {', '.join(read)}, and the model '{run.model.kind}' has "
                f"{', '.join(present)}."
            )


@lru_cache(maxsize=64)
def _parameters(task: TaskConfig, model: ModelConfig) -> tuple[str, ...]:
    with torch.random.fork_rng(devices=[]):
        return tuple(name for name, _ in model.build(built(task)).named_parameters())


@lru_cache(maxsize=8)
def _loss(shape: Shape, device: torch.device) -> Callable[[Params, Tensor], Tensor]:
    task = built(shape.task).to(device)
    with torch.random.fork_rng(devices=[]):
        model = build_shared(shape.model, task).to(device=device, dtype=torch.float64).eval()
    batch_of = batch_maker(task, model)

    def loss(weights: Params, examples: Tensor) -> Tensor:
        batch, targets = batch_of(examples)
        return task.loss(functional_call(model, weights, (batch,)), targets).mean()

    return loss


def _in_double(tensors: Params) -> Params:
    return {name: x.double() if x.is_floating_point() else x for name, x in tensors.items()}
