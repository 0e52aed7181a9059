"""The rules. To add one: an `OptimizerConfig` with `init` and `step` for one run, and a line below."""

from grokkit.optimizers.adamw import AdamW
from grokkit.optimizers.sam import SAM
from grokkit.run import OPTIMIZERS

OPTIMIZERS.add(AdamW, SAM)

__all__ = ["OPTIMIZERS", "SAM", "AdamW"]
