"""grokkit: an executable book on grokking, and the engine that trains its sweeps.

import grokkit as gk

run = gk.Run(task=gk.ModularAddition(p=97), model=gk.Transformer(), optimizer=gk.AdamW())
records = gk.train([run], until=gk.Until(steps=10_000))
records.table()
"""

import os
import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grokkit.public import *  # noqa: F403

# On some processors MKL's products otherwise depend on where a matrix lies in memory, and so on a run's neighbours; it
# looks once, at the first product of the process.
os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")


class _Library(ModuleType):
    """The package: the whole library is imported with the first name that is asked for, and no sooner, so that the
    command can help and refuse without it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)
        public = import_module("grokkit.public")
        vars(self).update({each: getattr(public, each) for each in (*public.__all__, "__all__")})
        if name in vars(self):
            return vars(self)[name]
        raise AttributeError(f"module 'grokkit' has no attribute '{name}'")

    def __setattr__(self, name: str, value: object) -> None:
        """Keep `grokkit.train` the call: an import of the package of that name would put the package there."""
        if name != "train" or not isinstance(value, ModuleType):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*vars(self), *self.__all__})


sys.modules[__name__].__class__ = _Library
