"""What the chapters of the book train: one plan a chapter, read by papermill, by the reader and by the library."""

from grokkit.plans.architectures import Architectures
from grokkit.plans.norms import Norms
from grokkit.plans.optimizers import Optimizers
from grokkit.plans.plan import PROFILES, PUBLISHED_PROFILES, Plan
from grokkit.plans.summands import Summands
from grokkit.plans.transformer import Transformers

PLANS: dict[str, type[Plan]] = {
    "transformer": Transformers,
    "architectures": Architectures,
    "optimizers": Optimizers,
    "summands": Summands,
    "norms": Norms,
}
"""Chapter, without its number -> its plan."""

__all__ = ["PLANS", "PROFILES", "PUBLISHED_PROFILES", "Plan"]
