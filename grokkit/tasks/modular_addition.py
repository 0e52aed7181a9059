"""a_1 + ... + a_n (mod p): the task on which grokking was found (Power et al. 2022; source A, section 1), and others
like it.

Source C writes the same sums in a frame of constant tokens (its section 7.1). They say nothing about a sum, but a
recurrent network makes one more step at each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from pydantic import Field, field_validator, model_validator
from torch import Tensor

from grokkit.config.run import TaskConfig
from grokkit.errors import BadInput, unknown
from grokkit.tasks.task import Task

LARGEST_TABLE = 2**24

OPERATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "+": lambda numbers: numbers.sum(1),
    "-": lambda numbers: numbers[:, 0] - numbers[:, 1:].sum(1),
    "*": lambda numbers: numbers.prod(1),
}
"""Sign -> what it makes of the numbers of each row, (rows, n), before the remainder is taken."""


class ModularAddition(TaskConfig):
    """All p^n sums of n numbers modulo p, written as source A does, a_1 o a_2 o ... a_n =, or framed.

    Tokens 0 .. p-1 are the numbers, p is the sign o, p+1 is "="; T = 2n, V = p + 2, C = p.

    operation: one of OPERATIONS; the sources have "+" alone.
    framed: whether it is written as source C does, <sos> a_1 o a_2 o ... a_n mod =. Then p+2 is "<sos>", p+3 is
    "mod"; T = 2n + 2, V = p + 4.
    """

    kind: Literal["modular_addition"] = "modular_addition"
    p: int = Field(97, ge=2)
    summands: int = Field(2, ge=1)
    framed: bool = False
    operation: str = "+"

    @field_validator("operation")
    @classmethod
    def _is_known(cls, sign: str) -> str:
        if sign not in OPERATIONS:
            raise unknown("ModularAddition operation", sign, OPERATIONS)
        return sign

    @classmethod
    def source_c(cls, p: int = 91) -> ModularAddition:
        """Source C's: framed. Its section 7.1 says 91."""
        return cls(p=p, framed=True)

    @model_validator(mode="after")
    def _table_fits(self) -> ModularAddition:
        if self.p**self.summands > LARGEST_TABLE:
            raise BadInput(
                f"ModularAddition p, summands: {self.p}^{self.summands} examples are more than the "
                f"{LARGEST_TABLE:,} that fit in memory; take a smaller p or fewer summands."
            )
        return self

    @property
    def examples(self) -> int:
        return self.p**self.summands

    def build(self) -> Task:
        """The whole table in lexicographic order of (a_1, ..., a_n)."""
        numbers = torch.cartesian_prod(*[torch.arange(self.p)] * self.summands).reshape(self.examples, self.summands)
        inputs = torch.full((self.examples, 2 * self.summands), self.p)
        inputs[:, 0::2], inputs[:, -1] = numbers, self.p + 1
        symbols = (*map(str, range(self.p)), self.operation, "=")
        if self.framed:
            sos, mod = (torch.full((self.examples, 1), self.p + token) for token in (2, 3))
            inputs = torch.cat([sos, inputs[:, :-1], mod, inputs[:, -1:]], 1)
            symbols += ("<sos>", "mod")
        answers = OPERATIONS[self.operation](numbers) % self.p
        return Task(inputs, answers, vocabulary=len(symbols), classes=self.p, symbols=symbols)
