"""Each rule against `torch.optim` or a transcription of its paper: 100 steps in float64, alone and in a stack."""

import pytest
import torch
from twins import twin

from grokkit.optimizers import OPTIMIZERS, SAM, SGD, Adam, AdamW, GroupedAdamW, Nesterov, RMSProp

STEPS = 100


def quadratic(params):
    """A loss with curvature, a product and a kink-free nonlinearity; its gradient is not linear in x."""
    return (params["a"] ** 4).sum() + torch.tanh(params["a"] @ params["b"]).sum() + (params["b"] ** 2).sum()


def start(seed):
    draw = torch.Generator().manual_seed(seed)
    return {
        "a": torch.randn(3, 4, generator=draw, dtype=torch.float64),
        "b": torch.randn(4, 2, generator=draw, dtype=torch.float64),
    }


def hyper_of(rule):
    return {name: torch.tensor(value, dtype=torch.float64) for name, value in rule.hyper.items()}


def follow(rule, params, hyper=None):
    """The parameters after STEPS steps of the rule for one run."""
    state, hyper = rule.init(params), hyper or hyper_of(rule)
    for t in range(1, STEPS + 1):
        params, state = rule.step(torch.func.grad(quadratic), params, state, torch.tensor(float(t)), hyper)
    return params


def follow_torch(rule, params, steps=STEPS):
    """The same with the rule's twin of `torch.optim`, and for SAM with the gradients of its paper."""
    params = {name: torch.nn.Parameter(x.clone()) for name, x in params.items()}
    optimizer = twin(rule, params.values())
    for _ in range(steps):
        optimizer.zero_grad()
        quadratic(params).backward()
        if isinstance(rule, SAM):
            take_the_gradient_of_the_sharpest_neighbour(rule.rho, params, optimizer)
        optimizer.step()
    return {name: x.detach() for name, x in params.items()}


def take_the_gradient_of_the_sharpest_neighbour(rho, params, optimizer):
    """Foret et al. 2021, Algorithm 1, lines 4 to 6, in place: climb, take the gradient, climb down."""
    flat = torch.cat([x.grad.flatten() for x in params.values()])
    climbs = [rho * x.grad / flat.norm() for x in params.values()]
    with torch.no_grad():
        for x, climb in zip(params.values(), climbs, strict=True):
            x.add_(climb)
    optimizer.zero_grad()
    quadratic(params).backward()
    with torch.no_grad():
        for x, climb in zip(params.values(), climbs, strict=True):
            x.sub_(climb)


CASES = [
    SGD(),
    SGD(learning_rate=0.01, weight_decay=0.3),
    SGD(learning_rate=0.01, momentum=0.99),
    SGD(learning_rate=3e-3, momentum=0.8, weight_decay=0.3),
    Nesterov(),
    Nesterov(learning_rate=0.01, momentum=0.9),
    Nesterov(learning_rate=3e-3, momentum=0.8, weight_decay=0.3),
    RMSProp(),
    RMSProp(learning_rate=1e-3, beta2=0.98, weight_decay=0.3, eps=1e-3),
    Adam(),
    Adam(learning_rate=0.03, weight_decay=0.2, beta1=0.8, beta2=0.95, eps=1e-3),
    AdamW(),
    AdamW(learning_rate=0.03, weight_decay=0.2, beta1=0.8, beta2=0.95, eps=1e-3),
    AdamW(weight_decay=0.0),
    GroupedAdamW(),
    SAM(rho=0.3),
    SAM(learning_rate=0.03, rho=1.0, weight_decay=0.1),
]
EVERY = sorted({type(rule) for rule in CASES}, key=lambda kind: kind.__name__)
kinds = pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)


def test_every_rule_has_a_case():
    assert {OPTIMIZERS[name] for name in OPTIMIZERS} == set(EVERY)


@pytest.mark.parametrize("rule", CASES, ids=str)
def test_rule_follows_its_reference(rule):
    assert_close(follow(rule, start(0)), follow_torch(rule, start(0)))


