"""The optimizer of PyTorch that takes the same steps as a rule; for SAM its base optimizer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

import grokkit as gk

TWINS = {
    gk.SGD: (torch.optim.SGD, lambda rule: {"momentum": rule.momentum}),
    gk.Nesterov: (torch.optim.SGD, lambda rule: {"momentum": rule.momentum, "nesterov": rule.momentum > 0}),
    gk.RMSProp: (torch.optim.RMSprop, lambda rule: {"alpha": rule.beta2, "eps": rule.eps}),
    gk.Adam: (torch.optim.Adam, lambda rule: {"betas": (rule.beta1, rule.beta2), "eps": rule.eps}),
    gk.AdamW: (torch.optim.AdamW, lambda rule: {"betas": (rule.beta1, rule.beta2), "eps": rule.eps}),
    gk.GroupedAdamW: (torch.optim.AdamW, lambda rule: {"betas": (rule.beta1, rule.beta2), "eps": rule.eps}),
    gk.SAM: (torch.optim.AdamW, lambda rule: {"betas": (rule.beta1, rule.beta2), "eps": rule.eps}),
}
"""PyTorch refuses Nesterov's method without momentum, where it is plain descent."""


def twin(rule: gk.OptimizerConfig, parameters: Iterable[torch.nn.Parameter]) -> Any:
    """The rule's twin for these parameters."""
    optimizer, settings = TWINS[type(rule)]
    return optimizer(parameters, lr=rule.learning_rate, weight_decay=rule.weight_decay, **settings(rule))
