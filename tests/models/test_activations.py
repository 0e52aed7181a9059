"""Activation functions against plain formulae, their derivatives at the kinks, and the models that name them."""

import math
from typing import get_args

import pytest
import torch

import grokkit as gk
from grokkit.engine import Shape, Stack, Trajectory, kernel
from grokkit.models import mlp
from grokkit.models.activations import ACTIVATIONS

FORMULAE = {
    "relu": lambda x: max(x, 0.0),
    "relu^1.5": lambda x: max(x, 0.0) ** 1.5,
    "relu^2": lambda x: max(x, 0.0) ** 2,
    "relu^3": lambda x: max(x, 0.0) ** 3,
    "square_above_1": lambda x: x**2 if x > 1 else max(x, 0.0),
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x,
    "leaky_relu(0.1)": lambda x: x if x > 0 else 0.1 * x,
    "gelu": lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2,
    "tanh": math.tanh,
    "quadratic": lambda x: x * x,
}
AT_ZERO = {"gelu": 0.5, "tanh": 1.0, "leaky_relu": 0.01, "leaky_relu(0.1)": 0.1}
"""First derivatives there; all others have 0."""
every_name = pytest.mark.parametrize("name", ACTIVATIONS)
SMOOTH = [-3.2, -0.7, -1e-3, 1e-3, 0.4, 0.99, 1.01, 2.5]


def derivatives(name, points, order):
    x = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    y = ACTIVATIONS[name](x)
    for _ in range(order):
        [y] = torch.autograd.grad(y.sum(), x, create_graph=True)
    return y.detach()


def test_every_formula_is_here_and_the_mlp_takes_them_all():
    assert FORMULAE.keys() == ACTIVATIONS.keys() == set(get_args(mlp.Activation))


@every_name
def test_equal_to_the_plain_formula(name):
    points = [*SMOOTH, 0.0, -0.0, 1.0, 1e-300, -1e-300]
    expected = torch.tensor([FORMULAE[name](x) for x in points], dtype=torch.float64)
    torch.testing.assert_close(derivatives(name, points, 0), expected, rtol=1e-15, atol=1e-15)


@every_name
def test_derivatives_equal_differences_of_the_formula(name):
    h, formula = 1e-4, FORMULAE[name]
    first = [(formula(x + h) - formula(x - h)) / (2 * h) for x in SMOOTH]
    second = [(formula(x + h) - 2 * formula(x) + formula(x - h)) / h**2 for x in SMOOTH]
    for order, expected in ((1, first), (2, second)):
        expected = torch.tensor(expected, dtype=torch.float64)
        torch.testing.assert_close(derivatives(name, SMOOTH, order), expected, rtol=1e-2, atol=1e-5)


@every_name
def test_first_and_second_derivatives_are_finite_at_the_kinks(name):
    points = [0.0, -0.0, 1.0, 1e-30, -1e-30]
    for order in (1, 2):
        assert derivatives(name, points, order).isfinite().all()
    assert derivatives(name, [0.0], 1).item() == AT_ZERO.get(name, 0.0)


@every_name
def test_an_mlp_with_dead_units_takes_finite_steps_on_two_gradients(name):
    """A unit without weights and bias sees exact zeros: where a power of ReLU may give NaN."""
    run = gk.Run(
        task=gk.ModularAddition(p=7),
        model=gk.MLP(hidden=(8, 8), activation=name),
        optimizer=gk.SAM(rho=0.1),
        batch=gk.Batch(size=8),
    )
    ready = kernel(Shape.of(run), torch.device("cpu"), False)
    trajectory = Trajectory.start(run, ready.task)
    for layer in (0, 1):
        trajectory.params[f"layers.{layer}.weight"][:3] = 0
        trajectory.params[f"layers.{layer}.bias"][:3] = 0
    stack = Stack(ready, [trajectory])
    stack.advance(3)
    after = stack.snapshot(0)
    assert all(x.isfinite().all() for x in after.params.values())
    assert math.isfinite(after.last["gradient_l2"]) and after.last["gradient_l2"] > 0


@every_name
def test_hessian_vector_products_of_a_network_are_finite(name):
    task = gk.ModularAddition(p=5).build()
    module = gk.MLP(hidden=(8,), activation=name).build(task)
    params = {k: x.detach() for k, x in module.named_parameters()}
    params["layers.0.weight"][:3], params["layers.0.bias"][:3] = 0, 0

    def loss(params):
        return task.loss(torch.func.functional_call(module, params, (task.inputs,)), task.targets).mean()

    ones = {k: torch.ones_like(x) for k, x in params.items()}
    _, product = torch.func.jvp(torch.func.grad(loss), (params,), (ones,))
    assert all(x.isfinite().all() for x in product.values())
    assert any(x.any() for x in product.values())


def test_an_unknown_activation_is_named():
    with pytest.raises(gk.BadInput, match="MLP activation.*'relu\\^4'"):
        gk.MLP(activation="relu^4")


def test_the_new_names_change_no_old_key():
    assert gk.MLP().canonical() == {"kind": "mlp"}
    assert gk.MLP(activation="relu^2").canonical() == {"kind": "mlp", "activation": "relu^2"}
