"""The page "Add a task, a model, an optimizer": its code runs as it stands, and computes what the page says."""

import re
import subprocess
import sys
from typing import ClassVar, Literal

import pytest
import torch
from paths import ROOT
from tiny import MEASURE, digests
from torch.func import functional_call

import grokkit as gk
from grokkit.engine import Shape

PAGE = ROOT / "book" / "extend.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
SHORT = gk.Until(steps=40, accuracy=None)
STEPS = 50


@pytest.fixture(scope="module")
def page():
    """What the page's blocks define, run in order, without training; the library's tables are as before afterwards."""
    tables = gk.TASKS, gk.MODELS, gk.OPTIMIZERS
    before = [dict(table._classes) for table in tables]
    space = {"__name__": "page"}
    for block in [*BLOCKS[:-1], BLOCKS[-1].split("records = ")[0]]:
        exec(block, space)
    yield space
    for table, classes in zip(tables, before, strict=True):
        table._classes = classes


@pytest.mark.parametrize("block", BLOCKS, ids=["task", "model", "optimizer", "matrices", "network", "call"])
def test_each_takes_twenty_lines_at_most(block):
    lines = [line for line in block.splitlines() if line.strip()]
    assert 0 < len(lines) <= 20
    assert max(map(len, lines)) <= 72  # what fits beside the margins


def test_the_blocks_run_in_order_and_leave_records(tmp_path):
    """In a process of its own, as a reader would; a shorter budget is all that is changed."""
    code = "\n".join(BLOCKS)
    assert code.count("steps=5_000") == 1
    script = tmp_path / "script.py"
    script.write_text(code.replace("steps=5_000", "steps=40"), encoding="utf-8")
    printed = subprocess.run([sys.executable, script], check=True, cwd=tmp_path, capture_output=True, text=True).stdout
    assert printed.split()[:3] == ["t_train", "t_val", "observed_to"]
    records = gk.Store(tmp_path / "my-runs").read().values()
    assert sorted(record.config.get("seeds", {}).get("init", 0) for record in records) == [0, 1, 2]


def test_the_table_holds_the_sums_of_squares(page):
    task = page["SumOfSquares"](p=11).build()
    assert {(a, b): int(c) for (a, b), c in zip(task.inputs.tolist(), task.targets, strict=True)} == {
        (a, b): (a * a + b * b) % 11 for a in range(11) for b in range(11)
    }
    assert page["SumOfSquares"](p=11).examples == task.examples == 121


def test_the_network_is_the_square_of_summed_embeddings(page):
    task = page["SumOfSquares"](p=5).build()
    module = page["SquareNetwork"](width=16).build(task).double()
    a, b = task.inputs.T
    hidden = (module.tables[0, a] + module.tables[1, b]) ** 2 / 2
    torch.testing.assert_close(
        module(task.inputs), hidden @ module.readout.weight.T + module.readout.bias, rtol=0, atol=1e-12
    )


def test_the_rule_is_that_of_torch(page):
    """Steps in float64 from the page's own network and task, beside `torch.optim.SGD`."""
    rule, task = page["Momentum"](learning_rate=0.1, momentum=0.8, weight_decay=0.01), page["SumOfSquares"](p=7).build()
    module = page["SquareNetwork"](width=8).build(task).double()
    params = {name: x.detach().clone() for name, x in module.named_parameters()}
    hyper = {name: torch.tensor(x, dtype=torch.float64) for name, x in rule.hyper.items()}
    sgd = torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.8, weight_decay=0.01)

    def loss_of(params):
        return task.loss(functional_call(module, params, (task.inputs,)), task.targets).mean()

    state = rule.init(params)
    for t in range(1, STEPS + 1):
        params, state = rule.step(torch.func.grad(loss_of), params, state, torch.tensor(float(t)), hyper)
        sgd.zero_grad()
        loss_of(dict(module.named_parameters())).backward()
        sgd.step()
    for name, x in module.named_parameters():
        torch.testing.assert_close(params[name], x.detach(), rtol=0, atol=1e-12)


def test_a_stack_of_all_three_equals_each_alone(page, tmp_path):
    runs = [gk.Run(**dict(run) | {"precision": "float64"}) for run in page["runs"]]
    asked = dict(until=SHORT, measure=MEASURE)
    together = gk.train(runs, **asked, store=str(tmp_path / "together"))
    for run, one in zip(runs, together, strict=True):
        [alone] = gk.train([run], **asked, store=str(tmp_path / "alone"))
        for name in ("train_loss", "val_loss", "gradient_l2", "parameter_l2"):
            torch.testing.assert_close(alone.curves[name], one.curves[name], rtol=1e-6, atol=0, equal_nan=True)
    assert len(set(digests(together))) == 3
    assert all(one.curves["train_loss"][-1] < one.curves["train_loss"][0] for one in together)


