"""What the chapters of the book train: one plan a chapter, read by papermill, by the reader and by the library."""

from grokkit.plans.activations import Activations
from grokkit.plans.plan import PROFILES, PUBLISHED_PROFILES, Plan
from grokkit.plans.recurrent import Recurrent
from grokkit.plans.sharpness import Sharpness
from grokkit.plans.summands import Summands
from grokkit.plans.switching import Switching

PLANS: dict[str, type[Plan]] = {
    "recurrent": Recurrent,
    "summands": Summands,
    "sharpness": Sharpness,
    "activations": Activations,
    "switching": Switching,
}
"""Chapter, without its number -> its plan."""

__all__ = ["PLANS", "PROFILES", "PUBLISHED_PROFILES", "Plan"]
