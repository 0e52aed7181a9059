"""Source B's MNIST: its runs, and the loop that its authors describe, written with PyTorch's own parts."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

import grokkit as gk

THRESHOLD = 0.6001
"""More than 60% of 1,000 or 4,000 images."""


def mnist_run(rate: float = 1e-3, decay: float = 0.1, seed: int = 20, **settings) -> gk.Run:
    """One cell of a diagram, as the chapter asks for it."""
    usual = dict(
        task=gk.MNIST(),
        model=gk.MLP.mnist(),
        optimizer=gk.LayeredAdamW(learning_rate=rate, weight_decay=decay),
        train_fraction=0.2,
        batch=gk.Batch(size=200),
        precision="float64",
        seeds=gk.Seeds.all(seed),
        init_scale=9.0,
    )
    return gk.Run(**usual | settings)


def small_run(**settings) -> gk.Run:
    """The same in small: 100 of 300 images in batches of 20, two layers of 12."""
    usual = dict(
        task=gk.MNIST(per_class=30), model=gk.MLP(hidden=(12, 12)), train_fraction=1 / 3, batch=gk.Batch(size=20)
    )
    return mnist_run(**usual | settings)


class Followed(NamedTuple):
    """A loop's losses and accuracies on its batches, and its parameters at the end."""

    losses: list[float]
    accuracies: list[float]
    parameters: list[Tensor]


def follow(run: gk.Run, steps: int) -> Followed:
    """So many steps of the source's loop, on this run's split and batches."""
    task = run.task.build()
    order = gk.split_order(task.examples, run.seeds.data)
    torch.manual_seed(run.seeds.init)
    widths = (task.inputs.shape[1], *run.model.hidden)
    layers = [part for i, o in zip(widths, widths[1:], strict=False) for part in (nn.Linear(i, o), nn.ReLU())]
    encoder, decoder = nn.Sequential(*layers).double(), nn.Linear(widths[-1], 10).double()
    kept = Followed([], [], [*encoder.parameters(), *decoder.parameters()])
    with torch.no_grad():
        for x in kept.parameters:
            x *= run.init_scale
    groups = [
        {"params": encoder.parameters(), "lr": 1e-3},
        {"params": decoder.parameters(), "lr": run.optimizer.learning_rate},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=run.optimizer.weight_decay)
    for step in range(steps):
        [chosen], _ = gk.batch_positions(run.batch, run.seeds.batch, run.train_examples, step, 1)
        rows = order[torch.from_numpy(chosen)]
        outputs, digits = decoder(encoder(task.inputs[rows])), task.targets[rows]
        loss = nn.functional.mse_loss(outputs, nn.functional.one_hot(digits, 10).double())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        kept.losses.append(loss.item())
        kept.accuracies.append((outputs.argmax(1) == digits).double().mean().item())
    return kept
