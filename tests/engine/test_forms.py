"""A program in C++ is called with nothing that it would read or write beyond: what is wrong is a sentence before."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from stacks import CPU

import grokkit as gk
from grokkit.engine import Shape, Stack, Trajectory, kernel
from grokkit.engine.fused import fused
from grokkit.engine.native import program
from grokkit.tasks.vectors import IsNearest, SquaredError


def perceptron(task=None, **settings):
    model = gk.MLP(hidden=(6,), embedding=2)
    usual = dict(task=task or gk.Addition(p=5, vectors=7), train_fraction=0.7, batch=gk.Batch(size=None))
    return gk.Run(model=model, optimizer=gk.AdamW(), **usual | settings)


def recurrent(dropout=0.5, size=4, **settings):
    model = gk.LSTM(hidden=16, embedding=16, dropout=dropout)
    batch = gk.Batch(size=size)
    return gk.Run(task=gk.ModularAddition(p=5), model=model, optimizer=gk.AdamW(), batch=batch, **settings)


@pytest.fixture
def calls(monkeypatch):
    """Every program's library is one that notes its calls and does nothing."""
    noted = []
    names = [f"{what}_{precision}" for what in ("train", "judge") for precision in program.PRECISIONS]
    library = SimpleNamespace(**{name: noted.append for name in names})
    monkeypatch.setattr(program, "built", lambda sources: library)
    return noted


def stack_of(*runs, watched=None):
    """Apart from the kernels that other tests have."""
    ready = kernel.__wrapped__(Shape.of(runs[0]), CPU, True)
    assert ready.fused
    return Stack(ready, [Trajectory.start(run, ready.task) for run in runs], watched)


def judged(stack):
    count = len(stack.slots)
    return stack.kernel.evaluate(
        stack._params, stack._buffers, stack._order, torch.tensor([[0, 1]] * count), torch.tensor([[1.0, 0.0]] * count)
    )


SHAPES = {
    "regression": (perceptron, 0.9),
    "classification": (lambda **x: perceptron(gk.Addition(p=5), **x), None),
    "lstm": (recurrent, None),
    "lstm without dropout": (lambda **x: recurrent(0.0, **x), None),
    "watched lstm": (lambda **x: recurrent(size=None, **x), 0.9),
}


@pytest.mark.parametrize("precision", program.PRECISIONS)
@pytest.mark.parametrize("name", SHAPES)
def test_what_the_library_asks_of_a_program_has_its_form(name, precision, calls):
    make, watched = SHAPES[name]
    stack = stack_of(make(precision=precision), make(precision=precision, seeds=gk.Seeds.all(1)), watched=watched)
    state = stack._params, stack._buffers, stack._state, stack._passages
    stack.kernel.steps(state, stack._times(3), stack._settings(3), stack._order, *stack._batches(3), stack._noise(3))
    if "lstm" in name:
        judged(stack)
    assert len(calls) == (2 if "lstm" in name else 1)


SPOILT = {
    "a token beyond": (
        perceptron,
        lambda s: s.kernel.task.inputs.__setitem__((3, 0), 5),
        "tokens: from 0 to 4; 5 came",
    ),
    "a target below": (perceptron, lambda s: s.kernel.task.targets.__setitem__(3, -1), "targets: from 0 to 8; -1 came"),
    "a recurrent token": (recurrent, lambda s: s.kernel.task.inputs.__setitem__((3, 0), -1), "tokens: .*; -1 came"),
    "a recurrent target": (
        recurrent,
        lambda s: s.kernel.task.targets.__setitem__(3, 5),
        "targets: from 0 to 4; 5 came",
    ),
    "an order beyond": (recurrent, lambda s: s._order.fill_(25), "examples: from 0 to 24; 25 came"),
    "half as many weights": (
        perceptron,
        lambda s: s._params.update(embedding=s._params["embedding"].half()),
        "params embedding: torch.float32 of shape .* torch.float16",
    ),
    "a narrow layer": (
        recurrent,
        lambda s: s._params.update({"output.bias": s._params["output.bias"][:, :3]}),
        r"params output.bias: torch.float32 of shape \(1, 5\); torch.float32 of shape \(1, 3\) came",
    ),
    "a layer less": (perceptron, lambda s: s._params.pop("embedding"), "params: 5 tensors; 4 came"),
    "a moment of another shape": (
        perceptron,
        lambda s: s._state["m"].update(embedding=s._state["m"]["embedding"][:, :, :1]),
        "first embedding: ",
    ),
}


@pytest.mark.parametrize("case", SPOILT)
def test_what_a_program_would_read_beyond_is_refused(case, calls):
    make, spoil, said = SPOILT[case]
    stack = stack_of(make())
    spoil(stack)
    with pytest.raises(gk.BadInput, match=f"A program's {said}"):
        stack._step(2)
    assert not calls


def test_what_is_judged_lies_in_the_table(calls):
    stack = stack_of(recurrent())
    stack._order.fill_(25)
    with pytest.raises(gk.BadInput, match="A program's others: from 0 to 24; 25 came"):
        judged(stack)
    assert not calls


class Doubled(gk.MLP):
    """Another network under the settings of ours."""


def test_a_class_of_the_users_own_has_the_plain_step(calls):
    run = perceptron()
    shape, task = Shape.of(run), run.task.build()
    assert fused(shape, task) is not None
    assert fused(replace(shape, model=Doubled(**dict(run.model))), task) is None
    other = type("Other", (SquaredError,), {})(task.loss.vectors)
    assert fused(shape, replace(task, loss=other)) is None


def test_more_outputs_than_answers_or_other_vectors_have_the_plain_step(calls):
    for run in (perceptron(gk.Addition(p=5)), recurrent()):
        task = run.task.build()
        assert fused(Shape.of(run), replace(task, outputs=task.classes + 1)) is None
    run = perceptron()
    task, fewer = run.task.build(), torch.zeros(3, 7)
    assert fused(Shape.of(run), replace(task, loss=SquaredError(fewer), correct=IsNearest(fewer))) is None
