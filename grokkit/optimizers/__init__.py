"""The rules. To add one: an `OptimizerConfig` with `init` and `step` for one run, and a line below."""

from grokkit.config.run import OPTIMIZERS
from grokkit.optimizers.adam import Adam
from grokkit.optimizers.adamw import AdamW
from grokkit.optimizers.adasam import AdaSAM
from grokkit.optimizers.asam import ASAM
from grokkit.optimizers.grouped_adamw import GroupedAdamW
from grokkit.optimizers.layered_adamw import LayeredAdamW
from grokkit.optimizers.nesterov import Nesterov
from grokkit.optimizers.published_asam import PublishedASAM
from grokkit.optimizers.rmsprop import RMSProp
from grokkit.optimizers.sam import SAM
from grokkit.optimizers.sgd import SGD

OPTIMIZERS.add(SGD, Nesterov, RMSProp, Adam, AdamW, GroupedAdamW, LayeredAdamW, SAM, ASAM, AdaSAM, PublishedASAM)

__all__ = [
    "ASAM",
    "OPTIMIZERS",
    "SAM",
    "SGD",
    "AdaSAM",
    "Adam",
    "AdamW",
    "GroupedAdamW",
    "LayeredAdamW",
    "Nesterov",
    "PublishedASAM",
    "RMSProp",
]
