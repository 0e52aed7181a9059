"""Each rule against `torch.optim` or a transcription of its paper: 100 steps in float64, alone and in a stack."""

import pytest
import torch
from twins import snapshot_after, twin

from grokkit import MLP, Batch, ModularAddition, Run, Transformer
from grokkit.metrics import l2_norm
from grokkit.optimizers import (
    ASAM,
    OPTIMIZERS,
    SAM,
    SGD,
    Adam,
    AdamW,
    AdaSAM,
    GroupedAdamW,
    LayeredAdamW,
    Nesterov,
    PublishedASAM,
    RMSProp,
)

STEPS = 100


def quadratic(params):
    """A loss with curvature, a product and a kink-free nonlinearity; its gradient is not linear in x."""
    return (params["a"] ** 4).sum() + torch.tanh(params["a"] @ params["b"]).sum() + (params["b"] ** 2).sum()


def bowl(params):
    return sum((x**2).sum() for x in params.values())


def start(seed):
    draw = torch.Generator().manual_seed(seed)
    return {
        "a": torch.randn(3, 4, generator=draw, dtype=torch.float64),
        "b": torch.randn(4, 2, generator=draw, dtype=torch.float64),
    }


def hyper_of(rule):
    return {name: torch.tensor(value, dtype=torch.float64) for name, value in rule.hyper.items()}


def follow(rule, params, hyper=None, loss=quadratic):
    """The parameters after STEPS steps of the rule for one run."""
    state, hyper = rule.init(params), hyper or hyper_of(rule)
    for t in range(1, STEPS + 1):
        params, state = rule.step(torch.func.grad(loss), params, state, torch.tensor(float(t)), hyper)
    return params


def follow_reference(rule, params):
    """The same by the rule's twin of `torch.optim`, and what sharpness-aware rules do besides from their papers."""
    if isinstance(rule, AdaSAM):
        return follow_algorithm_1(rule, params)
    params = {name: torch.nn.Parameter(x.clone()) for name, x in params.items()}
    optimizer = twin(rule, params.values())
    for _ in range(STEPS):
        optimizer.zero_grad()
        quadratic(params).backward()
        if isinstance(rule, SAM):
            take_the_gradient_of_the_sharpest_neighbour(rule, params, optimizer)
        if isinstance(rule, PublishedASAM):
            step_from_a_climb(rule.rho, list(params.values()), optimizer)
        else:
            optimizer.step()
    return {name: x.detach() for name, x in params.items()}


def take_the_gradient_of_the_sharpest_neighbour(rule, params, optimizer):
    """Foret et al. 2021, Algorithm 1, lines 4 to 6, in place: climb, take the gradient, climb down."""
    climbs = climbs_of(rule, list(params.values()))
    with torch.no_grad():
        for x, climb in zip(params.values(), climbs, strict=True):
            x.add_(climb)
    optimizer.zero_grad()
    quadratic(params).backward()
    with torch.no_grad():
        for x, climb in zip(params.values(), climbs, strict=True):
            x.sub_(climb)


def climbs_of(rule, xs):
    """SAM: rho g / |g|. ASAM (Kwon et al. 2021, Algorithm 1): rho T^2 g / |T g| with T = diag(|x| + eta)."""
    x, g = (torch.cat([each.flatten() for each in parts]) for parts in (xs, [x.grad for x in xs]))
    t = torch.diag(x.detach().abs() + rule.eta) if isinstance(rule, ASAM) else torch.eye(len(x), dtype=x.dtype)
    climb = rule.rho * (t @ t @ g) / torch.linalg.vector_norm(t @ g)
    return [part.view_as(x) for part, x in zip(climb.split([x.numel() for x in xs]), xs, strict=True)]


def step_from_a_climb(rho, xs, optimizer):
    """Source A's class: up, the base optimizer's step with the gradient that is there, and down by the new weights."""
    with torch.no_grad():
        scale = rho / (torch.stack([(x.grad / x.abs()).norm() for x in xs]).norm() + 1e-12)
        for x in xs:
            x += scale * x.abs() * x.grad
        optimizer.step()
        for x in xs:
            x -= scale * x.abs() * x.grad


