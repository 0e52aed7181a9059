"""What a chapter trains, in four sizes: its parameters, what a profile makes of them, and the experiments."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

from pydantic import field_validator

from grokkit.config.base import Config
from grokkit.config.profiles import PROFILES, Profile, require_profile
from grokkit.errors import unknown
from grokkit.train.experiment import Experiment

PUBLISHED_PROFILES = ("evidence", "source")
"""Those whose records the project keeps."""


class Plan(Config):
    """The base of all plans. A subclass's fields are what papermill can set; its `experiments` are the runs.

    profile: smoke is small enough for a test, laptop takes minutes, evidence decides claims, source has the source's
    own budget. store: a folder of records; "" finds the project's own. train: whether to train the runs that are
    missing, or only to say which are. device: "auto" is the GPU where there is one, else all cores; "cpu" is one core.
    """

    profile: Profile = "evidence"
    store: str = ""
    train: bool = False
    device: str = "auto"

    @field_validator("profile", mode="before")
    @classmethod
    def _is_known(cls, given: Any) -> Any:
        require_profile(given)
        return given

    @classmethod
    def require_parameters(cls, chapter: str, given: Iterable[str]) -> None:
        """Raise BadInput for a name that is none of the fields. chapter: its name in the sentence."""
        for name in given:
            if name not in cls.model_fields:
                raise unknown(f"Parameter of chapter {chapter}", name, cls.model_fields)

    @classmethod
    def chapter(cls) -> str:
        """Name the chapter, which is called as this class's module."""
        return cls.__module__.rpartition(".")[2]

    @property
    def experiments(self) -> list[Experiment]:
        """What is asked, in the order in which it is trained."""
        raise NotImplementedError

    def choose(self, **knobs: tuple[Any, Any, Any, Any]) -> SimpleNamespace:
        """Choose this profile's column of a table that has a row a knob: smoke, laptop, evidence, source."""
        column = PROFILES.index(self.profile)
        return SimpleNamespace(**{name: row[column] for name, row in knobs.items()})
