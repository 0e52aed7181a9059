"""The page "Add a task, a model, an optimizer": its code runs as it stands, and computes what the page says."""

import re
import subprocess
import sys
from pathlib import Path
from typing import ClassVar, Literal

import pytest
import torch
from tiny import MEASURE, digests
from torch.func import functional_call

import grokkit as gk

PAGE = Path(__file__).parents[1] / "book" / "extend.md"
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


@pytest.mark.parametrize("block", BLOCKS, ids=["task", "model", "optimizer", "call"])
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


def orthogonalised(matrix, steps):
    """Newton and Schulz's iteration, as Muon takes it."""
    x = matrix / matrix.norm()
    for _ in range(steps):
        x = 1.5 * x - 0.5 * x @ x.mT @ x
    return x


MUON = """
class Muon(gk.OptimizerConfig):
    kind: Literal["my_muon"] = "my_muon"
    momentum: float = 0.95
    {setting}

    @staticmethod
    def init(params):
        return {{name: torch.zeros_like(x) for name, x in params.items()}}

    @staticmethod
    def step(grad_of, params, state, t, hyper):
        v = {{name: hyper["momentum"] * state[name] + g for name, g in grad_of(params).items()}}
        moves = {{name: orthogonalised(x, {steps}) if x.ndim == 2 else x for name, x in v.items()}}
        return {{name: params[name] - hyper["learning_rate"] * moves[name] for name in params}}, v
"""


def muon(setting, steps="5"):
    space = {
        "__name__": "muon",
        "gk": gk,
        "torch": torch,
        "Literal": Literal,
        "ClassVar": ClassVar,
        "orthogonalised": orthogonalised,
    }
    exec(MUON.format(setting=setting, steps=steps), space)
    return space["Muon"]


NO_FLOATS = {
    "ns_steps: int = 5": "int",
    "nesterov: bool = True": "bool",
    "scale: str = 'spectral'": "str",
    "scale: Literal['spectral', 'rms'] = 'rms'": "Literal['spectral', 'rms']",
    "coefficients: tuple[float, ...] = (1.5, -0.5)": "tuple[float, ...]",
    "floor: float | None = None": "float | None",
    "ceiling: int | float = 1.0": "int | float",
    "learning_rate: int = 1": "int",
    "batch: gk.Batch = gk.Batch()": "Batch",
    "ns_steps: int": "int",
}


@pytest.mark.parametrize("setting", NO_FLOATS)
def test_an_optimizer_setting_that_is_no_float_is_refused_where_its_class_is_made(setting):
    """It would give runs two keys and one graph: a step is told of floats alone."""
    name = setting.split(":")[0]
    with pytest.raises(gk.BadInput) as refused:
        muon(setting)
    assert str(refused.value) == (
        f"Muon {name}: its type is {NO_FLOATS[setting]}, and of an optimizer's settings a step is given the floats "
        f"alone; make it a float, or a constant of the class ({name}: ClassVar[...]) with a class and a `kind` of its "
        "own for each value."
    )


def test_a_setting_whose_type_is_not_known_yet_is_refused_before_it_is_used():
    """As where a module postpones its annotations and names a class further down."""
    kind = muon('ns_steps: "Later" = 5')
    kind.model_rebuild(_types_namespace={"Later": int})
    with pytest.raises(gk.BadInput, match="Muon ns_steps: its type is int, and"):
        kind()


@pytest.mark.parametrize("count", [1, 5])
def test_a_constant_of_the_class_reaches_the_step(count):
    """The page's way out, where the step reads it off the class."""
    kind = muon(f"ns_steps: ClassVar[int] = {count}", "Muon.ns_steps")
    assert kind(learning_rate=1).hyper == {"learning_rate": 1.0, "momentum": 0.95}
    params = {"w": torch.eye(3, 2) + 0.1}
    moved, _ = kind.step(lambda x: x, params, kind.init(params), torch.tensor(1.0), kind(learning_rate=1).hyper)
    torch.testing.assert_close(moved["w"], params["w"] - orthogonalised(params["w"], count), rtol=0, atol=0)


def test_a_float_whose_default_is_written_as_an_integer_reaches_the_step():
    assert muon("weight_decay: float = 0")().hyper == {"learning_rate": 1e-3, "momentum": 0.95, "weight_decay": 0.0}
    with pytest.raises(gk.BadInput, match="Muon weight_decay: input should be a valid number; None came"):
        muon("weight_decay: float = None")()


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