def follow_algorithm_1(rule, params):
    """Source A's Algorithm 1 line by line on one vector, with AdamW's decay."""
    shapes = {name: x.shape for name, x in params.items()}

    def named(x):
        parts = x.split([shape.numel() for shape in shapes.values()])
        return {name: part.view(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}

    def gradient(x):
        return torch.cat([g.flatten() for g in torch.func.grad(quadratic)(named(x)).values()])

    x = torch.cat([x.flatten() for x in params.values()])
    m, v, v_hat = torch.zeros_like(x), torch.zeros_like(x), torch.full_like(x, rule.eps**2)
    for _ in range(STEPS):
        s = gradient(x)
        g = gradient(x + rule.rho * s / s.norm())
        m = rule.beta1 * m + (1 - rule.beta1) * g
        v = rule.beta2 * v + (1 - rule.beta2) * g**2
        v_hat = torch.max(v_hat, v)
        x = x - rule.learning_rate * rule.weight_decay * x - rule.learning_rate * m / v_hat.sqrt()
    return named(x)


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
    LayeredAdamW(),
    SAM(rho=0.3),
    SAM(learning_rate=0.03, rho=1.0, weight_decay=0.1),
    ASAM(),
    ASAM(learning_rate=0.03, rho=1.0, eta=0.2, weight_decay=0.1),
    AdaSAM(rho=0.3),
    AdaSAM(learning_rate=0.03, rho=1.0, weight_decay=0.1, beta1=0.8, beta2=0.95, eps=1e-2),
    PublishedASAM(rho=0.1),
    PublishedASAM(learning_rate=0.03, rho=0.03, weight_decay=0.1),
]
EVERY = sorted({type(rule) for rule in CASES}, key=lambda kind: kind.__name__)
named = lambda x: getattr(x, "__name__", x)  # noqa: E731
kinds = pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)


def test_every_rule_has_a_case():
    assert {OPTIMIZERS[name] for name in OPTIMIZERS} == set(EVERY)


@pytest.mark.parametrize("rule", CASES, ids=str)
def test_rule_follows_its_reference(rule):
    assert_close(follow(rule, start(0)), follow_reference(rule, start(0)))


@kinds
def test_all_settings_are_numbers_that_a_stack_may_hold_apart(kind):
    """A step sees nothing else, and runs that differ in nothing else share a graph: a variant is a class."""
    assert kind().hyper.keys() == kind.model_fields.keys() - {"kind"}
    assert {type(value) for value in kind().hyper.values()} == {float}


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
        "eta": 0.02 * e,
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
        assert_close(one, follow_reference(rule, params))


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in EVERY for name in sorted(kind().hyper)], ids=named)
def test_no_setting_is_idle(kind, name):
    """In one graph, runs that differ in one setting go apart; near the bottom, where a least divisor matters too."""
    names = "embedding", "layers.0.weight", "layers.2.weight"
    near = {each: 0.01 * start(seed)["a"] for seed, each in enumerate(names)}
    one, other = (follow(kind(**{name: n[name]}), near, loss=bowl) for n in (NUMBERS[0], NUMBERS[2]))
    assert any(not torch.equal(x, other[part]) for part, x in one.items())


ZEROS = [(kind, name) for kind in EVERY for name in sorted(kind().hyper.keys() - {"eps"})]


@pytest.mark.parametrize(("kind", "name"), ZEROS, ids=named)
def test_a_setting_of_zero_is_nothing_special(kind, name):
    tame = {"rho": 0.1} if kind is PublishedASAM else {}  # at 1 it diverges: none of 20 parameters is small enough
    rule = kind(**tame | {name: 0.0})
    assert_close(follow(rule, start(0)), follow_reference(rule, start(0)), 1e-11)  # without beta2 a step is a sign


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


GROUPS = {"learning_rate": 0.01, "weight_decay": 0.5, "encoder_learning_rate": 0.03, "eps": 1e-3}


