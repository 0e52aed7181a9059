"""The engine: a run takes the same steps wherever it is placed, and those are the steps of the ordinary loop."""

import json
from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import pytest
import torch
from paths import GOLDEN
from torch.utils._pytree import tree_leaves
from twins import put_back_on_the_sphere, snapshot_after, twin

from grokkit import (
    LSTM,
    MLP,
    RNN,
    SAM,
    SGD,
    Adam,
    AdamW,
    Batch,
    ClampedAdamW,
    GrokfastMA,
    Measure,
    ModularAddition,
    Muon,
    Nesterov,
    RMSProp,
    Run,
    Schedule,
    Seeds,
    Transformer,
    Until,
)
from grokkit.config.run import NUMERICS
from grokkit.config.sampling import batch_positions
from grokkit.engine import Session, Shape, Stack, Trajectory, compiler, kernel
from grokkit.engine.compiler import compiled_by_form
from grokkit.metrics import l2_norm
from grokkit.models.batch_norm import BatchNorm
from grokkit.models.dropout import Noise, noise_words
from grokkit.models.initialisers import INITIALISERS
from grokkit.models.shared import build_shared
from grokkit.tasks import split_order

EXACT, DRAWN = (GOLDEN / f"numerics-{NUMERICS}{x}.json" for x in ("", "-drawn"))
TINY = Transformer(layers=2, width=16, heads=2, head_width=8, feed_forward=32)
UNTIL, MEASURE = Until(steps=16, accuracy=None), Measure(every=7, sample=16)

RUN = Run(task=ModularAddition(p=7), model=TINY, optimizer=AdamW(), batch=Batch(size=8), precision="float64")
FAMILIES = {
    "transformer": RUN,
    "source A's transformer": RUN.model_copy(update={"model": Transformer.source_a()}),
    "one layer": RUN.model_copy(update={"model": TINY.model_copy(update={"layers": 1, "norm": "none"})}),
    "mlp": RUN.model_copy(update={"model": MLP(hidden=(16, 8))}),
    "toy": RUN.model_copy(
        update={"model": MLP(hidden=(16,), embedding=1, activation="tanh"), "batch": Batch(size=None)}
    ),
    "rnn": RUN.model_copy(update={"model": RNN(hidden=8, embedding=4)}),
    "lstm": RUN.model_copy(update={"model": LSTM(hidden=8, embedding=None, bidirectional=True)}),
    "short last batches": RUN.model_copy(update={"model": MLP(hidden=(16,)), "batch": Batch(size=8, short_last=True)}),
    "sam": RUN.model_copy(update={"model": MLP(hidden=(16,)), "optimizer": SAM(rho=0.1)}),
    "heavy ball": RUN.model_copy(update={"model": MLP(hidden=(16,)), "optimizer": SGD(momentum=0.9)}),
    "nesterov": RUN.model_copy(update={"model": MLP(hidden=(16,)), "optimizer": Nesterov(momentum=0.9)}),
    "rmsprop": RUN.model_copy(update={"model": MLP(hidden=(16,)), "optimizer": RMSProp()}),
    "muon": RUN.model_copy(update={"model": TINY.model_copy(update={"layers": 1}), "optimizer": Muon(ns_steps=2)}),
    "grokfast": RUN.model_copy(update={"model": MLP(hidden=(16,)), "optimizer": GrokfastMA(window=3)}),
    "clamped": RUN.model_copy(update={"model": MLP(hidden=(16,)), "optimizer": ClampedAdamW()}),
    "adam": RUN.model_copy(update={"model": MLP(hidden=(16,)), "optimizer": Adam()}),
    "batch norm": RUN.model_copy(update={"model": MLP(hidden=(16, 8), batch_norm=True)}),
    "dropout": RUN.model_copy(update={"model": TINY.model_copy(update={"dropout": 0.1})}),
    "batch norm and dropout": RUN.model_copy(update={"model": MLP(hidden=(16,), batch_norm=True, dropout=0.2)}),
    "float32": RUN.model_copy(update={"precision": "float32"}),
}
families = pytest.mark.parametrize("run", FAMILIES.values(), ids=FAMILIES)


def varied(run, count):
    """Runs that differ in everything a stack may hold together; the last of four is warm after nine steps."""
    return [
        run.model_copy(
            update={
                "seeds": Seeds(data=i, init=10 + i, batch=20 + i),
                "train_fraction": 0.3 + (0.1 * i if run.batch.size else 0),
                "schedule": Schedule(warmup=3 * i),
                "optimizer": run.optimizer.model_copy(
                    update={"learning_rate": 1e-3 * (i + 1), "weight_decay": 0.5 * i}
                ),
            }
        )
        for i in range(count)
    ]


