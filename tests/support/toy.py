"""Source B's toy: its runs, and the loop that its authors describe, written with PyTorch's own parts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

import grokkit as gk

SETUPS = ("classification", "regression")
THRESHOLD = 0.9 - 1e-3


def toy_run(setup: str, rate: float = 1e-3, decay: float = 1.0, data: int = 42, init: int = 102, **settings) -> gk.Run:
    """One cell of a diagram, as the chapter asks for it."""
    usual = dict(
        task=gk.Addition.source_b(setup, data),
        model=gk.MLP.toy(),
        optimizer=gk.GroupedAdamW(learning_rate=rate, weight_decay=decay),
        train_fraction=45 / 55,
        batch=gk.Batch(size=None),
        seeds=gk.Seeds(data=data, init=init),
        split="scikit-learn",
    )
    return gk.Run(**usual | settings)


class Data(NamedTuple):
    """Pairs and sums of both sets, and the regression's vectors."""

    train: tuple[Tensor, Tensor]
    val: tuple[Tensor, Tensor]
    vectors: Tensor


def data_of(seed: int) -> Data:
    """The source's data of a seed, from NumPy's and PyTorch's global generators."""
    torch.manual_seed(seed)
    first, second = (x[np.tril_indices(10)] for x in np.meshgrid(np.arange(10), np.arange(10)))
    pairs = torch.tensor(np.stack([first, second], 1))
    shuffled = np.random.RandomState(seed).permutation(55)
    train, val = (torch.tensor(part) for part in (shuffled[10:], shuffled[:10]))
    sums = pairs.sum(1)
    return Data((pairs[train], sums[train]), (pairs[val], sums[val]), torch.randn(19, 30))


class Network(nn.Module):
    """Embedding, sum, three linear layers with Tanh between."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10, 1)
        nn.init.uniform_(self.embedding.weight, -0.5, 0.5)
        self.decoder = nn.Sequential(
            nn.Linear(1, 200), nn.Tanh(), nn.Linear(200, 200), nn.Tanh(), nn.Linear(200, outputs)
        )

    def forward(self, pairs: Tensor) -> Tensor:
        return self.decoder(self.embedding(pairs).sum(1))


def network_of(setup: str, seed: int) -> Network:
    torch.manual_seed(seed)
    return Network(19 if setup == "classification" else 30)


class Followed(NamedTuple):
    """A loop's losses and accuracies at each step from 1, and the parameters at its end."""

    losses: list[float]
    train: list[float]
    val: list[float]
    parameters: list[Tensor]


def follow(run: gk.Run, setup: str, steps: int) -> Followed:
    """So many steps of the source's loop in the run's precision."""
    dtype = getattr(torch, run.precision)
    data, model = data_of(run.seeds.data), network_of(setup, run.seeds.init).to(dtype)
    vectors, rule = data.vectors.to(dtype), run.optimizer
    groups = [
        {"params": model.embedding.parameters(), "lr": 1e-3, "weight_decay": 0.0},
        {"params": model.decoder.parameters(), "lr": rule.learning_rate, "weight_decay": rule.weight_decay},
    ]
    optimizer = torch.optim.AdamW(groups)
    kept = Followed([], [], [], list(model.parameters()))

    def answers(outputs: Tensor) -> Tensor:
        return outputs.argmax(1) if setup == "classification" else torch.cdist(outputs, vectors).argmin(1)

    for _ in range(steps):
        outputs, sums = model(data.train[0]), data.train[1]
        loss = (
            nn.functional.cross_entropy(outputs, sums)
            if setup == "classification"
            else nn.functional.mse_loss(outputs, vectors[sums])
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        kept.losses.append(loss.item())
        kept.train.append((answers(outputs) == sums).double().mean().item())
        with torch.no_grad():
            kept.val.append((answers(model(data.val[0])) == data.val[1]).double().mean().item())
    return kept
