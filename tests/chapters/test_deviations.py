"""What the page of deviations says that we run is what the chapters and the library do."""

import numpy as np
import pytest
import torch
from promises import PAGE, says

import grokkit as gk
from grokkit.chapters.notebooks import find_chapter, planned
from grokkit.config.schedules import learning_rate_factor


@pytest.fixture(scope="module")
def asked():
    """The quickstart's experiments: source A's transformer, in both profiles that are published."""
    return [e for profile in ("evidence", "source") for e in planned(find_chapter("quickstart"), {"profile": profile})]


@pytest.mark.parametrize("p", [7, 11])
def test_as_coded_the_width_is_that_of_the_tokens_and_one_position_is_to_spare(p):
    task = gk.ModularAddition(p=p, summands=3).build()
    coded, fixed = gk.Transformer.source_a().build(task), gk.Transformer().build(task)
    assert (coded.width, fixed.width) == (p + 2, 128)
    assert len(coded.position) == 2 * 3 + 1 == task.inputs.shape[1] + 1
    assert says("Width", "width 128") and says("Positions", "the same")


def test_runs_are_drawn_and_warmed_up_as_coded(asked):
    for run in (run for each in asked for run in each.runs):
        assert run.batch == gk.Batch(size=512, sampling="replacement") and run.schedule.warmup == 10
        assert learning_rate_factor(run.schedule, np.arange(2)).tolist() == [0.0, 0.1]
        assert run.optimizer == gk.AdamW(learning_rate=1e-3, weight_decay=1.0, beta1=0.9, beta2=0.98)


def test_accuracies_are_of_the_sample_and_at_the_steps_that_are_named():
    assert gk.Measure().every == 100 and says("Validation accuracy", "then every 100 steps")
    for row in ("Training accuracy", "Validation accuracy"):
        assert says(row, f"at most {gk.Measure().sample:,}")


def test_a_run_stops_as_the_page_says(asked):
    assert max(each.until.steps for each in asked) == 100_000 and says("Budget", "100,000 steps")
    assert (gk.Until().extra, gk.Until().accuracy) == (5, 0.99)
    assert says("Stopping", "five evaluations after both accuracies have been seen at 99%")


@pytest.fixture(scope="module")
def networks():
    """The runs of the architectures chapter: their network as in its text and as in its code."""
    return [
        e
        for e in planned(find_chapter("architectures"), {"profile": "evidence"})
        if e.runs[0].model.kind != "transformer"
    ]


def test_mlp_and_lstm_are_run_as_in_the_text_and_as_coded(networks):
    runs = {(run.model, run.optimizer, run.schedule) for e in networks for run in e.runs}
    assert {run[0] for run in runs if run[0].kind == "mlp"} == {gk.MLP(), gk.MLP(batch_norm=True)}
    assert {run[1] for run in runs if run[0].kind == "mlp"} == {gk.AdamW(learning_rate=5e-4)}
    constant, divided = gk.Schedule(warmup=10), gk.Schedule(warmup=10, decay=0.01, decay_every=100)
    text = gk.LSTM(hidden=512, embedding=None), gk.AdamW(weight_decay=1.0), constant
    coded = gk.LSTM.source_a(), gk.AdamW(weight_decay=0.0), divided
    assert {run for run in runs if run[0].kind == "lstm"} == {text, coded}
    assert learning_rate_factor(divided, np.array([10, 109, 110, 10_010])).tolist() == [1, 1, 1 / 1.01, 0.5]
    assert says("Normalisation of the MLP", "`MLP(batch_norm=True)`")
    assert says("Weight decay of the LSTM", "0 as coded") and says("Directions of the LSTM", "two as coded")


def test_the_budget_and_the_fractions_of_mlp_and_lstm_are_those_of_the_page(networks):
    assert {e.until.steps for e in networks} == {20_000} and says("Budget of these networks", "20,000 steps")
    row = "Fractions of Figures 3 and 4"
    for fraction in {run.train_fraction for e in networks for run in e.runs}:
        assert says(row, f"{fraction:g}")
    lstms = {run.train_fraction for e in networks for run in e.runs if run.model.kind == "lstm"}
    assert min(lstms) == 0.4 and says(row, "LSTM: from 0.4")


def test_the_toy_has_the_pairs_of_its_code():
    pairs = gk.Addition(p=10).build().inputs.tolist()
    assert len(pairs) == 10 * 11 // 2 and [3, 3] in pairs
    assert "the code has $p(p+1)/2$" in PAGE