def start(run, compiled=False):
    ready = kernel(Shape.of(run), torch.device("cpu"), compiled)
    return Trajectory.start(run, ready.task)


def trained(trajectories, slots, compiled=False, until=UNTIL):
    """Every trajectory at its end, in the order given, from a stack of `slots`."""
    runs = [t.run for t in trajectories]
    ready = kernel(Shape.of(runs[0]), torch.device("cpu"), compiled)
    session = Session(Stack(ready, trajectories[:slots]), iter(trajectories[slots:]), until, MEASURE)
    ended = {}
    while session.active:
        for event in session.proceed():
            if event.status:
                ended[event.trajectory.run.key] = event.trajectory
    return [ended[run.key] for run in runs]


def assert_identical(ours, theirs):
    assert ours.steps == theirs.steps
    for step, row, reference in zip(ours.steps, ours.rows, theirs.rows, strict=True):
        assert row == reference, step


@families
def test_a_run_is_bitwise_the_same_alone_in_stacks_and_after_refills(run):
    runs = varied(run, 4)  # with short last batches, neighbours are padded at different steps
    until = Until(steps=10, accuracy=None)
    alone = [trained([start(r)], slots=1, until=until)[0] for r in runs]
    for slots, order in ((4, (3, 1, 0, 2)), (2, (0, 1, 2, 3)), (3, (2, 0, 3, 1))):
        together = trained([start(runs[i]) for i in order], slots, until=until)
        for place, i in enumerate(order):
            assert_identical(together[place], alone[i])


class Marked(SGD):
    """A rule whose state after a step is the same for every run."""

    kind: Literal["marked"] = "marked"

    @classmethod
    def start_all(cls, params, n):
        return {"mode": torch.zeros(())}

    @classmethod
    def update_all(cls, grad_of, params, state, n):
        return grad_of(params), {"mode": torch.ones(())}


def test_a_refill_leaves_its_neighbours_what_a_step_returned_for_all():
    run = FAMILIES["mlp"].model_copy(update={"optimizer": Marked()})
    ready = kernel(Shape.of(run), torch.device("cpu"), False)
    stack = Stack(ready, [start(run), start(run)])
    stack.advance(2)
    stack.load(0, start(run))
    assert [stack.snapshot(slot).state["mode"].item() for slot in (0, 1)] == [0, 1]


EVERYTHING = RUN.model_copy(
    update={"model": MLP(hidden=(16,), batch_norm=True, dropout=0.2), "optimizer": SAM(rho=0.1)}
)
COMPILED = {
    "transformer": RUN.model_copy(update={"model": TINY.model_copy(update={"layers": 1})}),
    "lstm": RUN.model_copy(update={"model": LSTM(hidden=8, embedding=4)}),
    "mlp with everything": EVERYTHING,
}
"""A second layer, a second direction or a plainer network brings no other kind of operation, and takes a minute."""

compiling = pytest.mark.usefixtures("compiler")


@compiling
@pytest.mark.parametrize("family", COMPILED)
def test_compiled_runs_are_bitwise_the_same_at_any_place_and_follow_the_uncompiled(family):
    """One tiny compiled shape per family of models: full shapes have a command of their own."""
    runs = varied(COMPILED[family], 3)
    first = trained([start(r, compiled=True) for r in runs], slots=2, compiled=True)
    other = trained([start(r, compiled=True) for r in reversed(runs)], slots=2, compiled=True)
    for ours, moved in zip(first, reversed(other), strict=True):
        assert_identical(ours, moved)
    plain = trained([start(runs[0])], slots=1)[0]
    for ours, reference in zip(first[0].rows, plain.rows, strict=True):
        assert ours == pytest.approx(reference, rel=1e-9, abs=1e-11)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_warm_up_leaves_no_trace(compiled, request):
    if compiled:
        request.getfixturevalue("compiler")
    run = EVERYTHING
    ready = kernel(Shape.of(run), torch.device("cpu"), compiled)
    stack, first = Stack(ready, [start(run), start(run)]), start(run)
    stack.warm_up(16)
    assert same(stack.snapshot(1), first)
    stack.advance(2)
    taken = stack.snapshot(1)
    stack.advance(1)
    assert not same(taken, first) and not same(taken, stack.snapshot(0))


