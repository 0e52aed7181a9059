"""What an optimizer is: settings, and how they move one tensor, or all of a network's together.

Settings are of two sorts. A float is a number: a compiled step is handed it as a tensor, so that runs with other
numbers share one graph, and a schedule may change it. Every other setting (an integer, a truth value, a text, a tuple)
is part of the graph's shape: runs that differ in one train apart. Both stand in a run's key.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from pydantic import ConfigDict, Field, model_validator
from torch import Tensor

from grokkit.config.base import Config
from grokkit.errors import BadInput

Params = dict[str, Tensor]
"""Of one network: parameter -> tensor. Of one tensor's state: part -> tensor."""
States = dict[str, Params]
"""Of one network: part of the state -> parameter -> tensor."""
Update = Callable[[Tensor, Tensor, Params], tuple[Tensor, Params]]
"""g, x, s -> x, s: an update of one tensor whose numbers are known."""


class OptimizerConfig(Config):
    """Settings of an optimizer and its update, written for one run in the paper's letters.

    Most are written for one tensor: `start(x, n)` gives the state of a parameter, and `update(g, x, s, n)` the new
    parameter and its new state from the gradient g, the parameter x, the state s and the settings n. What is the same
    for all tensors may be worked out once a step by `numbers(n)`.

    One that needs the whole network (another point's gradient, a norm over all parameters, groups by name)
    overrides `update_all(grad_of, params, state, n)` and, if its tensors' states differ, `start_all(params, n)`.

    None of these has a `self`: a number must be read off `n`, or it would be that of one run in the graph of all.

    learning_rate: per step; a schedule scales it.
    """

    model_config = ConfigDict(validate_default=True)  # 0 as a float's default becomes 0.0

    kind: str
    learning_rate: float = Field(1e-3, ge=0)
    gradients_per_step: ClassVar[int] = 1

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Refuse a class whose update would never be called."""
        for called, written in (("init", "start or start_all"), ("step", "update or update_all")):
            if called in vars(cls):
                raise BadInput(f"{cls.__name__} {called}: an optimizer is written as {written}; `{called}` calls them.")

    @staticmethod
    def start(x: Tensor, n: Named) -> Params:
        """Name the parts of a parameter's first state, tensors; `n` has the settings that are no floats."""
        return {}

    @staticmethod
    def numbers(n: Named) -> Params:
        """Work out, once a step and in float64, what every tensor's update will find in its `n` besides."""
        return {}

    @staticmethod
    def update(g: Tensor, x: Tensor, s: Named, n: Named) -> tuple[Tensor, Params]:
        """Take one step with one tensor: -> the new parameter, the new state.

        g, x: gradient and parameter. s: the state, its parts as attributes. n: the settings as attributes, floats as
        scalars of x's dtype, and the step `n.t`, counted from 1.
        """
        raise NotImplementedError

    @classmethod
    def start_all(cls, params: Params, n: Named) -> States:
        """Put the first states of all parameters together."""
        return by_part({name: cls.start(x, n) for name, x in params.items()})

    @classmethod
    def update_all(
        cls, grad_of: Callable[[Params], Params], params: Params, state: States, n: Named
    ) -> tuple[Params, States]:
        """Take one step with all tensors: -> the new parameters, the new state.

        grad_of: gives the gradient of the batch's mean loss at any parameters, as often as it is asked
        (`gradients_per_step` says how often). n: as `update` has it, floats in float64.
        """
        return update_each(cls.at(n), grad_of(params), params, state)

    @classmethod
    def at(cls, n: Named) -> Update:
        """Give `update` its settings at one step."""
        numbers = cls.numbers(n)
        # One tensor: the compiler would otherwise work each of them out again for every parameter.
        together = torch.stack([*numbers.values()]) if numbers else None

        def update(g: Tensor, x: Tensor, s: Params) -> tuple[Tensor, Params]:
            rounded = {} if together is None else dict(zip(numbers, together.to(g.dtype), strict=True))
            return cls.update(g, x, Named(s), n.of_dtype(g.dtype).but(**rounded))

        return update

    @property
    def hyper(self) -> dict[str, float]:
        """The numbers: all settings that are floats."""
        return {name: value for name, value in self if _is_number(type(self), name)}

    @property
    def method(self) -> Method:
        """The optimizer without its numbers."""
        shaping = {name: value for name, value in self if name != "kind" and not _is_number(type(self), name)}
        said = {name: value for name, value in self.canonical().items() if not _is_number(type(self), name)}
        try:
            return Method(type(self), json.dumps(said, sort_keys=True), shaping)
        except TypeError as error:
            raise BadInput(
                f"{type(self).__name__}: {error}; a setting is a number, a text, a truth value or a tuple of them."
            ) from None

    def init(self, params: Params) -> States:
        """Give the state before the first step."""
        return self.method.init(params)

    def step(
        self, grad_of: Callable[[Params], Params], params: Params, state: States, t: Tensor, hyper: Params
    ) -> tuple[Params, States]:
        """Take step `t`, counted from 1, with the numbers `hyper` in place of this configuration's own."""
        return self.method.step(grad_of, params, state, t, hyper)

    @model_validator(mode="after")
    def _its_settings_can_be_handed_over(self) -> OptimizerConfig:
        """Where its class is made not every type may be known yet."""
        kind = type(self)
        if not _is_number(kind, "learning_rate"):
            raise BadInput(f"{kind.__name__} learning_rate: a schedule scales it, so its type must be float.")
        if "t" in kind.model_fields:
            raise BadInput(f"{kind.__name__} t: an update finds the number of its step there; choose another name.")
        _ = self.method
        return self