def test_recurrent_networks_are_trained_as_the_page_says():
    asked = planned(find_chapter("recurrent"), {"profile": "evidence"})
    runs = [run for each in asked for run in each.runs]
    assert {(run.task.p, run.task.framed) for run in runs} == {(91, True)}
    checked = planned(find_chapter("recurrent"), {"profile": "evidence", "check_seeds": 3})
    more = [run for each in checked for run in each.runs if run not in runs]
    assert len(more) == 18 and {run.task.p for run in more} == {113} and says_of_c("Modulus", "check_seeds 3")
    assert {run.batch for run in runs} == {gk.Batch(size=32, short_last=True)}
    assert {run.optimizer.kind for run in runs} == {"adamw"} and {run.init_scale for run in runs} == {1.0, 5.0}
    assert {(run.optimizer.beta1, run.optimizer.beta2) for run in runs} == {(0.9, 0.999)}
    pilots = [run for run in runs if run.seeds.data < 10]
    assert [run.optimizer.learning_rate for run in pilots] == [0.0003, 0.0003, 0.001, 0.001, 0.003, 0.003]
    assert {run.model.kind for run in pilots} == {"rnn"} and says_of_c("Learning rate", "by two runs each at")
    rates = {(run.model.kind, run.optimizer.learning_rate) for run in runs if run not in pilots}
    assert rates == {("lstm", 0.001), ("rnn", 0.003)} and says_of_c("Learning rate", "0.001, PyTorch's")
    assert {run.model.dropout for run in runs} == {0.0, 0.5}
    assert {(e.until.extra, e.until.accuracy) for e in asked} == {(5, 0.99)} and says_of_c(
        "Stopping", "five evaluations"
    )
    assert {e.measure.every for e in asked} == {500} and says_of_c("Accuracies", "every 500 steps")


def test_recurrent_networks_are_watched_as_the_page_says():
    asked = planned(find_chapter("recurrent"), {"profile": "evidence"})
    budgets = {(run.model.kind, run.optimizer.weight_decay, each.until.steps) for each in asked for run in each.runs}
    ours = {(kind, decay, steps) for kind, decay, steps in budgets if decay != 0.01}
    assert ours == {("lstm", 0.1, 150_000), ("rnn", 0.1, 200_000), ("lstm", 0.0, 200_000), ("rnn", 0.0, 200_000)}
    assert says_of_c("Budget", "150,000 steps at most, 200,000 for the RNN and where there is no weight decay")
    printed = [run for each in asked for run in each.runs if run.optimizer.weight_decay == 0.01]
    assert len(printed) == 4 and says_of_c("Weight decay", "0.01 is run once for each network and size of weights")
    longest = planned(find_chapter("recurrent"), {"profile": "source"})
    at_91 = {e.until.steps for e in longest for run in e.runs if run.task.p == 91}
    assert at_91 == {468_000, 780_000, 1_092_000} and "468,000, 780,000 and 1,092,000" in PAGE


def says_of_c(row, text):
    return says(row, text, "## Source C", columns=2)


def test_without_weight_decay_adamw_is_adam():
    starts = [torch.randn(5, generator=torch.Generator().manual_seed(1), dtype=torch.float64) for _ in range(2)]
    ours, theirs = (x.requires_grad_() for x in starts)
    rules = torch.optim.AdamW([ours], weight_decay=0.0), torch.optim.Adam([theirs])
    for _ in range(20):
        for x, rule in zip((ours, theirs), rules, strict=True):
            x.grad = 2 * x.detach() ** 3
            rule.step()
    assert torch.equal(ours, theirs)


def test_the_optimizers_run_as_the_page_says():
    [asked] = planned(find_chapter("optimizers"), {})
    assert asked.until.steps == 10_000 and says("Steps of Figure 5", "10,000 for all methods")
    assert {run.train_fraction for run in asked.runs} == {0.3, 0.4, 0.5, 0.8} and says("Fractions", "0.3, 0.5 and 0.8")
    rates = {run.optimizer.kind: run.optimizer.learning_rate for run in asked.runs}
    assert rates == {"sgd": 0.01, "nesterov": 0.01, "rmsprop": 0.01, "adam": 0.001, "adamw": 0.001}
    assert {run.optimizer.beta2 for run in asked.runs if run.optimizer.kind == "rmsprop"} == {0.98}
    assert {run.batch.size for run in asked.runs} == {128, 512} and says("Small batch", "as coded")
    methods = {}
    for run in asked.runs:
        methods.setdefault(run.seeds.init, set()).add((run.optimizer, run.batch, run.model))
    assert all(len(sharing) == 1 for sharing in methods.values()) and says("Seeds of methods", "no two methods share")