@compiling
def test_what_is_compiled_is_told_apart_by_names_and_shapes_and_reads_its_own_constants():
    """Graphs of equal form share a place in PyTorch's cache: each must still read its own table."""
    two, three = (compiled_by_form(scaled_difference(torch.tensor([factor, 1.0]))) for factor in (2.0, 3.0))
    a, b, x = (torch.tensor([value]) for value in (1.0, 10.0, 100.0))
    assert two({"a": a, "b": b}, x) == {"it": torch.tensor([92.0])}
    assert three({"a": a, "b": b}, x) == {"it": torch.tensor([93.0])}
    assert two({"b": b, "a": a}, x) == {"it": torch.tensor([92.0])}
    assert two({"a": a, "b": b}, torch.stack([x, x]))["it"].tolist() == [[92.0], [92.0]]


@compiling
def test_a_library_that_a_killed_process_left_half_written_is_made_again(tmp_path, monkeypatch):
    from torch._inductor.exc import InductorError

    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    broken, compile_once = tmp_path / "half.so", compiler._compile

    def first_time_broken(*arguments):
        if broken.exists():
            raise InductorError(ImportError(f"{broken}: file too short"), None)
        return compile_once(*arguments)

    broken.touch()
    monkeypatch.setattr(compiler, "_compile", first_time_broken)
    a, x = torch.tensor([1.0]), torch.tensor([100.0])
    assert compiled_by_form(scaled_difference(torch.tensor([2.0])))({"a": a, "b": a}, x) == {
        "it": torch.tensor([101.0])
    }
    assert not broken.exists()
    monkeypatch.setattr(
        compiler, "_compile", lambda *_: (_ for _ in ()).throw(InductorError(RuntimeError("other"), None))
    )
    with pytest.raises(InductorError, match="other"):
        compiled_by_form(scaled_difference(torch.tensor([3.0])))({"a": a, "b": a}, x)


def scaled_difference(table):
    return lambda tree, x: {"it": tree["a"] * table[0] - tree["b"] + x}


def same(ours, theirs):
    trees = ((t.params, t.state, t.buffers) for t in (ours, theirs))
    return all(torch.equal(a, b) for a, b in zip(*map(tree_leaves, trees), strict=True))


WITHOUT = {SAM: {"rho": 0.0}, Muon: {"tables": ("",)}, GrokfastMA: {"lamb": 0.0}}
"""What makes an optimizer its base, which PyTorch has."""


@families
def test_steps_are_those_of_the_ordinary_loop(run):
    """nn.Module and nn.BatchNorm1d, torch.optim, warm-up by LambdaLR; losses and gradient norms of every step."""
    without = WITHOUT.get(type(run.optimizer), {})
    run = run.model_copy(update={"optimizer": run.optimizer.model_copy(update=without)})
    [run] = varied(run, 3)[2:]
    session_measure = Measure(every=1, sample=16)
    ready = kernel(Shape.of(run), torch.device("cpu"), False)
    session = Session(Stack(ready, [start(run)]), iter([]), Until(steps=20, accuracy=None), session_measure)
    while session.active:
        [event] = session.proceed()
    logged = ("batch_loss", "batch_accuracy", "gradient_l2", "gradient_linf", "val_loss_full", "parameter_l2")
    ours = np.array([[row[n] for n in logged if n != "val_loss_full"] for row in event.trajectory.rows[1:]])
    reference, val_loss = ordinary_loop(run, 20)
    tolerance = 1e-11 if run.precision == "float64" else 2e-2
    np.testing.assert_allclose(ours, reference, rtol=tolerance, atol=tolerance)
    # Less exact: before BatchNorm a bias has no gradient but rounding, and AdamW divides that by eps.
    assert event.trajectory.rows[-1]["val_loss_full"] == pytest.approx(val_loss, rel=10 * tolerance)


