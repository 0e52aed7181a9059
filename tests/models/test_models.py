"""Models against independent ones made of `nn` modules with the same weights, and their exact savings (float64)."""

import math
from typing import Literal

import pytest
import torch
from torch import nn
from torch.nn.functional import one_hot

from grokkit.models import LSTM, MLP, RNN, Transformer
from grokkit.models.shared import SHARED, Prefixes, build_shared
from grokkit.models.shared.rows import SumOfRows
from grokkit.models.transformer import sinusoids
from grokkit.tasks import Addition, ModularAddition

TASKS = {
    "two summands": ModularAddition(p=11),
    "four": ModularAddition(p=3, summands=4),
    "one": ModularAddition(p=7, summands=1),
    "framed": ModularAddition(p=7, framed=True),
    "addition": Addition(p=6),
}
TRANSFORMERS = {
    "source A": Transformer.source_a(),
    "width 32": Transformer(width=32, heads=2, head_width=16, feed_forward=64),
    "Power": Transformer(
        width=32,
        heads=4,
        head_width=8,
        feed_forward=64,
        activation="relu",
        norm="post",
        positions="sinusoidal",
        bias="none",
    ),
    "Nanda": Transformer.nanda(),
    "three layers": Transformer(layers=3, width=16, heads=2, head_width=8, feed_forward=32),
}
MLPS = {"source A": MLP(hidden=(32, 16)), "toy": MLP.toy(), "batch norm": MLP(hidden=(32, 16), batch_norm=True)}
RECURRENT = {
    "rnn": RNN(hidden=16, embedding=12),
    "rnn, two directions": RNN(hidden=16, embedding=None, bidirectional=True, activation="relu"),
    "lstm": LSTM(hidden=16, embedding=12),
    "lstm, two directions": LSTM(hidden=16, embedding=12, bidirectional=True),
    "lstm, source A": LSTM.source_a().model_copy(update={"hidden": 16}),
}
MODELS = {f"transformer {n}": m for n, m in TRANSFORMERS.items()} | {f"mlp {n}": m for n, m in MLPS.items()} | RECURRENT


def built(config, task, seed=0, build=None):
    """A module in float64 whose every parameter is random, norms and biases included."""
    torch.manual_seed(seed)
    module = (build(config, task) if build else config.build(task)).double()
    with torch.no_grad():
        for x in module.parameters():
            x.add_(0.1 * torch.randn_like(x))
    return module


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
@pytest.mark.parametrize("config", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("batch", [2, 20, 60], ids=lambda b: f"B={b}")
def test_shared_prefixes_give_the_plain_forward_and_its_gradient(config, task, batch):
    data = task.build()
    modules = [built(config, data), built(config, data, build=build_shared)]
    examples = torch.randint(data.examples, (batch,), generator=torch.Generator().manual_seed(1))
    weights = torch.randn(batch, data.classes, dtype=torch.float64)
    plain, shared = modules[0](data.inputs[examples]), modules[1](Prefixes(data.inputs).nodes(examples))
    torch.testing.assert_close(shared, plain, rtol=0, atol=1e-12)
    gradients = [
        torch.autograd.grad((logits * weights).sum(), list(module.parameters()), materialize_grads=True)
        for module, logits in zip(modules, (plain, shared), strict=True)
    ]
    for ours, reference in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, reference, rtol=0, atol=1e-11)


@pytest.mark.parametrize("config", MODELS.values(), ids=MODELS)
def test_a_model_that_shares_has_the_plain_ones_parameters_and_draws(config):
    """By name, in their order, from one seed: what trains is what one reads."""
    data, modules = TASKS["two summands"].build(), []
    for build in (type(config).build, build_shared):
        torch.manual_seed(5)
        modules.append(build(config, data))
    assert type(modules[1]) is SHARED[type(config)] and issubclass(type(modules[1]), type(modules[0]))
    pairs = zip(modules[0].named_parameters(), modules[1].named_parameters(), strict=True)
    assert all(ours[0] == theirs[0] and torch.equal(ours[1], theirs[1]) for ours, theirs in pairs)


