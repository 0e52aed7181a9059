"""What a source's text and code say stands once: the runs of its functions are those that tests write out by hand."""

import made_up
import made_up_activations
import made_up_methods
import made_up_networks
import made_up_norms
import made_up_recurrent
import made_up_sharpness
import made_up_summands
import made_up_switching
import pytest
from mnist import mnist_run
from toy import toy_run

import grokkit as gk
from grokkit.sources import a, b, c, d


@pytest.mark.parametrize("form", made_up_networks.FORMS)
def test_the_networks_of_source_a(form):
    assert a.network(form, alpha=0.3, seed=41) == made_up_networks.a_run(form, 0.3, 41)


@pytest.mark.parametrize("form", made_up.FORMS)
def test_its_transformer_at_every_modulus_and_with_more_summands(form):
    [record] = [r for r in made_up.a_grid(lambda *_: 600, seeds=[11]) if r.config["task"].get("p") == 149][
        list(made_up.FORMS).index(form) :: 2
    ]
    assert a.transformer(form, p=149, seed=11).key == record.key
    assert a.transformer(form, p=11, summands=5, seed=3) == made_up_summands.a_run(form, 5, 3)


@pytest.mark.parametrize("method", made_up_methods.SETTINGS)
def test_its_methods(method):
    assert a.method(method, alpha=0.8, seed=7) == made_up_methods.a_run(method, 0.8, 7)


def test_one_of_its_methods_at_another_rate_and_on_everything_at_once():
    rule, whole = gk.SGD(learning_rate=1.0), gk.Batch(size=None)
    theirs = made_up_methods.a_run("SGD", 0.8, 7, optimizer=rule, batch=whole)
    assert a.method("SGD", alpha=0.8, seed=7, rate=1.0, batch=whole) == theirs


@pytest.mark.parametrize("method", made_up_sharpness.METHODS)
def test_its_sharpness_aware_methods(method):
    theirs = made_up_sharpness.a_run(method, "orthogonal", 2)
    rho = getattr(theirs.optimizer, "rho", None)
    assert a.sharpness_aware(method, "orthogonal", rho, seed=theirs.seeds.init) == theirs


@pytest.mark.parametrize("activation", a.ACTIVATIONS)
def test_its_activations(activation):
    theirs = made_up_activations.a_run(activation, 1, rate=2e-3)
    assert a.mlp(activation=activation, rate=2e-3, seed=theirs.seeds.data) == theirs


@pytest.mark.parametrize("setup", b.SETUPS)
def test_the_toy_and_the_digits_of_source_b(setup):
    assert b.toy(setup, rate=0.01, decay=5.0, data=20, init=21) == toy_run(setup, 0.01, 5.0, 20, 21)
    assert b.mnist(rate=1.0, decay=0.1, seed=22) == mnist_run(1.0, 0.1, 22)
    assert max(b.TOY_DECAYS[setup]) == b.LARGEST_DECAY[setup] and len(b.TOY_DECAYS[setup]) == len(b.TOY_RATES) == 21


@pytest.mark.parametrize("way", c.WAYS)
@pytest.mark.parametrize("network", c.NETWORKS)
def test_the_networks_of_source_c(network, way):
    assert c.recurrent(network, way, fraction=0.3, seed=160) == made_up_recurrent.a_run(network, way, 0.3, 5.0, 160)


@pytest.mark.parametrize("way", c.SWITCHES)
def test_its_switches(way):
    decay, to, at = c.SWITCHES[way]
    event = {} if at is None else {n: x for n, x in at.canonical().items() if n != "every"}
    assert c.switched(way, seed=9) == made_up_switching.a_run(decay, to, event, "float32", 9)


@pytest.mark.parametrize("decay", d.DECAYS)
def test_the_silenced_runs_of_source_d(decay):
    assert d.silenced(decay, seed=40) == made_up_norms.a_run("as coded", 40, eps=1e30, decay=decay)


def test_any_setting_may_be_another():
    assert a.transformer(precision="float64").precision == "float64"
    assert b.mnist(precision="float32").precision == "float32"
    assert c.switched("off", precision="float64").precision == "float64"
    assert a.mlp("MLP (code)", hidden=(8,)).model == gk.MLP(hidden=(8,), batch_norm=True)
    narrow = c.recurrent("LSTM", "Adam, dropout", width=8, size=4)
    assert narrow.model == gk.LSTM(hidden=8, embedding=8, dropout=0.5) and narrow.batch.size == 4


def test_the_evaluations_in_which_a_switch_waits_may_be_others_and_an_epoch_has_none():
    for way, (decay, to, at) in c.SWITCHES.items():
        moments = [switch.at for switch in c.switched(way, every=10).schedule.switches]
        assert moments == ([] if at is None else [at.model_copy(update={"every": 10} if at.is_event else {})])
        assert c.switching(decay, to, at) == c.switched(way)