def test_a_kind_that_is_taken_is_refused(page):
    """As when a notebook's cell is run again: the class is another, its `kind` the same."""
    with pytest.raises(gk.BadInput, match="Task 'my_squares' is already SumOfSquares"):
        exec(BLOCKS[0], {})


def numbers_of(rule):
    return {name: torch.tensor(x, dtype=torch.float64) for name, x in rule.hyper.items()}


def one_step(rule, params, gradient):
    one = torch.tensor(1.0, dtype=torch.float64)
    return rule.step(lambda _: gradient, params, rule.init(params), one, numbers_of(rule))[0]


def test_the_matrices_take_orthogonal_steps_and_vectors_those_of_adamw(page):
    draw = torch.Generator().manual_seed(0)
    params = {name: torch.randn(size, generator=draw).double() for name, size in (("w", (5, 3)), ("b", (3,)))}
    settings = {"learning_rate": 0.01, "weight_decay": 0.5}
    many = page["Muon"](ns_steps=40, **settings)
    after, adamw = one_step(many, params, params), one_step(gk.AdamW(**settings), params, params)
    values = torch.linalg.svdvals((params["w"] - after["w"]) / 0.01)
    torch.testing.assert_close(values, torch.ones_like(values), rtol=0, atol=1e-9)
    assert torch.equal(after["b"], adamw["b"])


@pytest.mark.parametrize("longest", [0.3, 30.0])
def test_the_clipped_gradient_is_that_of_torch(page, longest):
    """In sizes of which Adam is not blind: eps is large beside the gradient."""
    params = {"w": torch.ones(5, 3, dtype=torch.float64), "b": torch.full((3,), 2.0, dtype=torch.float64)}
    theirs = {name: torch.nn.Parameter(x.clone()) for name, x in params.items()}
    for x in theirs.values():
        x.grad = x.detach().clone()
    torch.nn.utils.clip_grad_norm_(list(theirs.values()), longest)
    torch.optim.AdamW(theirs.values(), lr=0.1, weight_decay=0.0, eps=10.0).step()
    after = one_step(page["Clipped"](longest=longest, learning_rate=0.1, weight_decay=0.0, eps=10.0), params, params)
    for name, x in theirs.items():
        torch.testing.assert_close(after[name], x.detach(), rtol=0, atol=1e-6)


def run_of(page, optimizer):
    settings = {"train_fraction": 0.7, "batch": gk.Batch(size=None), "precision": "float64"}
    return gk.Run(task=page["SumOfSquares"](p=7), model=page["SquareNetwork"](width=8), optimizer=optimizer, **settings)


def test_runs_that_differ_in_an_integer_do_not_share_what_they_compute(page, tmp_path):
    """They had two keys, one graph, and the same curves to the bit; of each pair in one call only one was computed."""
    runs = [run_of(page, page["Muon"](learning_rate=0.03, ns_steps=steps)) for steps in (5, 1)]
    assert Shape.of(runs[0]) != Shape.of(runs[1])
    asked = dict(until=SHORT, measure=MEASURE)
    together = gk.train(runs, **asked, store=str(tmp_path / "together"))
    alone = [gk.train([run], **asked, store=str(tmp_path / run.key))[0] for run in runs]
    assert digests(together) == digests(alone)
    assert together[0].curves["train_loss"][-1] != together[1].curves["train_loss"][-1]


OPTIMIZER = """
class Longer(gk.OptimizerConfig):
    kind: Literal["my_longer"] = "my_longer"
    {setting}

    def update(g, x, s, n):
        return x - n.learning_rate * {factor} * g, {{}}
"""


def longer(setting, factor="1.0"):
    space = {"__name__": "longer", "gk": gk, "torch": torch, "Literal": Literal, "ClassVar": ClassVar}
    exec(OPTIMIZER.format(setting=setting, factor=factor), space)
    return space["Longer"]


SETTINGS = [
    ("times: int = 2", "n.times", 3),
    ("times: bool = False", "(1 + n.times)", True),
    ("times: str = 'ab'", "len(n.times)", "a"),
    ("times: Literal['twice', 'once'] = 'twice'", "(1 + (n.times == 'twice'))", "once"),
    ("times: tuple[float, ...] = (1.5, 0.5)", "sum(n.times)", (1.5,)),
    ("times: tuple[tuple[int, int], ...] = ((1, 2),)", "n.times[0][1]", ((1, 3),)),
    ("times: float | None = None", "(n.times or 2)", 0.5),
    ("times: int | float = 2", "(2 + isinstance(n.times, float))", 2.5),
    ("times: gk.Batch = gk.Batch()", "n.times.size", gk.Batch(size=7)),
    ("times: float = 2.0", "n.times", 3.0),
]


