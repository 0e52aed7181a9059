"""What the chapters of the book train: one plan a chapter, read by papermill, by the reader and by the library."""

from grokkit.plans.activations import Activations
from grokkit.plans.architectures import Architectures
from grokkit.plans.mnist import Mnist
from grokkit.plans.norms import Norms
from grokkit.plans.optimizers import Optimizers
from grokkit.plans.plan import PROFILES, PUBLISHED_PROFILES, Plan
from grokkit.plans.quickstart import Quickstart
from grokkit.plans.recurrent import Recurrent
from grokkit.plans.sharpness import Sharpness
from grokkit.plans.summands import Summands
from grokkit.plans.switching import Switching
from grokkit.plans.toy import Toy
from grokkit.plans.transformer import Transformers
from grokkit.plans.weight_norm import WeightNorm

_IN_ORDER: tuple[type[Plan], ...] = (
    Quickstart,
    Transformers,
    Architectures,
    Recurrent,
    Optimizers,
    Summands,
    Norms,
    Sharpness,
    Activations,
    Switching,
    Toy,
    Mnist,
    WeightNorm,
)
PLANS = {plan.chapter(): plan for plan in _IN_ORDER}
"""Chapter, without its number -> its plan."""

__all__ = ["PLANS", "PROFILES", "PUBLISHED_PROFILES", "Plan"]
