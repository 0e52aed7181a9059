"""The models. To add one: a `ModelConfig` whose `build(task)` returns an `nn.Module`, and a line below.

Each file is a model that can be read alone; the exact savings with which the engine trains it are in `shared/`.
"""

from grokkit.config.run import MODELS
from grokkit.models.mlp import MLP
from grokkit.models.recurrent import LSTM, RNN
from grokkit.models.transformer import Transformer

MODELS.add(LSTM, MLP, RNN, Transformer)

__all__ = ["LSTM", "MLP", "MODELS", "RNN", "Transformer"]
