"""A table that no network could read, or whose answers none could give, is refused when it is made."""

from dataclasses import replace
from typing import ClassVar, Literal

import pytest
import torch
from tiny import MEASURE, UNTIL, a_run

import grokkit as gk
from grokkit.engine import Shape, kernel
from grokkit.tasks import built

SOUND = gk.ModularAddition(p=3).build()
NUMBERS = gk.MNIST(digits="8x8", per_class=2).build()


def changed(x, place, value):
    x = x.clone()
    x[place] = value
    return x


INPUTS, TARGETS = SOUND.inputs, SOUND.targets
REFUSED = {
    "a token beyond": (dict(inputs=changed(INPUTS, (0, 0), 5)), "inputs: from 0 to 4, as vocabulary is 5; 5 came"),
    "a negative token": (dict(inputs=changed(INPUTS, (2, 1), -1)), "inputs: from 0 to 4, .*; -1 came among them"),
    "int32 tokens": (dict(inputs=INPUTS.int()), r"inputs: int64; int32 came, so use \.to\(torch\.int64\)"),
    "float tokens": (dict(inputs=INPUTS.float()), "inputs: int64; float32 came"),
    "a list": (dict(inputs=INPUTS.tolist()), "inputs: a tensor; list came"),
    "one axis": (dict(inputs=INPUTS[:, 0]), r"inputs: a tensor of shape \(N, T\) that is not empty; \(9,\) came"),
    "no rows": (dict(inputs=INPUTS[:0], targets=TARGETS[:0]), "inputs: .* not empty"),
    "a target beyond": (dict(targets=changed(TARGETS, 0, 3)), "targets: from 0 to 2, as classes is 3; 3 came"),
    "a negative target": (dict(targets=changed(TARGETS, 0, -100)), "targets: from 0 to 2, .*; -100 came"),
    "int32 targets": (dict(targets=TARGETS.int()), "targets: int64; int32 came"),
    "float targets": (dict(targets=TARGETS.double()), "targets: int64; float64 came"),
    "fewer targets": (dict(targets=TARGETS[1:]), "targets: one for each row of inputs; 8 came for 9 rows"),
    "targets in a column": (dict(targets=TARGETS[:, None]), r"targets: a tensor of shape \(N,\)"),
    "no classes": (dict(classes=None), "classes: a whole number from 1; None came"),
    "half a token": (dict(vocabulary=5.0), "vocabulary: a whole number from 1; 5.0 came"),
    "no outputs": (dict(outputs=0), "outputs: a whole number from 1; 0 came"),
    "symbols missing": (dict(symbols=("0", "1", "2")), "symbols: a tuple of 5 texts"),
    "no loss": (dict(loss=None), "loss: a function of logits and targets; None came"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_table_that_contradicts_itself_is_refused(case):
    values, said = REFUSED[case]
    with pytest.raises(gk.BadInput, match=f"Task {said}"):
        replace(SOUND, **values)


@pytest.mark.parametrize(
    ("inputs", "said"),
    [(NUMBERS.inputs.float(), "float64; float32 came"), (changed(NUMBERS.inputs, (0, 0), torch.nan), "finite numbers")],
)
def test_numbers_are_finite_and_in_double_precision(inputs, said):
    with pytest.raises(gk.BadInput, match=f"Task inputs: {said}"):
        replace(NUMBERS, inputs=inputs)


class Odd(gk.TaskConfig):
    kind: Literal["odd"] = "odd"
    rows: int = 9
    numbers: bool = False
    made: ClassVar[object] = SOUND

    @property
    def examples(self):
        return self.rows

    @property
    def gives_numbers(self):
        return self.numbers

    def build(self):
        return self.made


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (dict(rows=10), "Odd examples: 10, but its build makes a table of 9 rows"),
        (dict(numbers=True), "Odd gives_numbers: True, but its build makes a table whose vocabulary is 5"),
    ],
)
def test_settings_that_say_something_else_than_their_table_are_refused(settings, said):
    with pytest.raises(gk.BadInput, match=said):
        built(Odd(**settings))
    assert built(Odd()) is SOUND


def test_what_builds_no_task_is_refused(monkeypatch):
    monkeypatch.setattr(Odd, "made", (INPUTS, TARGETS))
    with pytest.raises(gk.BadInput, match=r"Odd build: a gk\.Task; \(tensor"):
        built(Odd())


def test_nothing_is_trained_on_such_a_table(monkeypatch):
    monkeypatch.setitem(gk.TASKS._classes, "odd", Odd)
    run = a_run(task=Odd(rows=12), batch=gk.Batch(size=None))
    with pytest.raises(gk.BadInput, match="Odd examples"):
        gk.train([run], until=UNTIL, measure=MEASURE)
    with pytest.raises(gk.BadInput, match="Odd examples"):
        kernel(Shape.of(run), torch.device("cpu"), False)
