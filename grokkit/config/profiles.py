"""The sizes in which every chapter can be trained (`grokkit.plans.plan.Plan` says what they are for)."""

from __future__ import annotations

from typing import Literal, get_args

from grokkit.errors import BadInput

Profile = Literal["smoke", "laptop", "evidence", "source"]
PROFILES: tuple[Profile, ...] = get_args(Profile)


def require_profile(name: object) -> None:
    """Raise BadInput for any other."""
    if name not in PROFILES:
        raise BadInput(f"Profile '{name}' is unknown; {', '.join(PROFILES)} are known.")
