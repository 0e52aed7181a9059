"""The models. To add one: a `ModelConfig` whose `build(task)` returns an `nn.Module`, and a line below."""

from grokkit.config.run import MODELS
from grokkit.models.mlp import MLP
from grokkit.models.prefixes import Nodes, Prefixes
from grokkit.models.recurrent import LSTM, RNN
from grokkit.models.transformer import Transformer

MODELS.add(LSTM, MLP, RNN, Transformer)

__all__ = ["LSTM", "MLP", "MODELS", "Nodes", "Prefixes", "RNN", "Transformer"]