def ordinary_loop(run, steps):
    task = run.task.build()
    torch.manual_seed(run.seeds.init)
    drops = getattr(run.model, "dropout", 0) > 0  # then masks are drawn for what is computed
    model = with_pytorchs_own_norms(build_shared(run.model, task) if drops else run.model.build(task))
    model = model.to(torch.float64 if run.precision == "float64" else torch.float32)
    takes_noise = getattr(model, "takes_noise", False)
    optimizer = twin(run.optimizer, model.parameters())
    warmup = run.schedule.warmup
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min(s / warmup, 1.0) if warmup else 1.0)
    order, n = split_order(task.examples, run.seeds.data), run.train_examples
    radius, rows = l2_norm(dict(model.named_parameters())).detach(), []
    for step in range(steps):
        positions, _ = batch_positions(run.batch, run.seeds.batch, n, step, 1)
        batch = order[torch.from_numpy(np.array(positions[0]))]
        noise = [Noise(torch.from_numpy(noise_words(run.seeds.batch, step, 1)[0]))] if takes_noise else []
        logits = model(task.inputs[batch], *noise)
        loss = torch.nn.functional.cross_entropy(logits, task.targets[batch])
        optimizer.zero_grad()
        loss.backward()
        gradient = torch.cat([x.grad.flatten() for x in model.parameters()])
        optimizer.step()
        if isinstance(run.optimizer, ClampedAdamW):
            put_back_on_the_sphere(radius, list(model.parameters()))
        schedule.step()
        accuracy = (logits.argmax(-1) == task.targets[batch]).float().mean()
        weights = torch.cat([x.detach().flatten() for x in model.parameters()])
        rows.append(
            [loss.item(), accuracy.item(), gradient.norm().item(), gradient.abs().max().item(), weights.norm().item()]
        )
    model.eval()
    with torch.no_grad():
        val_loss = torch.nn.functional.cross_entropy(model(task.inputs[order[n:]]), task.targets[order[n:]]).item()
    return np.array(rows), val_loss


def with_pytorchs_own_norms(model):
    for name, module in list(model.named_modules()):
        if isinstance(module, BatchNorm):
            model.set_submodule(name, torch.nn.BatchNorm1d(len(module.weight)))
    return model


@families
def test_resumed_equals_straight(run):
    [run] = varied(run, 2)[1:]
    straight = trained([start(run)], slots=1)[0]
    ready = kernel(Shape.of(run), torch.device("cpu"), False)
    session = Session(Stack(ready, [start(run)]), iter([]), UNTIL, MEASURE)
    while session.stack.slots[0].t < 14:
        list(session.proceed())
    taken = session.stack.snapshot(0)
    assert 0 < taken.t < UNTIL.steps
    assert_identical(trained([replace(taken)], slots=1)[0], straight)


def test_methods_do_not_share_a_graph():
    """Runs of one shape take one rule's steps."""
    shapes = {Shape.of(run) for run in FAMILIES.values() if run.model == MLP(hidden=(16,)) and run.batch.size}
    assert len(shapes) == 8  # short last batches (AdamW), and a method each


def test_each_seed_changes_the_trajectory_by_itself():
    ends = [
        trained([start(RUN.model_copy(update={"seeds": seeds}))], 1)[0].rows[-1]["train_loss"]
        for seeds in (Seeds(), Seeds(data=1), Seeds(init=1), Seeds(batch=1))
    ]
    assert len(set(ends)) == 4


def test_initial_weights_are_scaled_all_of_them_and_runs_of_all_scales_share_a_stack():
    plain, scaled = RUN, RUN.model_copy(update={"init_scale": 5.0})
    assert Shape.of(scaled) == Shape.of(plain)
    ours, reference = start(scaled).params, start(plain).params
    assert any(x.any() for name, x in reference.items() if name.endswith("bias"))
    assert all(torch.equal(x, 5 * reference[name]) for name, x in ours.items())


@pytest.mark.parametrize("model", [Transformer.source_a(), TINY, MLP(hidden=(16,), batch_norm=True), LSTM(hidden=8)])
def test_initialisers_draw_every_matrix_and_leave_vectors_alone(model):
    plain = RUN.model_copy(update={"model": model})
    assert get_args(Run.model_fields["initialiser"].annotation) == ("model", *INITIALISERS)
    reference = start(plain).params
    for name in INITIALISERS:
        run = plain.model_copy(update={"initialiser": name})
        assert Shape.of(run) == Shape.of(plain)
        for key, x in start(run).params.items():
            assert torch.equal(x, reference[key]) == (x.dim() < 2), key
            assert torch.equal(x, start(run).params[key])


def test_initialisers_have_the_spread_that_they_are_named_for():
    shapes = {name: x.shape for name, x in start(RUN).params.items() if x.dim() > 1}
    for name, (out, into) in shapes.items():
        drawn = {kind: start(RUN.model_copy(update={"initialiser": kind})).params[name] for kind in INITIALISERS}
        short = drawn["orthogonal"] if out <= into else drawn["orthogonal"].T
        torch.testing.assert_close(short @ short.T, torch.eye(min(out, into), dtype=short.dtype), rtol=0, atol=1e-5)
        for kind, bound in (("xavier_uniform", (6 / (out + into)) ** 0.5), ("kaiming_uniform", into**-0.5)):
            assert 0.8 * bound < drawn[kind].abs().max() <= bound * (1 + 1e-6), (kind, name)


