"""One training step as a pure function of one run, lifted to a stack by `vmap` and made fast by a compiler.

Nothing here knows how many runs there are. The prefixes and targets of the task are shared by all runs of
a stack; everything else has a leading axis E outside this file.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call, grad_and_value, vmap

from grokkit.engine.compiler import compiled_by_form
from grokkit.engine.fused import fused
from grokkit.engine.memory import keep_freed_memory
from grokkit.engine.shape import DTYPES, Params, Shape, State, Steps
from grokkit.metrics import norms, weighted_mean
from grokkit.models.dropout import Noise
from grokkit.models.shared import Prefixes, build_shared
from grokkit.tasks.task import Task, built


@dataclass(frozen=True, eq=False)
class Kernel:
    """The two functions of a shape, ready to be called with stacked tensors on one device.

    steps((params, buffers, state, passages), t, hyper, order, positions, weights, noise) -> the four after these steps,
    {batch and gradient metrics of the last}. The new ones are new tensors: written over the old ones they would cost up
    to a fifth of the pace, as addresses fall. passages: see `_watching`, or nothing where every step need not be
    watched. t, and what hyper, positions, weights and noise hold, begin with the axis of steps: (S, E, ...).
    noise: {"words": (S, E, 2)} for a model that takes noise, nothing for others.
    evaluate(params, buffers, order, positions, weights) -> summed loss, number correct.
    fused: whether `steps`, and `evaluate` where it has one, are a program of its own (`grokkit.engine.fused`).
    """

    shape: Shape
    device: torch.device
    compiled: bool
    fused: bool
    task: Task
    takes_noise: bool
    steps: Steps
    evaluate: Callable[..., Any]

    def arithmetic(self) -> Any:
        """The context in which both must be called."""
        if self.shape.precision != "bfloat16":
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16)


@lru_cache(maxsize=64)
def kernel(shape: Shape, device: torch.device, compiled: bool) -> Kernel:
    """The kernel of a shape; made once per process, since tracing takes seconds."""
    if device.type == "cpu":
        keep_freed_memory()
    task = built(shape.task).to(device)
    with torch.random.fork_rng(devices=[]):
        model = build_shared(shape.model, task).to(device=device, dtype=DTYPES[shape.precision])
    batch_of = batch_maker(task, model)
    step, evaluate = (
        compiled_by_form(lifted) if compiled else lifted
        for lifted in (
            vmap(_step_of(task, model, shape, batch_of)),
            vmap(_evaluation_of(task, model, batch_of)),
        )
    )
    program = fused(shape, task) if compiled and device.type == "cpu" else None
    steps, takes_noise = program.steps if program else _one_by_one(step), getattr(model, "takes_noise", False)
    evaluate = (program and program.evaluate) or evaluate
    return Kernel(shape, device, compiled, program is not None, task, takes_noise, steps, evaluate)


def _one_by_one(step: Callable[..., Any]) -> Steps:
    def steps(
        state: State, t: Tensor, hyper: Params, order: Tensor, positions: Tensor, weights: Tensor, noise: Params
    ) -> tuple[State, Params]:
        settings, words = _by_step(hyper, len(t)), _by_step(noise, len(t))
        last: Params = {}
        for now, setting, places, counts, word in zip(t, settings, positions, weights, words, strict=True):
            *new, last = step(*state, now, setting, order, places, counts, word)
            state = tuple(new)
        return state, last

    return steps


def _by_step(tensors: Params, count: int) -> list[Params]:
    """(S, ...) each -> for every step its part of each."""
    if not tensors:
        return [{}] * count
    parts = zip(*(x.unbind() for x in tensors.values()), strict=True)
    return [dict(zip(tensors, part, strict=True)) for part in parts]


def batch_maker(task: Task, model: torch.nn.Module) -> Callable[[Tensor], tuple[Any, Tensor]]:
    """examples (B,) -> what the model reads, targets (B,)."""
    if not getattr(model, "takes_nodes", False):
        return lambda examples: (task.inputs[examples], task.targets[examples])
    prefixes = Prefixes(task.inputs.cpu()).to(task.inputs.device)
    return lambda examples: (prefixes.nodes(examples), task.targets[examples])


def _step_of(task: Task, model: torch.nn.Module, shape: Shape, batch_of: Callable[..., Any]) -> Any:
    watched = _watching(task, model, shape, batch_of)

    def step(
        params: Params,
        buffers: Params,
        state: Any,
        passages: Params,
        t: Tensor,
        hyper: Params,
        order: Tensor,
        positions: Tensor,
        weights: Tensor,
        noise: Params,
    ) -> Any:
        batch, targets = batch_of(order[positions])

        def loss_of(params: Params) -> tuple[Tensor, tuple[Tensor, Params]]:
            changed = {name: x.clone() for name, x in buffers.items()}  # the model writes into these
            noises = [Noise(words) for words in noise.values()]  # here: each gradient of a step drops the same
            logits = functional_call(model.train(), params | changed, (batch, *noises))
            accuracy = weighted_mean(task.correct(logits, targets).to(weights.dtype), weights)
            return weighted_mean(task.loss(logits, targets), weights), (accuracy, changed)

        seen: list[tuple[Params, Params]] = []

        def grad_of(params: Params) -> Params:
            gradient, (loss, (accuracy, changed)) = grad_and_value(loss_of, has_aux=True)(params)
            if not seen:  # what is kept belongs to the weights before the step, not to a perturbation of them
                metrics = {"batch_loss": loss, "batch_accuracy": accuracy}
                seen.append((changed, metrics | norms("gradient", gradient)))
            return gradient

        params, state = shape.method.step(grad_of, params, state, t, hyper)
        changed, metrics = seen[0]
        if passages:
            passages = watched(params, changed, passages, t, order, metrics["batch_accuracy"])
        return params, changed, state, passages, metrics

    return step


def _watching(task: Task, model: torch.nn.Module, shape: Shape, batch_of: Callable[..., Any]) -> Any:
    def watched(
        params: Params, buffers: Params, passages: Params, t: Tensor, order: Tensor, batch_accuracy: Tensor
    ) -> Params:
        """The passages after step t: each is the first step of which its accuracy was at least `accuracy`, else NaN.

        As source B takes them: training accuracy from the outputs before the step, over the full batch; validation
        accuracy from the weights after it, over all that is not in the batch.
        """
        batch, targets = batch_of(order[shape.width :])
        logits = functional_call(model.eval(), params | buffers, (batch,))
        found = {"train": batch_accuracy, "val": task.correct(logits, targets).to(batch_accuracy.dtype).mean()}
        new = {
            name: torch.where(passages[name].isnan() & (accuracy >= passages["accuracy"]), t, passages[name])
            for name, accuracy in found.items()
        }
        return passages | new

    return watched


def _evaluation_of(task: Task, model: torch.nn.Module, batch_of: Callable[..., Any]) -> Any:
    def evaluate(
        params: Params, buffers: Params, order: Tensor, positions: Tensor, weights: Tensor
    ) -> tuple[Tensor, Tensor]:
        batch, targets = batch_of(order[positions])
        logits = functional_call(model.eval(), params | buffers, (batch,))
        loss = (task.loss(logits, targets).double() * weights).sum()
        return loss, (task.correct(logits, targets) * weights).sum()

    return evaluate
