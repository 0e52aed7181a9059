"""Each rule against `torch.optim` or a transcription of its paper: 100 steps in float64, alone and in a stack."""

from collections import deque

import pytest
import torch
from twins import put_back_on_the_sphere, snapshot_after, twin

from grokkit import MLP, BadInput, Batch, ModularAddition, Run, Transformer
from grokkit.engine import Shape
from grokkit.metrics import l2_norm
from grokkit.optimizers import (
    ASAM,
    OPTIMIZERS,
    SAM,
    SGD,
    Adam,
    AdamW,
    AdaSAM,
    ClampedAdamW,
    GrokfastEMA,
    GrokfastMA,
    GroupedAdamW,
    LayeredAdamW,
    Muon,
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
    if isinstance(rule, Muon):
        return follow_singular_values(rule, params)
    grown = FILTERS.get(type(rule), lambda rule: lambda g: g)(rule)
    held = l2_norm(params)
    params = {name: torch.nn.Parameter(x.clone()) for name, x in params.items()}
    optimizer = twin(rule, params.values())
    for _ in range(STEPS):
        optimizer.zero_grad()
        quadratic(params).backward()
        grown({name: x.grad for name, x in params.items()})
        if isinstance(rule, SAM):
            take_the_gradient_of_the_sharpest_neighbour(rule, params, optimizer)
        if isinstance(rule, PublishedASAM):
            step_from_a_climb(rule.rho, list(params.values()), optimizer)
        else:
            optimizer.step()
        if isinstance(rule, ClampedAdamW):
            put_back_on_the_sphere(held, list(params.values()))
    return {name: x.detach() for name, x in params.items()}


def mean_filter(rule):
    """Lee et al. 2024, the MA filter in place, with a queue for each parameter; nothing before it is full."""
    queues = {}

    def grown(gradients):
        for name, g in gradients.items():
            queue = queues.setdefault(name, deque(maxlen=rule.window))
            queue.append(g.clone())
            if len(queue) == rule.window:
                g += rule.lamb * sum(queue) / len(queue)

    return grown


def running_mean_filter(rule):
    """The EMA filter in place; its mean begins as the first gradient."""
    means = {}

    def grown(gradients):
        for name, g in gradients.items():
            means[name] = rule.alpha * means.get(name, g) + (1 - rule.alpha) * g
            g += rule.lamb * means[name]

    return grown


FILTERS = {GrokfastMA: mean_filter, GrokfastEMA: running_mean_filter}


def follow_singular_values(rule, params):
    """Muon from its papers: of `a`, the hidden matrix, singular values by an SVD, each taken through the polynomial
    of the iteration; `b`, which would give the logits, by PyTorch's AdamW.
    """
    a, b = params["a"].clone(), torch.nn.Parameter(params["b"].clone())
    adamw, momentum, mu = twin(rule, [b]), torch.zeros_like(a), rule.momentum
    for _ in range(STEPS):
        gradient = torch.func.grad(quadratic)({"a": a, "b": b.detach()})
        momentum = mu * momentum + (1 - mu) * gradient["a"]
        direction = (1 - mu) * gradient["a"] + mu * momentum if rule.nesterov else momentum
        u, values, v = torch.linalg.svd(direction, full_matrices=False)
        values = values / values.square().sum().sqrt()
        for _ in range(rule.ns_steps):
            values = sum(c * values**power for c, power in zip(rule.ns_coefficients, (1, 3, 5), strict=True))
        rows, columns = a.shape
        lengths = {"original": max(1, rows / columns) ** 0.5, "match_rms_adamw": 0.2 * max(rows, columns) ** 0.5}
        a = a - rule.learning_rate * (rule.weight_decay * a + lengths[rule.scale] * u @ values.diag() @ v)
        b.grad = gradient["b"]
        adamw.step()
    return {"a": a, "b": b.detach()}


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
    ClampedAdamW(learning_rate=0.03),
    ClampedAdamW(learning_rate=0.03, weight_decay=0.5, beta1=0.8, beta2=0.95, eps=1e-3),
    GroupedAdamW(),
    LayeredAdamW(),
    SAM(rho=0.3),
    SAM(learning_rate=0.03, rho=1.0, weight_decay=0.1),
    ASAM(),
    ASAM(learning_rate=0.03, rho=1.0, eta=0.2, weight_decay=0.1),
    AdaSAM(rho=0.3),
    AdaSAM(learning_rate=0.03, rho=1.0, weight_decay=0.1, beta1=0.8, beta2=0.95, eps=1e-2),
    Muon(),
    Muon(learning_rate=0.03, weight_decay=0.1, momentum=0.8, nesterov=False, ns_steps=2, scale="original"),
    Muon(ns_steps=12, ns_coefficients=(1.875, -1.25, 0.375)),
    GrokfastEMA(),
    GrokfastEMA(inner="adamw", learning_rate=0.01, weight_decay=0.1, alpha=0.9, lamb=5.0),
    GrokfastMA(window=7),
    GrokfastMA(inner="adamw", window=20, learning_rate=0.01, weight_decay=0.1, lamb=2.0),
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
def test_floats_are_numbers_of_a_run_and_all_else_shapes_its_graph(kind):
    floats = {name for name, field in kind.model_fields.items() if field.annotation is float}
    assert kind().hyper.keys() == floats
    assert {type(value) for value in kind().hyper.values()} == {float}
    assert kind().method.shaping.keys() == kind.model_fields.keys() - floats - {"kind"}


OTHERS = [
    (SGD(momentum=0.9), {"nesterov": True}),
    (GroupedAdamW(), {"encoder": ("b",)}),
    (LayeredAdamW(encoder_learning_rate=0.1), {"encoder": ("a", "c")}),
    (GrokfastEMA(weight_decay=0.1), {"inner": "adamw"}),
    (GrokfastMA(weight_decay=0.1, window=5), {"inner": "adamw"}),
    (GrokfastMA(), {"window": 99}),
    (Muon(), {"ns_steps": 1}),
    (Muon(), {"nesterov": False}),
    (Muon(), {"scale": "original"}),
    (Muon(), {"tables": ("a",)}),
    (Muon(), {"ns_coefficients": (1.875, -1.25, 0.375)}),
]
"""Of every setting that is no float another value."""


def test_every_setting_that_is_no_float_has_another_value():
    apart = {(type(rule), name) for rule, other in OTHERS for name in other}
    assert apart == {(kind, name) for kind in EVERY for name in kind().method.shaping} - {(Nesterov, "nesterov")}


@pytest.mark.parametrize(("rule", "other"), OTHERS, ids=str)
def test_another_value_of_such_a_setting_has_a_key_a_graph_and_steps_of_its_own(rule, other):
    """The old fault: runs that differed in `ns_steps` had two keys and one graph, and so the same curves to the bit."""
    changed = type(rule)(**dict(rule) | other)
    one, two = (Run(task=ModularAddition(p=7), model=MLP(), optimizer=o, batch=Batch(size=8)) for o in (rule, changed))
    assert one.key != two.key and Shape.of(one) != Shape.of(two)
    assert rule.hyper == changed.hyper
    ours, theirs = (follow(each, start(0)) for each in (rule, changed))
    assert any(not torch.equal(x, theirs[name]) for name, x in ours.items())


def test_nesterovs_kind_is_a_setting_of_sgd():
    same = {"learning_rate": 0.01, "momentum": 0.9, "weight_decay": 0.3}
    ours, theirs = (follow(rule, start(0)) for rule in (Nesterov(**same), SGD(**same, nesterov=True)))
    assert all(torch.equal(x, theirs[name]) for name, x in ours.items())
    with pytest.raises(BadInput, match="Nesterov nesterov: input should be true; False came"):
        Nesterov(nesterov=False)


def test_a_clamped_norm_stays_where_the_initial_weights_had_it():
    params = {name: 3 * x for name, x in start(0).items()}
    after = follow(ClampedAdamW(learning_rate=0.1, weight_decay=1.0), params)
    assert l2_norm(after).item() == pytest.approx(l2_norm(params).item(), rel=1e-12)
    assert not torch.allclose(after["a"], params["a"], atol=0.1)


def test_muon_moves_hidden_matrices_by_orthogonal_steps_and_nothing_else():
    """Those of a transformer of two layers, by name; the length of each step is that of its paper."""
    task = ModularAddition(p=7)
    model = Transformer(width=16, heads=2, head_width=8, feed_forward=32).build(task.build()).double()
    params = {name: x.detach() for name, x in model.named_parameters()}
    kinds = "query", "key", "value", "merge", "up", "down"
    hidden = {f"blocks.{layer}.{each}.weight" for layer in (0, 1) for each in kinds}
    rule = Muon(weight_decay=0.0, ns_steps=40, ns_coefficients=(1.875, -1.25, 0.375))
    torch.manual_seed(0)  # a singular value near 0 needs a step for each factor of 1.9
    state = rule.init(params)
    assert state["m"].keys() == params.keys() and params.keys() - state["v"].keys() == hidden
    gradient = {name: torch.randn(x.shape, dtype=x.dtype) for name, x in params.items()}
    after, _ = rule.step(lambda _: gradient, params, state, torch.tensor(1.0), hyper_of(rule))
    for name in hidden:
        moved = (params[name] - after[name]) / rule.learning_rate
        values = torch.linalg.svdvals(moved) / (0.2 * max(moved.shape) ** 0.5)
        torch.testing.assert_close(values, torch.ones_like(values), rtol=0, atol=1e-6)


@pytest.mark.parametrize("scale", ["original", "match_rms_adamw"])
@pytest.mark.parametrize("nesterov", [True, False])
def test_muon_is_pytorchs_but_for_its_bfloat16(scale, nesterov, monkeypatch):
    """PyTorch iterates in bfloat16; with that rounding taken out of it the steps are the same."""
    rule = Muon(learning_rate=0.02, weight_decay=0.3, scale=scale, nesterov=nesterov)
    theirs, ours = torch.nn.Parameter(start(0)["a"].clone()), start(0)
    settings = {"lr": 0.02, "weight_decay": 0.3, "nesterov": nesterov, "adjust_lr_fn": scale}
    optimizer, state = torch.optim.Muon([theirs], **settings), rule.init(ours)
    monkeypatch.setattr(torch.Tensor, "bfloat16", lambda x: x.clone())
    for t in range(1, STEPS + 1):
        gradient = {"a": theirs.detach() ** 3 + 1, "b": ours["b"]}
        theirs.grad = gradient["a"]
        optimizer.step()
        ours, state = rule.step(lambda _, g=gradient: g, ours, state, torch.tensor(float(t)), hyper_of(rule))
    torch.testing.assert_close(ours["a"], theirs.detach(), rtol=0, atol=1e-10)


NUMBERS = [
    {
        "learning_rate": 0.01 / e**2,
        "weight_decay": 0.3 * e,
        "encoder_learning_rate": 0.02 / e,
        "encoder_weight_decay": 0.2 * e,
        "momentum": 0.3 * e,
        "alpha": 0.3 * e,
        "lamb": 0.5 * e,
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
    together = torch.vmap(lambda params, hyper: follow(kind(), params, hyper))(stack, hyper)
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
