"""A group of settings: frozen, strict, with errors that are one sentence and a form that can be hashed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from grokkit.config.names import elsewhere, meant
from grokkit.errors import BadInput, unfit, unknown


class Config(BaseModel):
    """A frozen, strict group of settings whose errors are one sentence."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    def __new__(cls, *unnamed: Any, **_: Any) -> Self:
        """Refuse what has no name; `__init__` never sees it, and keeps its signature."""
        if unnamed:
            first = next((name for name in cls.model_fields if name != "kind"), "...")
            raise unfit(cls.__name__, f"its settings come by name, as in {cls.__name__}({first}=...)", unnamed[0])
        return super().__new__(cls)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**{name: _number(value) for name, value in values.items()})
        except ValidationError as error:
            raise BadInput(_sentence(type(self), error)) from None

    def canonical(self) -> dict[str, Any]:
        """The settings that differ from their defaults, as JSON values, and always the `kind`."""
        return {name: _plain(value) for name, value in self if name == "kind" or not self._is_default(name, value)}

    def _is_default(self, name: str, value: Any) -> bool:
        return value == _defaults(type(self))[name]


@cache
def _defaults(config: type[Config]) -> dict[str, Any]:
    """The defaults of all settings; none of them can be changed, so that one of each will do."""
    return {name: field.get_default(call_default_factory=True) for name, field in config.model_fields.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Config):
        return value.canonical()
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def _number(value: Any) -> Any:
    """Python's own number, also inside a tuple or list, where a number of NumPy's came.

    A float of fewer digits is the one that is written so: `numpy.float32(0.1)` is 0.1.
    """
    if isinstance(value, tuple | list):
        return type(value)(map(_number, value)) if type(value) in (tuple, list) else value
    if getattr(value, "ndim", None) != 0 or not hasattr(value, "item"):
        return value
    number = value.item()
    with suppress(ValueError):  # as another library writes it
        return float(str(value)) if isinstance(number, float) else number
    return number


def _sentence(config: type[Config], error: ValidationError) -> str:
    return " ".join(_clause(config, e) for e in error.errors(include_url=False))


def _clause(config: type[Config], e: dict[str, Any]) -> str:
    name = ".".join(str(part) for part in e["loc"])
    if e["type"] == "extra_forbidden":
        known, place = config.model_fields, elsewhere(name, config.model_fields)
        ours = meant(name, known)
        return place if place and not ours else str(unknown(f"{config.__name__} setting", name, known, ours))
    if e["type"] == "value_error":
        return str(e["ctx"]["error"])
    if e["type"] == "missing":
        return f"{config.__name__} needs {name}."
    if e["type"] == "model_type":
        return str(unfit(f"{config.__name__} {name}", _wanted(e["ctx"]["class_name"], e["input"]), e["input"]))
    return f"{config.__name__} {name}: {e['msg'].lower()}; {e['input']!r} came."


def _wanted(group: str, came: Any) -> str:
    """Say what is wanted where a group of settings is: one that a call has made."""
    if isinstance(came, type) and issubclass(came, Config):
        return f"a class becomes settings by a call, as in {came.__name__}()"
    return WANTED.get(group, f"a gk.{group}")


WANTED = {
    "TaskConfig": "a task, as in gk.ModularAddition(p=97)",
    "ModelConfig": "a network, as in gk.MLP()",
    "OptimizerConfig": "an optimizer, as in gk.AdamW()",
    "Batch": "a gk.Batch, as in gk.Batch(size=32)",
    "Schedule": "a gk.Schedule, as in gk.Schedule(warmup=10)",
    "Seeds": "a gk.Seeds, as in gk.Seeds.all(0)",
}
"""Group of settings -> what a sentence asks for."""


class Table:
    """The one visible table of a kind of thing: name -> configuration class."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._classes: dict[str, type[Config]] = {}

    def add(self, *classes: type[Config]) -> None:
        """Make configuration classes known under the default of their field `kind`."""
        for cls in classes:
            name = cls.model_fields["kind"].default
            if self._classes.setdefault(name, cls) is not cls:
                raise BadInput(f"{self.what} '{name}' is already {self._classes[name].__qualname__}.")

    def __getitem__(self, name: str) -> type[Config]:
        if name not in self._classes:
            import_module("grokkit.public")  # the library's own are added where they are written
        if name not in self._classes:
            raise unknown(self.what, name, self._classes)
        return self._classes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._classes)

    def resolve(self, value: Any) -> Any:
        """A configuration from its JSON form; anything else unchanged."""
        if not isinstance(value, dict):
            return value
        values = {name: tuple_of(each) for name, each in value.items()}
        return self[str(value.get("kind"))](**values)


def tuple_of(value: Any) -> Any:
    """The value, or a tuple of a list, also inside one: JSON knows lists only."""
    return tuple(tuple_of(each) for each in value) if isinstance(value, list) else value
