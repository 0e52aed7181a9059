"""What is timed: source A's transformer, MLP and LSTM, source B's toy and MNIST, source C's LSTM and RNN; each also as
an `nn` module."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from grokkit import (
    LSTM,
    MLP,
    MNIST,
    RNN,
    AdamW,
    Addition,
    Batch,
    LayeredAdamW,
    ModularAddition,
    Run,
    Task,
    Transformer,
)


@dataclass(frozen=True)
class Shape:
    """A run, and the module that a user would write for it from `nn`'s own layers."""

    name: str
    run: Run
    ordinary: Callable[[Task], nn.Module]
    loss: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy


class OrdinaryTransformer(nn.Module):
    """Pre-LayerNorm decoder of PyTorch's own layers: every position of every example, logits at the last."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        length = task.inputs.shape[1]
        self.tokens, self.positions = nn.Embedding(task.vocabulary, 128), nn.Embedding(length + 1, 128)
        layer = nn.TransformerEncoderLayer(128, 4, 512, 0.0, F.gelu, batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(layer, 2, nn.LayerNorm(128), enable_nested_tensor=False)
        self.output = nn.Linear(128, task.classes)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(length))

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.tokens(tokens) + self.positions.weight[: tokens.shape[1]]
        return self.output(self.blocks(x, mask=self.mask, is_causal=True)[:, -1])


class OrdinaryMLP(nn.Module):
    """Concatenated one-hot tokens through two hidden layers."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.vocabulary = task.vocabulary
        width = task.inputs.shape[1] * task.vocabulary
        hidden = nn.Linear(width, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU()
        self.layers = nn.Sequential(*hidden, nn.Linear(512, task.classes))

    def forward(self, tokens: Tensor) -> Tensor:
        return self.layers(F.one_hot(tokens, self.vocabulary).flatten(1).float())


class OrdinaryToy(nn.Module):
    """Source B's decoder of a sum of one-dimensional embeddings."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.embedding = nn.Embedding(task.vocabulary, 1)
        hidden = nn.Linear(1, 200), nn.Tanh(), nn.Linear(200, 200), nn.Tanh()
        self.layers = nn.Sequential(*hidden, nn.Linear(200, task.classes))

    def forward(self, tokens: Tensor) -> Tensor:
        return self.layers(self.embedding(tokens).sum(1))


class OrdinaryMNIST(nn.Sequential):
    """Source B's, on images."""

    def __init__(self, task: Task) -> None:
        hidden = nn.Linear(784, 200), nn.ReLU(), nn.Linear(200, 200), nn.ReLU()
        super().__init__(*hidden, nn.Linear(200, task.classes))


class OrdinaryRecurrent(nn.Module):
    """Source C's: learned embeddings through one layer, of `nn.LSTM` or `nn.RNN`."""

    def __init__(self, task: Task, layer: type[nn.LSTM | nn.RNN]) -> None:
        super().__init__()
        self.embedding, self.layer = nn.Embedding(task.vocabulary, 128), layer(128, 128, batch_first=True)
        self.output = nn.Linear(128, task.classes)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.output(self.layer(self.embedding(tokens))[0][:, -1])


class OrdinaryWideLSTM(nn.Module):
    """Source A's: one-hot tokens through one layer in two directions."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.vocabulary = task.vocabulary
        self.lstm = nn.LSTM(task.vocabulary, 512, batch_first=True, bidirectional=True)
        self.output = nn.Linear(1024, task.classes)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.output(self.lstm(F.one_hot(tokens, self.vocabulary).float())[0][:, -1])


_ADDITION = {"task": ModularAddition(), "optimizer": AdamW(), "batch": Batch(sampling="replacement")}
_TOY = Run(task=Addition(), model=MLP.toy(), optimizer=AdamW(), train_fraction=45 / 55, batch=Batch(size=None))
_MNIST = Run(
    task=MNIST(),
    model=MLP.mnist(),
    optimizer=LayeredAdamW(),
    train_fraction=0.2,
    batch=Batch(size=200, sampling="replacement"),
    precision="float64",
)
_C = {"task": ModularAddition(p=113), "optimizer": AdamW(), "batch": Batch(size=32)}

SHAPES = {
    shape.name: shape
    for shape in (
        Shape("transformer", Run(model=Transformer(), **_ADDITION), OrdinaryTransformer),
        Shape("mlp", Run(model=MLP(), **_ADDITION), OrdinaryMLP),
        Shape("toy", _TOY, OrdinaryToy),
        Shape(
            "mnist", _MNIST, OrdinaryMNIST, lambda logits, classes: F.mse_loss(logits, F.one_hot(classes, 10).double())
        ),
        Shape("lstm", Run(model=LSTM.source_c(), **_C), partial(OrdinaryRecurrent, layer=nn.LSTM)),
        Shape("rnn", Run(model=RNN.source_c(), **_C), partial(OrdinaryRecurrent, layer=nn.RNN)),
        Shape("wide lstm", Run(model=LSTM.source_a(), **_ADDITION), OrdinaryWideLSTM),
    )
}


def ordinary_steps(shape: Shape, device: torch.device, autocast: bool) -> Callable[[int], None]:
    """The loop: nn modules, `torch.optim.AdamW`, minibatches. Returns a function that takes a number of steps."""
    task, batch = shape.run.task.build(), shape.run.batch.size
    inputs, targets = task.inputs.to(device), task.targets.to(device)
    train = torch.randperm(task.examples)[: shape.run.train_examples].to(device)
    dtype = inputs.dtype if inputs.is_floating_point() else torch.float32
    model = shape.ordinary(task).to(device, dtype)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1.0, betas=(0.9, 0.98))

    def take(steps: int) -> None:
        for _ in range(steps):
            rows = train[torch.randint(len(train), (batch,), device=device)] if batch else train
            with torch.autocast(device.type, torch.bfloat16, enabled=autocast):
                loss = shape.loss(model(inputs[rows]), targets[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return take
