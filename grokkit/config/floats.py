"""A group of settings of which every one is a float, so that groups with different values can share one graph."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, model_validator

from grokkit.config.base import Config
from grokkit.errors import BadInput


class FloatConfig(Config):
    """Settings that a step is given as numbers: beside the `kind`, floats alone.

    Another setting would tell two runs' keys apart and not what they compute, so a class with one is refused: where it
    is made or, if a type is not known there yet, where it is first used.
    """

    model_config = ConfigDict(validate_default=True)  # 0 as a default becomes 0.0

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        if cls.__pydantic_complete__:
            _require_floats(cls)

    @model_validator(mode="after")
    def _all_are_floats(self) -> FloatConfig:
        _require_floats(type(self))
        return self


def _require_floats(config: type[FloatConfig]) -> None:
    for name, field in config.model_fields.items():
        if name != "kind" and field.annotation is not float:
            raise BadInput(
                f"{config.__name__} {name}: its type is {_written(field.annotation)}, and of an optimizer's settings a "
                f"step is given the floats alone; make it a float, or a constant of the class ({name}: ClassVar[...]) "
                "with a class and a `kind` of its own for each value."
            )


def _written(annotation: Any) -> str:
    """A type as one writes it."""
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")