@pytest.mark.parametrize("config", MODELS.values(), ids=MODELS)
def test_a_plain_model_can_be_lifted_to_a_stack(config):
    """As the engine does with a reader's variant of it."""
    data = TASKS["framed"].build()
    module, batches = built(config, data).eval(), torch.stack([data.inputs[:5], data.inputs[5:10]])
    for one, tokens in zip(torch.vmap(module)(batches), batches, strict=True):
        torch.testing.assert_close(one, module(tokens), rtol=0, atol=1e-12)


class OwnMLP(MLP):
    """As a reader's would be, whose module may be anything."""

    kind: Literal["own_mlp"] = "own_mlp"


def test_only_the_librarys_own_are_replaced_by_what_shares():
    data = TASKS["two summands"].build()
    assert type(build_shared(OwnMLP(), data)) is type(OwnMLP().build(data))


def encoder_layer(block, width, config):
    """The block's weights in PyTorch's own layer."""
    layer = nn.TransformerEncoderLayer(
        width,
        config.heads,
        config.feed_forward,
        dropout=0.0,
        batch_first=True,
        activation=config.activation,
        norm_first=config.norm == "pre",
    ).double()
    state = {
        "norm1": block.norm1,
        "norm2": block.norm2,
        "linear1": block.up,
        "linear2": block.down,
        "self_attn.out_proj": block.merge,
    }
    with torch.no_grad():
        for x in layer.parameters():
            x.zero_()  # a map without a bias is one whose bias is zero
        for name, ours in state.items():
            layer.get_submodule(name).load_state_dict(ours.state_dict(), strict=False)
        projections = (block.query, block.key, block.value)
        layer.self_attn.in_proj_weight.copy_(torch.cat([m.weight for m in projections]))
        if block.query.bias is not None:
            layer.self_attn.in_proj_bias.copy_(torch.cat([m.bias for m in projections]))
    return layer


@pytest.mark.parametrize("name", ["width 32", "Power", "three layers"])
def test_transformer_equals_pytorchs_own_layers(name):
    config, data = TRANSFORMERS[name], TASKS["two summands"].build()
    module = built(config, data)
    mask = nn.Transformer.generate_square_subsequent_mask(data.inputs.shape[1], dtype=torch.float64)
    x = module.embedding[data.inputs] + module.position[: data.inputs.shape[1]]
    for block in module.blocks:
        x = encoder_layer(block, config.width, config)(x, src_mask=mask)
    torch.testing.assert_close(module.output(module.norm(x))[:, -1], module(data.inputs), rtol=0, atol=1e-12)


def test_source_a_uses_scaled_one_hot_tokens():
    data = TASKS["two summands"].build()
    module = built(Transformer.source_a(), data)
    width = data.vocabulary
    x = one_hot(data.inputs, width).double() * math.sqrt(width) + module.position[:-1]
    for block in module.blocks:
        h = block.norm1(x)
        q, k, v = (linear(h).unflatten(-1, (4, 32)).transpose(1, 2) for linear in (block.query, block.key, block.value))
        mixed = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + block.merge(mixed.transpose(1, 2).flatten(2))
        x = x + block.down(nn.functional.gelu(block.up(block.norm2(x))))
    torch.testing.assert_close(module.output(module.norm(x))[:, -1], module(data.inputs), rtol=0, atol=1e-12)
    assert dict(module.named_buffers())["embedding"].shape == (width, width)


def test_nandas_model_has_one_layer_and_no_norms():
    data = TASKS["two summands"].build()
    module = built(Transformer.nanda(), data)
    [block] = module.blocks
    x = module.embedding[data.inputs] + module.position[:-1]
    attention = nn.MultiheadAttention(128, 4, bias=False, batch_first=True).double()
    with torch.no_grad():
        attention.in_proj_weight.copy_(torch.cat([block.query.weight, block.key.weight, block.value.weight]))
        attention.out_proj.weight.copy_(block.merge.weight)
    mask = nn.Transformer.generate_square_subsequent_mask(data.inputs.shape[1], dtype=torch.float64)
    x = x + attention(x, x, x, attn_mask=mask)[0]
    x = x + block.down(torch.relu(block.up(x)))
    torch.testing.assert_close(module.output(x)[:, -1], module(data.inputs), rtol=0, atol=1e-12)
    assert not any(isinstance(m, nn.LayerNorm) for m in module.modules())


