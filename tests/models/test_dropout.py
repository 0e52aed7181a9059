"""What is dropped: as often as asked, independently of everything else, and the rest of the model as PyTorch has it."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import one_hot

from grokkit import LSTM, MLP, RNN, ModularAddition, Transformer
from grokkit.models.dropout import Noise, dropper, mixed_inside, noise_words
from grokkit.models.shared import Prefixes, build_shared

N = 2**18
DATA = ModularAddition(p=11).build()


def noise(seed=0, step=0):
    return Noise(torch.from_numpy(noise_words(seed, step, 1)[0]))


def signs(kept):
    """+1 and -1, so that means and products have expectation 0 at rate 1/2."""
    return kept.double() * 2 - 1


def deviations(products):
    """Their mean in standard errors."""
    return (products.mean() * len(products) ** 0.5).abs().item()


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_values_are_dropped_as_often_as_asked(rate):
    kept = torch.stack([noise(seed, step).keeps(torch.zeros(N), rate) for seed in range(3) for step in range(5)])
    errors = (kept.double().mean(1) - (1 - rate)) / (rate * (1 - rate) / N) ** 0.5
    assert errors.abs().max() < 4.5
    assert 0.5 < errors.std() < 1.7  # neither worse nor better than chance


def test_runs_steps_and_sites_are_independent():
    rows = []
    for seed, step in [(0, 0), (0, 1), (0, 2), (0, 1000), (1, 0), (1, 1), (2**62, 0)]:
        of_pass = noise(seed, step)
        rows += [signs(of_pass.keeps(torch.zeros(N), 0.5)) for _ in range(5)]
    correlations = torch.stack(rows) @ torch.stack(rows).T / N
    assert correlations.fill_diagonal_(0).abs().max() * N**0.5 < 5


def test_places_are_independent():
    """Neighbours, places 2^k apart and a batch's rows; then every pattern of four neighbours as often as any other."""
    lags = [2**k for k in range(17)] + [3, 97, 128, 512, 640, 1536]
    for step in range(10):
        x = signs(noise(5, step).keeps(torch.zeros(N), 0.5))
        assert max(deviations(x[:-lag] * x[lag:]) for lag in lags) < 5
        patterns = ((x.view(-1, 4) > 0) * torch.tensor([8, 4, 2, 1])).sum(1)
        counts = torch.bincount(patterns, minlength=16).double()
        expected = N / 4 / 16
        assert ((counts - expected) ** 2 / expected).sum() < 45  # chi-square, 15 degrees: p = 1e-4 at 43


def test_words_do_not_depend_on_how_steps_are_cut_and_differ_from_the_batches():
    whole = noise_words(3, 0, 30)
    assert np.array_equal(whole, np.concatenate([noise_words(3, 0, 7), noise_words(3, 7, 23)]))
    assert len(np.unique(whole)) == 60 and whole.min() >= 0 and whole.max() < 2**32


def test_the_hash_inside_a_step_is_that_of_exact_integers():
    def exact(x, key):
        x = (x ^ (x >> 17)) * 0xED5AD4BB % 2**32 ^ key
        x = (x ^ (x >> 11)) * 0xAC4C1B51 % 2**32
        x = (x ^ (x >> 15)) * 0x31848BAB % 2**32
        return x ^ (x >> 14)

    words = [0, 1, 2**31, 2**32 - 1, 123_456_789]
    for key in words:
        assert mixed_inside(torch.tensor(words), torch.tensor(key)).tolist() == [exact(x, key) for x in words]


def test_what_stays_is_scaled_and_without_noise_everything_stays():
    x = torch.full((4, 100), 3.0, dtype=torch.float64)
    dropped = dropper(noise(), 0.25)(x)
    assert sorted(dropped.unique().tolist()) == [0.0, 4.0]
    assert dropper(None, 0.25)(x) is x


def built(config, build=build_shared):
    torch.manual_seed(0)
    return build(config, DATA).double()


def plain(config, task):
    return config.build(task)


