"""What a chapter trains, in four sizes: its parameters, what a profile makes of them, and the experiments."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Literal, get_args

from pydantic import field_validator

from grokkit.config.base import Config
from grokkit.errors import BadInput
from grokkit.train.experiment import Experiment

Profile = Literal["smoke", "laptop", "evidence", "source"]
PROFILES: tuple[Profile, ...] = get_args(Profile)
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
        if given not in PROFILES:
            raise BadInput(f"Profile '{given}' is unknown; {', '.join(PROFILES)} are known.")
        return given

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