@pytest.mark.parametrize(("setting", "factor", "other"), SETTINGS, ids=[setting for setting, _, _ in SETTINGS])
def test_a_setting_of_any_kind_tells_keys_apart_and_reaches_the_update(page, setting, factor, other):
    """A float by its number in the graph that runs share, all else by a graph of its own; also out of its JSON."""
    kind = longer(setting, factor)
    rules, runs = [kind(), kind(times=other)], []
    gk.OPTIMIZERS._classes["my_longer"] = kind  # the fixture takes it out again
    for rule in rules:
        run = run_of(page, rule)
        runs.append(gk.Run.from_json(run.to_json()))
        assert runs[-1] == run and runs[-1].key == run.key
    assert runs[0].key != runs[1].key
    assert (Shape.of(runs[0]) == Shape.of(runs[1])) == isinstance(rules[0].times, float)
    params = {"x": torch.zeros(2, dtype=torch.float64)}
    steps = [one_step(run.optimizer, params, {"x": torch.ones(2).double()})["x"] for run in runs]
    assert not torch.equal(*steps)


def test_a_number_cannot_be_read_past_the_graphs_own():
    """It would be one run's in the graph of all: settings come by `n` alone."""
    kind = longer("times: float = 2.0", "Longer.times")
    with pytest.raises(AttributeError):
        one_step(kind(), {"x": torch.zeros(2)}, {"x": torch.ones(2)})
    with pytest.raises(AttributeError, match="There is no 'time' here; there are times, "):
        one_step(longer("times: int = 2", "n.time")(), {"x": torch.zeros(2)}, {"x": torch.ones(2)})


REFUSED = {
    "learning_rate: int = 1": "learning_rate: a schedule scales it, so its type must be float.",
    "t: float = 1.0": "t: an update finds the number of its step there; choose another name.",
    "times: complex = 1j": "Object of type complex is not JSON serializable; a setting is a number, a text,",
}


@pytest.mark.parametrize("setting", REFUSED)
def test_a_setting_that_no_step_could_be_given_is_refused_before_any_work(setting):
    name, said = setting.split(":")[0], REFUSED[setting]
    kind = longer(setting)
    with pytest.raises(gk.BadInput, match=re.escape(said)):
        kind() if name != "times" else kind(times=2j)


@pytest.mark.parametrize(("name", "instead"), [("step", "update or update_all"), ("init", "start or start_all")])
def test_a_class_whose_update_would_never_be_called_is_refused(name, instead):
    with pytest.raises(gk.BadInput, match=f"Longer {name}: an optimizer is written as {instead}; `{name}` calls them"):
        longer(f"{name} = staticmethod(lambda *_: None)")


def test_a_schedule_cannot_switch_what_is_no_float(page):
    at = gk.Moment(step=3)
    run = run_of(page, page["Muon"]())
    for setting, said in (("ns_steps", "which is no float; a schedule can change learning_rate, "), ("ns", "unknown")):
        switch = gk.Switch(setting=setting, to=1.0, at=at)
        with pytest.raises(gk.BadInput, match=said):
            gk.Run(**dict(run) | {"schedule": gk.Schedule(switches=(switch,))})


@pytest.mark.parametrize("count", [1, 5])
def test_a_constant_of_the_class_reaches_the_update(count):
    kind = longer(f"times: ClassVar[int] = {count}", "Longer.times")
    assert kind(learning_rate=1).hyper == {"learning_rate": 1.0}
    assert one_step(kind(learning_rate=1), {"x": torch.zeros(2)}, {"x": torch.ones(2)})["x"].tolist() == [-count] * 2


def test_a_float_whose_default_is_written_as_an_integer_reaches_the_update():
    assert longer("weight_decay: float = 0")().hyper == {"learning_rate": 1e-3, "weight_decay": 0.0}
    with pytest.raises(gk.BadInput, match="Longer weight_decay: input should be a valid number; None came"):
        longer("weight_decay: float = None")()


SCRIPT = """
{classes}

if {condition}:
    gk.train(runs, until=gk.Until(steps=10), store="out", workers=2)
"""


def in_two_processes(folder, condition, how):
    classes = "\n".join(BLOCKS).split("records = ")[0]
    (folder / "script.py").write_text(SCRIPT.format(classes=classes, condition=condition), encoding="utf-8")
    return subprocess.run([sys.executable, *how], cwd=folder, capture_output=True, text=True)


def test_a_script_trains_on_two_processes(tmp_path):
    done = in_two_processes(tmp_path, '__name__ == "__main__"', ["script.py"])
    assert done.returncode == 0, done.stderr
    assert len(gk.Store(tmp_path / "out")) == 3


def test_where_processes_cannot_see_the_classes_they_say_so(tmp_path):
    """A notebook has no file that a fresh process could import; neither has code that is handed to `python -c`."""
    done = in_two_processes(tmp_path, "True", ["-c", "exec(open('script.py').read())"])
    assert done.returncode != 0
    assert "Task 'my_squares' is unknown" in done.stderr