def by_hand(rate):
    """PyTorch's own dropout with the masks taken out and applied by hand, in the order of the sites."""
    masks = noise(7, 3)
    return lambda x: x * masks.keeps(x, rate) / (1 - rate)


@pytest.mark.parametrize("build", [build_shared, plain])
def test_mlp_drops_after_each_activation(build):
    module, drop = built(MLP(hidden=(32, 16), dropout=0.3), build), by_hand(0.3)
    first, second, last = module.layers
    x = drop(torch.relu(first(one_hot(DATA.inputs, DATA.vocabulary).flatten(1).double())))
    reference = last(drop(torch.relu(second(x))))
    torch.testing.assert_close(module(DATA.inputs, noise(7, 3)), reference, rtol=0, atol=1e-12)


SMALL = Transformer(width=16, heads=2, head_width=8, feed_forward=32, dropout=0.2)


@pytest.mark.parametrize("build", [build_shared, plain])
@pytest.mark.parametrize("norm", ["pre", "post"])
def test_transformer_drops_where_source_a_does(norm, build):
    """Embedded tokens, attention weights, output, hidden layer and its output; what trains, in the last block at the
    end alone."""
    module, drop = built(SMALL.model_copy(update={"norm": norm}), build), by_hand(0.2)
    last = slice(-1, None) if build is build_shared else slice(None)
    x = drop(module.embedding[DATA.inputs] + module.position[:-1])
    for block, answers in zip(module.blocks, (slice(None), last), strict=True):
        h = block.norm1(x) if norm == "pre" else x
        q, k, v = (linear(h).unflatten(-1, (2, 8)).transpose(1, 2) for linear in (block.query, block.key, block.value))
        future = nn.Transformer.generate_square_subsequent_mask(4, dtype=torch.float64)
        weights = drop((q @ k.transpose(2, 3) / 8**0.5 + future).softmax(-1)[:, :, answers])
        x = x[:, answers] + drop(block.merge((weights @ v).transpose(1, 2).flatten(2)))
        x = x if norm == "pre" else block.norm1(x)
        hidden = drop(nn.functional.gelu(block.up(block.norm2(x) if norm == "pre" else x)))
        x = x + drop(block.down(hidden))
        x = x if norm == "pre" else block.norm2(x)
    reference = module.output(module.norm(x))[:, -1]
    torch.testing.assert_close(module(DATA.inputs, noise(7, 3)), reference, rtol=0, atol=1e-12)


def test_in_evaluation_a_transformer_drops_nothing():
    module = built(SMALL)
    assert not module.takes_nodes and module.takes_noise
    torch.testing.assert_close(module(DATA.inputs), built(SMALL, plain)(DATA.inputs), rtol=0, atol=1e-13)
    assert (module(DATA.inputs, noise()) - module(DATA.inputs)).abs().max() > 0.01


@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("kind", [RNN, LSTM])
def test_recurrent_networks_drop_the_last_state_alone(kind, directions):
    config = kind(hidden=8, embedding=4, bidirectional=directions == 2, dropout=0.5)
    module, drop = built(config), by_hand(0.5)
    layer = (nn.RNN if kind is RNN else nn.LSTM)(4, 8, batch_first=True, bidirectional=directions == 2).double()
    with torch.no_grad():
        cells = [cell for cell in (module.ahead, module.back) if cell]
        for theirs, x in zip(layer.parameters(), (x for cell in cells for x in cell.parameters()), strict=True):
            theirs.copy_(x)
    reference = module.output(drop(layer(module.embedding[DATA.inputs])[0][:, -1]))
    nodes = Prefixes(DATA.inputs).nodes(torch.arange(DATA.examples))
    for batch in (DATA.inputs, nodes):
        torch.testing.assert_close(module(batch, noise(7, 3)), reference, rtol=0, atol=1e-12)
        torch.testing.assert_close(module(batch), built(config, plain)(DATA.inputs), rtol=0, atol=1e-12)
    assert module.takes_noise and not built(kind(hidden=8)).takes_noise