@pytest.mark.parametrize(
    ("rule", "decay", "names"),
    [
        (GroupedAdamW(**GROUPS, encoder_weight_decay=0.1), 0.1, ("layers.0.weight", "embedding")),
        (LayeredAdamW(**GROUPS), 0.5, ("layers.2.weight", "layers.0.weight")),
        (LayeredAdamW(**GROUPS), 0.5, ("layers.2.bias", "layers.1.bias")),
    ],
)
def test_groups_follow_pytorchs_own(rule, decay, names):
    """names: of a parameter of the decoder, and of one of the encoder. decay: of the encoder."""
    loss = lambda params: quadratic(dict(zip("ab", params.values(), strict=True)))  # noqa: E731
    ours = dict(zip(names, start(2).values(), strict=True))
    theirs = {name: torch.nn.Parameter(x.clone()) for name, x in ours.items()}
    optimizer = torch.optim.AdamW(
        [
            {"params": [theirs[names[1]]], "lr": 0.03, "weight_decay": decay},
            {"params": [theirs[names[0]]], "lr": 0.01, "weight_decay": 0.5},
        ],
        eps=1e-3,
    )
    state = rule.init(ours)
    for t in range(1, STEPS + 1):
        optimizer.zero_grad()
        loss(theirs).backward()
        optimizer.step()
        ours, state = rule.step(torch.func.grad(loss), ours, state, torch.tensor(float(t)), hyper_of(rule))
    assert tuple(ours) == tuple(state["m"]) == names
    assert_close(ours, {name: x.detach() for name, x in theirs.items()})


def test_asam_moves_large_parameters_further_and_sam_all_alike():
    sizes = {"large": torch.tensor([2.0]), "small": torch.tensor([0.5])}
    gradients = []

    def grad_of(params):
        gradients.append(params)
        return {name: torch.ones(1) for name in params}

    for rule in (SAM(rho=1.0), ASAM(rho=1.0, eta=0.0)):
        rule.step(grad_of, sizes, rule.init(sizes), torch.tensor(1.0), hyper_of(rule))
    moves = [{name: (x - sizes[name]).item() for name, x in there.items()} for there in gradients[1::2]]
    assert moves[0]["large"] == moves[0]["small"] > 0
    assert moves[1]["large"] == pytest.approx(16 * moves[1]["small"])  # by T^2


def test_adasam_divides_by_the_largest_second_moment_so_far():
    """After a large gradient small ones hardly move it, ever again."""
    rule, x, at = AdaSAM(rho=0.0), {"x": torch.zeros(1)}, []
    state = rule.init(x)
    for t in range(1, 1001):
        size = 100.0 if t == 1 else 1.0
        x, state = rule.step(
            lambda _, g=size: {"x": torch.tensor([g])}, x, state, torch.tensor(float(t)), hyper_of(rule)
        )
        at.append(x["x"].item())
    assert at[-2] - at[-1] == pytest.approx(rule.learning_rate * 1.0 / (100 * 0.02**0.5), rel=1e-3)


@pytest.mark.parametrize("model", [MLP(), Transformer.source_a()], ids=lambda model: model.kind)
def test_what_source_a_published_is_adamw(model):
    """On the source's networks, at its rho of 1: what it adds to AdamW is less than what float32 does."""
    run = Run(task=ModularAddition(p=97), model=model, optimizer=AdamW(), batch=Batch(size=64), precision="float64")
    adamw, published, sam, rounded, start = (
        {name: x.double() for name, x in snapshot_after(run.model_copy(update=changes), steps).params.items()}
        for changes, steps in (
            ({}, 10),
            ({"optimizer": PublishedASAM()}, 10),
            ({"optimizer": SAM(rho=1.0)}, 10),
            ({"precision": "float32"}, 10),
            ({}, 0),
        )
    )
    moved = distance(adamw, start)
    assert distance(sam, adamw) > 0.3 * moved
    assert 0 < distance(published, adamw) < min(distance(rounded, adamw), 1e-5 * moved)


def distance(ours, theirs):
    return l2_norm({name: x - theirs[name] for name, x in ours.items()}).item()


@kinds
def test_a_rule_takes_as_many_gradients_as_it_says(kind):
    asked = []
    rule, params = kind(), start(0)

    def grad_of(at):
        asked.append(at)
        return torch.func.grad(quadratic)(at)

    rule.step(grad_of, params, rule.init(params), torch.tensor(1.0), hyper_of(rule))
    assert len(asked) == kind.gradients_per_step


def assert_close(ours, theirs, atol=1e-12):
    for name, x in ours.items():
        torch.testing.assert_close(x, theirs[name], rtol=0, atol=atol)