@pytest.mark.parametrize(("p", "parameters"), [(47, 155_601), (97, 317_501), (149, 491_181), (197, 656_301)])
def test_source_a_has_the_published_number_of_parameters(p, parameters):
    module = Transformer.source_a().build(ModularAddition(p=p).build())
    assert sum(x.numel() for x in module.parameters()) == parameters


def test_initial_distributions():
    data = ModularAddition(p=97).build()
    torch.manual_seed(0)
    normal, default = Transformer.nanda().build(data), Transformer().build(data)
    assert normal.blocks[0].up.weight.std().item() == pytest.approx(128**-0.5, rel=0.02)
    assert not normal.blocks[0].up.bias.any()
    assert default.embedding.std().item() == pytest.approx(1, rel=0.03)
    assert default.blocks[0].up.weight.abs().max().item() == pytest.approx(128**-0.5, rel=0.01)


def test_sinusoids_follow_the_paper():
    table = sinusoids(5, 8)
    for position in range(5):
        for i in range(4):
            angle = position / 10_000 ** (2 * i / 8)
            assert table[position, 2 * i].item() == pytest.approx(math.sin(angle), abs=1e-6)
            assert table[position, 2 * i + 1].item() == pytest.approx(math.cos(angle), abs=1e-6)


def test_mlp_equals_a_sequential_one():
    data = TASKS["two summands"].build()
    module = built(MLPS["source A"], data)
    layers = [layer for linear in module.layers for layer in (linear, nn.ReLU())][:-1]
    x = one_hot(data.inputs, data.vocabulary).flatten(1).double()
    torch.testing.assert_close(nn.Sequential(*layers)(x), module(data.inputs), rtol=0, atol=1e-13)


@pytest.mark.parametrize("training", [True, False])
def test_mlp_with_batch_norm_equals_a_sequential_one(training):
    data, examples = TASKS["two summands"].build(), torch.arange(0, 120, 3)
    module = built(MLP(hidden=(32, 16), batch_norm=True), data).train()
    norms = [nn.BatchNorm1d(width).double() for width in (32, 16)]
    for norm, ours in zip(norms, module.norms, strict=True):
        norm.load_state_dict(ours.state_dict(), strict=False)
    first, second, last = module.layers
    reference = nn.Sequential(first, norms[0], nn.ReLU(), second, norms[1], nn.ReLU(), last)
    x = one_hot(data.inputs[examples], data.vocabulary).flatten(1).double()
    for part in x.split(20):
        reference(part)
    for part in data.inputs[examples].split(20):
        module(part)
    module.train(training), reference.train(training)
    torch.testing.assert_close(module(data.inputs[examples]), reference(x), rtol=0, atol=1e-12)
    for norm, ours in zip(norms, module.norms, strict=True):
        for name, buffer in ours.named_buffers():
            torch.testing.assert_close(buffer, norm.get_buffer(name), rtol=0, atol=1e-12)


def test_toy_sums_the_embeddings():
    data = TASKS["addition"].build()
    module = built(MLP.toy(), data)
    x = module.embedding[data.inputs[:, 0]] + module.embedding[data.inputs[:, 1]]
    layers = [layer for linear in module.layers for layer in (linear, nn.Tanh())][:-1]
    torch.testing.assert_close(nn.Sequential(*layers)(x), module(data.inputs), rtol=0, atol=1e-13)
    fresh = MLP.toy().build(data).embedding
    assert fresh.abs().max() <= 0.5


def pytorchs_own(config, vocabulary, classes):
    """`nn.Embedding`, `nn.RNN` or `nn.LSTM`, and `nn.Linear`, made in this order."""
    embedding = nn.Embedding(vocabulary, config.embedding) if config.embedding else None
    sizes = config.embedding or vocabulary, config.hidden
    if isinstance(config, RNN):
        layer = nn.RNN(*sizes, nonlinearity=config.activation, batch_first=True, bidirectional=config.bidirectional)
    else:
        layer = nn.LSTM(*sizes, batch_first=True, bidirectional=config.bidirectional)
    return embedding, layer, nn.Linear(config.hidden * (1 + config.bidirectional), classes)


def parameters_of(modules):
    """Those of the modules that are there, in the order in which they were drawn."""
    return [x for module in modules if module for x in module.parameters()]