def test_running_averages_follow_the_first_gradient_of_a_step_alone():
    run = FAMILIES["batch norm"]
    ends = [snapshot_after(run.model_copy(update={"optimizer": rule}), 1) for rule in (AdamW(), SAM(rho=1.0))]
    assert not torch.equal(*(end.params["layers.0.weight"] for end in ends))
    assert ends[0].buffers["norms.0.running_mean"].any()
    assert all(torch.equal(x, ends[1].buffers[name]) for name, x in ends[0].buffers.items())


def test_constants_of_a_model_are_not_carried():
    for model in (Transformer.source_a(), Transformer.power()):
        assert start(RUN.model_copy(update={"model": model})).buffers == {}


def test_pytorchs_own_buffers_are_carried_too():
    ours = snapshot_after(FAMILIES["batch norm"], 2).buffers
    theirs = snapshot_after(RUN.model_copy(update={"model": WithPyTorchsNorms(hidden=(16, 8))}), 2).buffers
    assert theirs["norms.0.num_batches_tracked"] == theirs["norms.1.num_batches_tracked"] == 2
    for name, x in ours.items():
        torch.testing.assert_close(theirs[name], x, rtol=0, atol=1e-9)


class WithPyTorchsNorms(MLP):
    """A model as a reader might write it."""

    batch_norm: bool = True

    def build(self, task):
        return with_pytorchs_own_norms(super().build(task))


def test_a_run_on_a_larger_batch_is_another_run():
    runs = [RUN, RUN.model_copy(update={"batch": Batch(size=9)})]
    ends = [trained([start(run)], 1)[0].rows[-1]["train_loss"] for run in runs]
    assert ends[0] != ends[1]


@pytest.mark.skipif(not torch.cpu.get_capabilities().get("avx512_bf16"), reason="bfloat16 needs hardware that has it")
def test_bfloat16_rounds_products_only():
    run = RUN.model_copy(update={"precision": "bfloat16"})
    trajectory = trained([start(run)], 1)[0]
    exact = trained([start(RUN)], 1)[0]
    assert all(x.dtype == torch.float32 for x in trajectory.params.values())
    loss, reference = trajectory.rows[-1]["train_loss"], exact.rows[-1]["train_loss"]
    assert loss != reference
    assert loss == pytest.approx(reference, rel=0.05)


def golden_trajectories(begin):
    """Final measurements of fixed float64 runs from where `begin` starts them."""
    runs = {name: varied(run, 2)[1] for name, run in FAMILIES.items() if run.precision == "float64"}
    return {name: trained([begin(run)], 1)[0].rows[-1] for name, run in runs.items()}


def start_exactly(run):
    """From weights that are the same on every machine, where the model would draw some."""
    trajectory, random = start(run), np.random.Generator(np.random.PCG64(run.seeds.init))
    drawn = {name: torch.from_numpy(random.random(x.shape) - 0.5) for name, x in trajectory.params.items()}
    params = {name: drawn[name] if len(x.unique()) > 1 else x for name, x in trajectory.params.items()}
    return replace(trajectory, params=params, state=run.optimizer.init(params))


@pytest.mark.parametrize(("begin", "file", "close"), [(start_exactly, EXACT, 1e-9), (start, DRAWN, 1e-6)])
def test_golden_trajectory(begin, file, close):
    """A change beyond 1e-9 from exact weights needs a new NUMERICS, whose files this file makes:

    `PYTHONPATH=tests/support python tests/engine/test_engine.py`.

    Drawn weights are float32, and PyTorch's normal draws differ in the last of their 24 bits between processors with
    AVX2 and without: 1e-7 before any step, and no more after these.
    """
    golden, ours = json.loads(file.read_text()), golden_trajectories(begin)
    assert ours.keys() == golden.keys()
    for name, row in golden.items():
        assert ours[name] == pytest.approx(row, rel=close, abs=close), name


if __name__ == "__main__":
    torch.set_num_threads(1)
    EXACT.parent.mkdir(exist_ok=True)
    for begin, file in ((start_exactly, EXACT), (start, DRAWN)):
        file.write_text(json.dumps(golden_trajectories(begin), indent=1) + "\n")
