"""The optimizer of PyTorch that takes the same steps as a rule; for SAM, its kin and Grokfast their base optimizer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

import grokkit as gk
from grokkit.engine import Shape, Stack, Trajectory, kernel

TWINS = {
    gk.SGD: (torch.optim.SGD, lambda rule: {"momentum": rule.momentum}),
    gk.Nesterov: (torch.optim.SGD, lambda rule: {"momentum": rule.momentum, "nesterov": rule.momentum > 0}),
    gk.RMSProp: (torch.optim.RMSprop, lambda rule: {"alpha": rule.beta2, "eps": rule.eps}),
    gk.Adam: (torch.optim.Adam, lambda rule: {"betas": (rule.beta1, rule.beta2), "eps": rule.eps}),
    gk.AdamW: (torch.optim.AdamW, lambda rule: {"betas": (rule.beta1, rule.beta2), "eps": rule.eps}),
}
"""PyTorch refuses Nesterov's method without momentum, where it is plain descent."""
TWINS |= {kind: TWINS[gk.AdamW] for kind in (gk.GroupedAdamW, gk.LayeredAdamW, gk.SAM, gk.ASAM, gk.PublishedASAM)}
TWINS |= {kind: TWINS[gk.AdamW] for kind in (gk.Muon, gk.ClampedAdamW)}


def twin(rule: gk.OptimizerConfig, parameters: Iterable[torch.nn.Parameter]) -> Any:
    """The rule's twin for these parameters."""
    inner = {"adam": gk.Adam, "adamw": gk.AdamW}.get(getattr(rule, "inner", ""), type(rule))
    optimizer, settings = TWINS[inner]
    return optimizer(parameters, lr=rule.learning_rate, weight_decay=rule.weight_decay, **settings(rule))


@torch.no_grad()
def put_back_on_the_sphere(radius, xs):
    """In place, as one vector: the same direction, the norm that was held before the first step."""
    norm = torch.linalg.vector_norm(torch.cat([x.flatten() for x in xs]))
    for x in xs:
        x.mul_(radius / norm)


def snapshot_after(run: gk.Run, steps: int) -> Trajectory:
    """The run after so many steps, alone and uncompiled."""
    ready = kernel(Shape.of(run), torch.device("cpu"), False)
    stack = Stack(ready, [Trajectory.start(run, ready.task)])
    if steps:
        stack.advance(steps)
    return stack.snapshot(0)
