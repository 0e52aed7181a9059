"""The exact savings: modules with the parameters and the logits of the plain models, from less arithmetic.

The engine trains these; the plain ones are what one reads, and the reference of the tests.
"""

from __future__ import annotations

from typing import Any

from torch import nn

from grokkit.config.run import ModelConfig
from grokkit.models.mlp import MLP
from grokkit.models.recurrent import LSTM, RNN
from grokkit.models.shared.mlp import SharedMLP
from grokkit.models.shared.prefixes import Nodes, Prefixes
from grokkit.models.shared.recurrent import SharedRecurrent
from grokkit.models.shared.transformer import SharedTransformer
from grokkit.models.transformer import Transformer
from grokkit.tasks.task import Task

SHARED: dict[type[ModelConfig], Any] = {
    LSTM: SharedRecurrent,
    MLP: SharedMLP,
    RNN: SharedRecurrent,
    Transformer: SharedTransformer,
}
"""Configuration -> the module that shares; one that is not here is built as it is, and may take `Nodes` itself."""


def build_shared(config: ModelConfig, task: Task) -> nn.Module:
    """Build a model with its savings, if it has some. It then reads `Nodes` where it says `takes_nodes`."""
    kind = SHARED.get(type(config))
    return kind(config, task) if kind else config.build(task)


__all__ = ["SHARED", "Nodes", "Prefixes", "build_shared"]
