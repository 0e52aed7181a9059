"""What the chapters of the book train: one plan a chapter, read by papermill, by the reader and by the library."""

from grokkit.plans.mnist import Mnist
from grokkit.plans.plan import PROFILES, PUBLISHED_PROFILES, Plan
from grokkit.plans.quickstart import Quickstart
from grokkit.plans.summands import Summands
from grokkit.plans.toy import Toy

PLANS: dict[str, type[Plan]] = {
    "quickstart": Quickstart,
    "summands": Summands,
    "toy": Toy,
    "mnist": Mnist,
}
"""Chapter, without its number -> its plan."""

__all__ = ["PLANS", "PROFILES", "PUBLISHED_PROFILES", "Plan"]