@kinds
def test_all_settings_are_numbers_that_a_stack_may_hold_apart(kind):
    """A step sees nothing else, and runs that differ in nothing else share a graph: a variant is a class."""
    assert kind().hyper.keys() == kind.model_fields.keys() - {"kind"}


NUMBERS = [
    {
        "learning_rate": 0.01 / e**2,
        "weight_decay": 0.3 * e,
        "encoder_learning_rate": 0.02 / e,
        "encoder_weight_decay": 0.2 * e,
        "momentum": 0.3 * e,
        "beta1": 0.7 + 0.05 * e,
        "beta2": 0.9 + 0.03 * e,
        "eps": 10 ** (-2 * e),
        "rho": 0.1 * e,
    }
    for e in (1, 2, 3)
]


@kinds
def test_a_stack_with_different_numbers_follows_the_reference_of_each(kind):
    rules = [kind(**{name: value for name, value in n.items() if name in kind.model_fields}) for n in NUMBERS]
    assert rules[0].hyper.keys() <= NUMBERS[0].keys()
    starts = [start(seed) for seed in range(3)]
    stack = {name: torch.stack([s[name] for s in starts]) for name in starts[0]}
    hyper = {name: torch.stack([hyper_of(r)[name] for r in rules]) for name in rules[0].hyper}
    together = torch.vmap(lambda params, hyper: follow(kind, params, hyper))(stack, hyper)
    for place, (rule, params) in enumerate(zip(rules, starts, strict=True)):
        one = {name: x[place] for name, x in together.items()}
        assert_close(one, follow(rule, params))
        assert_close(one, follow_torch(rule, params))


ZEROS = [(kind, name) for kind in EVERY for name in sorted(kind().hyper.keys() - {"eps"})]


@pytest.mark.parametrize(("kind", "name"), ZEROS, ids=lambda x: getattr(x, "__name__", x))
def test_a_setting_of_zero_is_nothing_special(kind, name):
    rule = kind(**{name: 0.0})
    assert_close(follow(rule, start(0)), follow_torch(rule, start(0)))


@kinds
def test_where_the_gradient_is_zero_parameters_stay(kind):
    """From the first step on: nothing is divided by a moment or a norm of zero."""
    origin = {name: torch.zeros_like(x) for name, x in start(0).items()}
    assert_close(follow(kind(), origin), origin)


def test_sam_with_no_radius_is_adamw_and_with_one_is_not():
    same = {"learning_rate": 0.01, "weight_decay": 0.1}
    assert_close(follow(SAM(rho=0.0, **same), start(1)), follow(AdamW(**same), start(1)))
    apart = follow(SAM(rho=0.1, **same), start(1))["a"] - follow(AdamW(**same), start(1))["a"]
    assert apart.abs().max() > 1e-3


def test_groups_follow_pytorchs_own():
    rule = GroupedAdamW(
        learning_rate=0.01, weight_decay=0.5, encoder_learning_rate=0.03, encoder_weight_decay=0.1, eps=1e-3
    )
    loss = lambda params: quadratic({"a": params["layers.0.weight"], "b": params["embedding"]})  # noqa: E731
    ours = dict(zip(("layers.0.weight", "embedding"), start(2).values(), strict=True))
    theirs = {name: torch.nn.Parameter(x.clone()) for name, x in ours.items()}
    optimizer = torch.optim.AdamW(
        [
            {"params": [theirs["embedding"]], "lr": 0.03, "weight_decay": 0.1},
            {"params": [theirs["layers.0.weight"]], "lr": 0.01, "weight_decay": 0.5},
        ],
        eps=1e-3,
    )
    state = rule.init(ours)
    for t in range(1, STEPS + 1):
        optimizer.zero_grad()
        loss(theirs).backward()
        optimizer.step()
        ours, state = rule.step(torch.func.grad(loss), ours, state, torch.tensor(float(t)), hyper_of(rule))
    assert list(ours) == list(state["m"]) == ["layers.0.weight", "embedding"]
    assert_close(ours, {name: x.detach() for name, x in theirs.items()})


def assert_close(ours, theirs):
    for name, x in ours.items():
        torch.testing.assert_close(x, theirs[name], rtol=0, atol=1e-12)
