"""Each rule against `torch.optim` or a transcription of its paper: 100 steps in float64, alone and in a stack."""

import pytest
import torch

from grokkit.optimizers import SAM, AdamW

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


def follow_torch(rule, params, before_step=lambda params, optimizer: None):
    """The same with `torch.optim.AdamW`; `before_step` may replace the gradients."""
    params = {name: torch.nn.Parameter(x.clone()) for name, x in params.items()}
    optimizer = torch.optim.AdamW(
        params.values(),
        lr=rule.learning_rate,
        betas=(rule.beta1, rule.beta2),
        eps=rule.eps,
        weight_decay=rule.weight_decay,
    )
    for _ in range(STEPS):
        optimizer.zero_grad()
        quadratic(params).backward()
        before_step(params, optimizer)
        optimizer.step()
    return {name: x.detach() for name, x in params.items()}


def sharpest_neighbour(rho):
    """Foret et al. 2021, Algorithm 1, lines 4 to 6, in place: climb, take the gradient, climb down."""

    def before_step(params, optimizer):
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

    return before_step


CASES = [
    (AdamW(), None),
    (AdamW(learning_rate=0.03, weight_decay=0.2, beta1=0.8, beta2=0.95, eps=1e-3), None),
    (AdamW(weight_decay=0.0), None),
    (SAM(rho=0.3), sharpest_neighbour(0.3)),
    (SAM(learning_rate=0.03, rho=1.0, weight_decay=0.1), sharpest_neighbour(1.0)),
]


@pytest.mark.parametrize(("rule", "before_step"), CASES)
def test_rule_follows_its_reference(rule, before_step):
    reference = follow_torch(rule, start(0), *[before_step] if before_step else [])
    assert_close(follow(rule, start(0)), reference)


@pytest.mark.parametrize("kind", [AdamW, SAM])
def test_a_stack_with_different_numbers_equals_separate_runs(kind):
    rules = [
        kind(learning_rate=10**-e, weight_decay=0.3 * e, beta1=0.7 + 0.05 * e, eps=10 ** (-2 * e)) for e in (1, 2, 3)
    ]
    starts = [start(seed) for seed in range(3)]
    stack = {name: torch.stack([s[name] for s in starts]) for name in starts[0]}
    hyper = {name: torch.stack([hyper_of(r)[name] for r in rules]) for name in rules[0].hyper}
    together = torch.vmap(lambda params, hyper: follow(kind, params, hyper))(stack, hyper)
    for place, (rule, params) in enumerate(zip(rules, starts, strict=True)):
        assert_close({name: x[place] for name, x in together.items()}, follow(rule, params))


def test_sam_with_no_radius_is_adamw_and_with_one_is_not():
    same = {"learning_rate": 0.01, "weight_decay": 0.1}
    assert_close(follow(SAM(rho=0.0, **same), start(1)), follow(AdamW(**same), start(1)))
    apart = follow(SAM(rho=0.1, **same), start(1))["a"] - follow(AdamW(**same), start(1))["a"]
    assert apart.abs().max() > 1e-3


def assert_close(ours, theirs):
    for name, x in ours.items():
        torch.testing.assert_close(x, theirs[name], rtol=0, atol=1e-12)
