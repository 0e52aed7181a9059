"""The optimizers. To add one: an `OptimizerConfig` with `start` and `update` for one tensor, and a line below."""

from grokkit.config.run import OPTIMIZERS
from grokkit.optimizers.adam import Adam
from grokkit.optimizers.adamw import AdamW
from grokkit.optimizers.adasam import AdaSAM
from grokkit.optimizers.asam import ASAM
from grokkit.optimizers.clamped_adamw import ClampedAdamW
from grokkit.optimizers.grokfast import GrokfastEMA, GrokfastMA
from grokkit.optimizers.grouped_adamw import GroupedAdamW, LayeredAdamW
from grokkit.optimizers.muon import Muon
from grokkit.optimizers.published_asam import PublishedASAM
from grokkit.optimizers.rmsprop import RMSProp
from grokkit.optimizers.sam import SAM
from grokkit.optimizers.sgd import SGD, Nesterov

OPTIMIZERS.add(SGD, Nesterov, RMSProp, Adam, AdamW, GroupedAdamW, LayeredAdamW, Muon, GrokfastEMA, GrokfastMA)
OPTIMIZERS.add(ClampedAdamW, SAM, ASAM, AdaSAM, PublishedASAM)

__all__ = [
    "ASAM",
    "OPTIMIZERS",
    "SAM",
    "SGD",
    "AdaSAM",
    "Adam",
    "AdamW",
    "ClampedAdamW",
    "GrokfastEMA",
    "GrokfastMA",
    "GroupedAdamW",
    "LayeredAdamW",
    "Muon",
    "Nesterov",
    "PublishedASAM",
    "RMSProp",
]