@pytest.mark.parametrize("config", RECURRENT.values(), ids=RECURRENT)
def test_recurrent_networks_start_as_pytorchs_own(config):
    data = TASKS["two summands"].build()
    torch.manual_seed(3)
    ours = config.build(data).parameters()
    torch.manual_seed(3)
    for x, reference in zip(ours, parameters_of(pytorchs_own(config, data.vocabulary, data.classes)), strict=True):
        assert torch.equal(x, reference)


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
@pytest.mark.parametrize("config", RECURRENT.values(), ids=RECURRENT)
def test_recurrent_networks_equal_pytorchs_own(config, task):
    """Logits at the last token and their gradients; PyTorch's backward direction reads all tokens."""
    data = task.build()
    module, modules = built(config, data), pytorchs_own(config, data.vocabulary, data.classes)
    embedding, layer, output = (x.double() if x else None for x in modules)
    with torch.no_grad():
        for theirs, x in zip(parameters_of(modules), module.parameters(), strict=True):
            theirs.copy_(x)
    x = embedding(data.inputs) if embedding else one_hot(data.inputs, data.vocabulary).double()
    reference, logits = output(layer(x)[0][:, -1]), module(data.inputs)
    torch.testing.assert_close(logits, reference, rtol=0, atol=1e-12)
    weights = torch.randn_like(logits)
    ours = torch.autograd.grad((logits * weights).sum(), list(module.parameters()), materialize_grads=True)
    for gradient, theirs in zip(
        ours, torch.autograd.grad((reference * weights).sum(), parameters_of(modules)), strict=True
    ):
        torch.testing.assert_close(gradient, theirs, rtol=0, atol=1e-11)


def test_at_the_last_token_the_backward_half_is_a_second_bias():
    """Its state is the same for every sum, and its recurrent weights and forget gate are never trained."""
    data = TASKS["two summands"].build()
    config = RECURRENT["lstm, source A"]
    module, half = built(config, data), built(config.model_copy(update={"bidirectional": False}), data)
    state, _ = module.back.update(module.back.read(one_hot(data.inputs[:1, -1], data.vocabulary).double()))
    with torch.no_grad():
        for name, x in module.ahead.named_parameters():
            half.ahead.get_parameter(name).copy_(x)
        half.output.weight.copy_(module.output.weight[:, :16])
        half.output.bias.copy_(module.output.bias + module.output.weight[:, 16:] @ state[0])
    torch.testing.assert_close(half(data.inputs), module(data.inputs), rtol=0, atol=1e-13)
    logits = module(data.inputs)
    learned = torch.autograd.grad(logits.square().sum(), list(module.back.parameters()), materialize_grads=True)
    of_input, of_state, *biases = learned
    assert not of_state.any() and not of_input[16:32].any() and not of_input[:, :-1].any()
    assert of_input[:16, -1].all() and all(x[:16].all() and not x[16:32].any() for x in biases)


def test_source_as_lstm_has_two_halves():
    data = ModularAddition().build()
    module = LSTM.source_a().build(data)
    assert sum(x.numel() for x in module.parameters()) == 2 * 4 * 512 * (99 + 512 + 2) + 97 * (1024 + 1)
    assert module.output.in_features == 1024 and module.embedding is None
    assert LSTM.source_c().build(data).embedding.shape == RNN.source_c().build(data).embedding.shape == (99, 128)


@pytest.mark.parametrize("lift", [lambda f: f, torch.vmap])
def test_rows_that_are_picked_have_a_second_derivative(lift):
    """A rule may ask for the gradient of a gradient; that of rows must not silently be zero."""
    tokens = torch.tensor([[0, 3, 3, 1], [2, 2, 4, 0]])
    tables = torch.randn(2, 10, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    tables = tables if lift is torch.vmap else tables[0]
    ours, plain = (
        lift(lambda t, f=f: torch.func.grad(lambda x: (torch.func.grad(f)(x) ** 2).sum())(t))(tables)
        for f in (
            lambda t: (SumOfRows.apply(t, tokens) ** 3).sum(),
            lambda t: ((t[:5][tokens[0]] + t[5:][tokens[1]]) ** 3).sum(),
        )
    )
    assert plain.abs().max() > 1 and torch.allclose(ours, plain, rtol=1e-12)