@dataclass(frozen=True)
class Method:
    """An optimizer without its numbers: what of it shapes a graph.

    Two are equal where their `kind`s and their `said` are, the canonical JSON of all settings that are no floats: what
    tells two keys apart tells two graphs apart.
    """

    kind: type[OptimizerConfig]
    said: str
    shaping: Mapping[str, Any] = field(compare=False, repr=False)

    def init(self, params: Params) -> States:
        """Give the state before the first step."""
        return self.kind.start_all(params, Named(self.shaping))

    def step(
        self, grad_of: Callable[[Params], Params], params: Params, state: States, t: Tensor, hyper: Params
    ) -> tuple[Params, States]:
        """Take step `t`, counted from 1, with the numbers `hyper`, scalars in float64."""
        return self.kind.update_all(grad_of, params, state, Named({**self.shaping, **hyper, "t": t}))


class Named:
    """Values read as attributes: the settings n of an update, and the parts of a tensor's state s.

    dtype: what floats' tensors are rounded to when they are read; None leaves them as they are.
    """

    def __init__(self, values: Mapping[str, Any], dtype: torch.dtype | None = None) -> None:
        self._values, self._dtype = values, dtype

    def __getattr__(self, name: str) -> Any:
        try:
            value = self._values[name]
        except KeyError:
            raise AttributeError(f"There is no '{name}' here; there are {', '.join(self._values)}.") from None
        return value.to(self._dtype) if self._dtype and isinstance(value, Tensor) else value

    def but(self, **values: Any) -> Named:
        """The same with some values in place of others, or besides."""
        return Named({**self._values, **values}, self._dtype)

    def of_dtype(self, dtype: torch.dtype) -> Named:
        """The same, tensors of that dtype."""
        return Named(self._values, dtype)

    def beginning(self, prefix: str) -> dict[str, Any]:
        """The values whose names begin so, under what follows there."""
        return {name.removeprefix(prefix): x for name, x in self._values.items() if name.startswith(prefix)}


def update_each(
    update: Update | Mapping[str, Update], gradient: Params, params: Params, state: States
) -> tuple[Params, States]:
    """Update every tensor by itself: -> the new parameters, the new state.

    update: of all tensors, or parameter -> its own. gradient, params: parameter -> tensor. state: part -> parameter ->
    tensor.
    """
    x: Params = {}
    states: States = {}
    for name, g in gradient.items():
        s = {part: tensors[name] for part, tensors in state.items() if name in tensors}
        its_own = update[name] if isinstance(update, Mapping) else update
        x[name], states[name] = its_own(g, params[name], s)
    return x, by_part(states)


def by_part(states: States) -> States:
    """Parameter -> part -> tensor, as part -> parameter -> tensor."""
    parts: States = {}
    for name, s in states.items():
        for part, x in s.items():
            parts.setdefault(part, {})[name] = x
    return parts


def _is_number(kind: type[OptimizerConfig], name: str) -> bool:
    return kind.model_fields[name].annotation is float
