"""Nothing is lost: whatever ends a sweep, the same call goes on from there and ends with the same records."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from paths import SUPPORT
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tiny import MEASURE, UNTIL, a_run, a_sweep, digests, learner, short_lived

import grokkit as gk
from grokkit.train import checkpoints, machine, pool, saved, sweep, worker
from grokkit.train.checkpoints import Checkpoints, CheckpointWarning
from grokkit.train.experiment import Experiment, to_lines

posix = pytest.mark.skipif(sys.platform == "win32", reason="processes are forked and sent signals")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Digests of the sweep, trained in one go in this process."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("GROKKIT_COMPILED", "0")
        store = tmp_path_factory.mktemp("undisturbed")
        return digests(gk.train(a_sweep(), until=UNTIL, measure=MEASURE, store=store))


@pytest.fixture
def began(monkeypatch):
    """(key, step) of every run that begins or goes on."""
    seen, load = [], Checkpoints.load

    def noted(checkpoints, run, grid):
        found = load(checkpoints, run, grid)
        seen.append((run.key, found.t if found else 0))
        return found

    monkeypatch.setattr(Checkpoints, "load", noted)
    return seen


def cache() -> Path:
    return Path(os.environ["GROKKIT_CACHE"])


def checkpoint_files() -> list[Path]:
    """Of runs that are on their way."""
    return sorted((cache() / "checkpoints").glob("*.safetensors"))


def kept_files() -> list[Path]:
    """Of runs that ended by their budget."""
    return sorted((cache() / "checkpoints" / "ended").glob("*.safetensors"))


def step_of(file: Path) -> int:
    with safe_open(file, "pt") as checkpoint:
        return json.loads(checkpoint.metadata()["story"])["t"]


def whole_sweep(store, **settings):
    return gk.train(a_sweep(), until=UNTIL, measure=MEASURE, store=store, **settings)


WITH_EIGHT_DONE = 8 * len(MEASURE.steps(UNTIL.steps)[0]) + 10
"""An evaluation at which 8 of the 13 runs of `a_sweep` are finished, and others have begun."""


class Watching(gk.Display):
    """Calls `action` at the n-th evaluation."""

    def __init__(self, n, action):
        super().__init__()
        self.n, self.action = n, action

    def look(self, trajectory, status):
        self.n -= 1
        if self.n == 0:
            self.action()


# Killed.


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    environment = {**os.environ, "GROKKIT_COMPILED": "0"}
    command = [sys.executable, "-W", "error", SUPPORT / "killed_sweeps.py", tmp_path_factory.mktemp("killed")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@posix
@pytest.mark.parametrize("executor", ["in process", "pool"])
def test_a_sweep_killed_again_and_again_ends_as_if_undisturbed(executor, killed, undisturbed):
    report = killed[executor]
    assert report["killed"] == {"in process": 5, "pool": 3}[executor] and report["resumed"] > 0
    assert report["ended"] == "finished"
    assert report["digests"] == undisturbed
    assert report["checkpoints left"] == 0


@posix
def test_no_process_outlives_a_killed_parent(killed):
    assert killed["pool"]["workers"] == 8  # two for each of three attempts and the last one
    assert killed["pool"]["orphans lived"] < 10


@posix
def test_a_dead_worker_is_reported_and_what_was_finished_is_stored(killed, undisturbed):
    report = killed["dead worker"]
    assert report["sentence"].startswith("1 of 2 worker processes ended with exit code -9")
    assert "What was finished is stored: run again to go on." in report["sentence"]
    assert 0 < len(report["stored"]) < len(undisturbed) and set(report["stored"]) < set(undisturbed)
    assert report["ended"] == "finished" and report["digests"] == undisturbed


@posix
def test_an_error_in_a_worker_is_the_callers_error(killed):
    assert "GROKKIT_CACHE to another folder" in killed["no cache"]["sentence"]


# Interrupted.


@pytest.mark.parametrize(
    ("evaluation", "number"), [(3, signal.SIGINT), (WITH_EIGHT_DONE, signal.SIGINT), (WITH_EIGHT_DONE, signal.SIGTERM)]
)
def test_a_signal_leaves_checkpoints_and_a_sentence_and_the_same_call_goes_on(
    evaluation, number, tmp_path, undisturbed, began
):
    handler = signal.getsignal(number)
    stop = Watching(evaluation, lambda: signal.raise_signal(number))
    with pytest.raises(gk.Interrupted) as caught:
        whole_sweep(tmp_path, display=stop)
    assert signal.getsignal(number) is handler and caught.value.by == number
    finished = whole_sweep(tmp_path, missing="report")
    assert len(finished) == (8 if evaluation == WITH_EIGHT_DONE else 0)
    assert f"Interrupted: {len(finished)} of 13 runs are finished and stored in {tmp_path}" in str(caught.value)
    assert "The same call or command goes on from there." in str(caught.value)
    assert isinstance(caught.value, KeyboardInterrupt)
    saved = checkpoint_files()
    running = {key for key, _ in began} - {record.key for record in finished}
    assert {file.name.split("-")[0] for file in saved} == running and running

    began.clear()
    assert digests(whole_sweep(tmp_path)) == undisturbed
    assert {key for key, step in began if step > 0} == (running if evaluation == WITH_EIGHT_DONE else set())
    assert checkpoint_files() == []


def test_a_second_ctrl_c_is_the_usual_one(tmp_path):
    def twice():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt) as caught:
            signal.raise_signal(signal.SIGINT)
        assert not isinstance(caught.value, gk.Interrupted)

    with pytest.raises(gk.Interrupted):
        whole_sweep(tmp_path, display=Watching(3, twice))


def test_a_deadline_ends_early_without_an_error_and_the_rest_is_checkpointed(tmp_path, undisturbed, began, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(sweep, "time", SimpleNamespace(time=lambda: clock[0]))
    late = Watching(WITH_EIGHT_DONE, lambda: clock.append(clock.pop() + 100))
    done = whole_sweep(tmp_path, deadline=50, display=late)
    assert set(digests(done)) < set(undisturbed) and len(done) == 8
    assert len(checkpoint_files()) == len({key for key, _ in began} - {record.key for record in done}) == 2
    began.clear()
    assert digests(whole_sweep(tmp_path)) == undisturbed
    assert sum(step > 0 for _, step in began) == 2


def test_a_deadline_of_no_seconds_trains_nothing(tmp_path):
    assert not whole_sweep(tmp_path, deadline=0)
    assert not list(tmp_path.iterdir()) and checkpoint_files() == []


@posix
def test_processes_of_a_pool_start_deaf_to_signals(monkeypatch):
    """Or they would die of it while they import, before they can say that they leave it to their parent."""
    handlers = []

    class Context:
        class Process:
            def __init__(self, **_): ...
            def start(self):
                handlers.extend(signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM))

            def is_alive(self):
                return False

        Pipe = staticmethod(pool.mp.Pipe)

    monkeypatch.setattr(pool.mp, "get_context", lambda _: Context)
    before = signal.getsignal(signal.SIGINT)
    with pool._crew(None, 2):
        assert signal.getsignal(signal.SIGINT) is before
    assert handlers == [signal.SIG_IGN] * 4


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_processes(number, tmp_path, began):
    """As a terminal sends Ctrl-C and a cluster SIGTERM; the runs are more than a pipe would hold."""
    runs = [short_lived(), *(a_run(seed) for seed in range(400))]
    until, plan, store = gk.Until(steps=20_000, accuracy=None), tmp_path / "plan.jsonl", tmp_path / "store"
    plan.write_text("\n".join(to_lines([Experiment(runs, until, MEASURE)])))
    command = [sys.executable, "-c", "from grokkit.cli import main; main()", "train", plan, "--store", store]
    process = subprocess.Popen([*command, "--workers", "2"], stderr=subprocess.PIPE, text=True, start_new_session=True)
    while process.poll() is None and not list(store.glob("run-*.parquet")):  # the first run diverges at once
        time.sleep(0.05)
    time.sleep(2)  # its slot is refilled, and the stack is on its way
    os.killpg(process.pid, number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + number, said
    assert f"Interrupted: 1 of 401 runs are finished and stored in {store}" in said and "Traceback" not in said
    assert "401 of 401 runs are missing" in said

    saved = checkpoint_files()
    assert len(saved) in (8, 16)  # a stack of eight in each process that had come so far
    furthest = max(saved, key=step_of)
    step = step_of(furthest)
    [run] = [run for run in runs if furthest.name.startswith(run.key)]

    until = gk.Until(steps=next(s for s in (40, 100, 400, 1000, 4000) if s > step), accuracy=None)
    resumed = gk.train(run, until=until, measure=MEASURE, store=store)  # in this process
    assert began == [(run.key, step)] and step > 0
    assert digests(resumed) == digests(gk.train(run, until=until, measure=MEASURE, store=tmp_path / "straight"))


# Checkpoints.


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def empty(file: Path) -> None:
    file.write_bytes(b"")


def scribble(file: Path) -> None:
    file.write_bytes(b"these are not the weights you are looking for" * 100)


def make_foreign(file: Path) -> None:
    save_file(load_file(file), file)


def forget_the_rest(file: Path) -> None:
    """As another version might have written it."""
    save_file(load_file(file), file, metadata={"story": json.dumps({"t": 3}), "order": "[]"})


@pytest.fixture(scope="module")
def fresh_learner(tmp_path_factory):
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("GROKKIT_COMPILED", "0")
        return digests(gk.train(learner(), until=UNTIL, measure=MEASURE, store=tmp_path_factory.mktemp("fresh")))


@pytest.fixture
def interrupted(tmp_path):
    """A store where a learner was on its way, and its checkpoint."""
    with pytest.raises(gk.Interrupted):
        gk.train(learner(), until=UNTIL, measure=MEASURE, store=tmp_path,
                   display=Watching(9, lambda: signal.raise_signal(signal.SIGINT)))  # fmt: skip
    [file] = checkpoint_files()
    return tmp_path, file


def longer(steps: int, **settings) -> dict:
    return dict(until=gk.Until(steps=steps, accuracy=None, **settings), measure=MEASURE)


ON_AND_OFF_THE_LONGER_GRID = [40, 45, 100, 137]


@pytest.mark.parametrize("first", ON_AND_OFF_THE_LONGER_GRID)
def test_a_longer_question_goes_on_where_a_shorter_one_ended(first, tmp_path, began):
    some = [a_run(seed) for seed in range(3)]
    straight = digests(gk.train(some, **longer(200), store=tmp_path / "straight"))
    shutil.rmtree(cache())
    gk.train(some, **longer(first), store=tmp_path / "on")
    assert len(kept_files()) == 3 and checkpoint_files() == []
    began.clear()
    assert digests(gk.train(some, **longer(200), store=tmp_path / "on")) == straight
    assert began == [(run.key, first) for run in some]
    assert [step_of(file) for file in kept_files()] == [200] * 3


OBSERVED = gk.Measure(every=10, observables=("sharpness",), observe_at=(20,))
WATCHED = dict(until=gk.Until(steps=45, accuracy=1.0, every_step=True), measure=MEASURE)
SWITCHED = gk.Schedule(
    switches=(gk.Switch(setting="weight_decay", to=0.1, at=gk.Moment(train_accuracy=0.05, every=10, times=2.0)),)
)


@pytest.mark.parametrize(
    ("run", "asked"),
    [
        (a_run(), dict(until=gk.Until(steps=45, accuracy=None), measure=OBSERVED)),
        (a_run(batch=gk.Batch(size=None), rate=1e-4), WATCHED),
        (a_run(schedule=SWITCHED), dict(until=gk.Until(steps=40, accuracy=None), measure=MEASURE)),
        (a_run(), dict(until=gk.Until(steps=45, accuracy=0.999, extra=2), measure=MEASURE)),
    ],
    ids=["observed at its end", "watched at every step", "steered by an evaluation at its end", "may end early"],
)
def test_whatever_was_asked_the_longer_record_is_that_of_an_undisturbed_run(run, asked, tmp_path, began):
    further = asked | {"until": asked["until"].model_copy(update={"steps": 130})}
    straight = gk.train(run, **further, store=tmp_path / "straight")
    shutil.rmtree(cache())
    [short] = gk.train(run, **asked, store=tmp_path / "on")
    assert short.status == "budget" and len(kept_files()) == 1
    began.clear()
    assert digests(gk.train(run, **further, store=tmp_path / "on")) == digests(straight)
    assert began == [(run.key, asked["until"].steps)]


def test_only_what_ends_by_its_budget_and_is_small_is_kept(tmp_path, monkeypatch):
    arriving = dict(until=gk.Until(steps=4000, accuracy=0.9), measure=MEASURE)
    [done] = gk.train(learner(), **arriving, store=tmp_path)
    gk.train(short_lived(), until=UNTIL, measure=MEASURE, store=tmp_path)
    assert done.status == "reached" and kept_files() == []
    monkeypatch.setattr(checkpoints, "KEPT_BYTES", 1000)
    gk.train(a_run(), until=UNTIL, measure=MEASURE, store=tmp_path)
    assert kept_files() == []


def test_on_a_full_disk_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints.shutil, "disk_usage", lambda _: SimpleNamespace(free=10**9))
    gk.train(a_run(), until=UNTIL, measure=MEASURE, store=tmp_path)
    assert kept_files() == []


def test_a_kept_checkpoint_goes_when_its_run_has_arrived(tmp_path):
    gk.train(learner(), until=gk.Until(steps=20, accuracy=0.9), measure=MEASURE, store=tmp_path)
    assert len(kept_files()) == 1
    [done] = gk.train(learner(), until=gk.Until(steps=4000, accuracy=0.9), measure=MEASURE, store=tmp_path)
    assert done.status == "reached" and kept_files() == []


def rewrite(file: Path, change, **texts) -> None:
    """The same file with other tensors or texts, the rest of what it says as it was."""
    with safe_open(file, "pt") as checkpoint:
        tensors = {name: checkpoint.get_tensor(name) for name in checkpoint.keys()}  # noqa: SIM118
        metadata = checkpoint.metadata() | texts
    save_file(change(tensors), file, metadata=metadata)


def weights(change):
    return lambda tensors: {name: change(x) if name.startswith("params/") else x for name, x in tensors.items()}


def flip_a_bit(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[-5] ^= 1
    file.write_bytes(data)


def forget_the_buffers(file: Path) -> None:
    rewrite(file, lambda tensors: {name: x for name, x in tensors.items() if not name.startswith("buffers/")})


def story_of(file: Path) -> dict:
    with safe_open(file, "pt") as checkpoint:
        return json.loads(checkpoint.metadata()["story"])


def move_the_step(file: Path) -> None:
    rewrite(file, dict, story=json.dumps(story_of(file) | {"t": step_of(file) + 1}))


def praise_a_row(file: Path) -> None:
    story = story_of(file)
    story["rows"][0]["val_accuracy"] = 1.0
    rewrite(file, dict, story=json.dumps(story))


def nest_deep(file: Path) -> None:
    rewrite(file, dict, story="[" * 100_000)


def make_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def make_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


DAMAGES = {
    "without weights": weights(lambda x: x * float("nan")),
    "other weights": weights(lambda x: x + 1),
    "other dtypes": weights(lambda x: x.double()),
    "other shapes": weights(lambda x: x.reshape(-1)),
}


@pytest.mark.parametrize(
    "damage",
    [truncate, empty, scribble, make_foreign, forget_the_rest, flip_a_bit, move_the_step, praise_a_row, nest_deep,
     make_pipe, make_folder, *(partial(rewrite, change=change) for change in DAMAGES.values())],
)  # fmt: skip
def test_a_damaged_checkpoint_is_named_and_the_run_starts_again(damage, interrupted, began, fresh_learner):
    store, file = interrupted
    damage(file)
    began.clear()
    with pytest.warns(CheckpointWarning) as warned:
        again = gk.train(learner(), until=UNTIL, measure=MEASURE, store=store)
    assert [str(file) in str(w.message) and "the run starts again" in str(w.message) for w in warned] == [True]
    assert began == [(learner().key, 0)]
    assert digests(again) == fresh_learner


def test_a_pipe_in_the_place_of_a_checkpoint_tells_no_step(interrupted):
    _, file = interrupted
    ours = Checkpoints.of(machine.arithmetic(torch.device("cpu"), False), MEASURE)
    assert ours.path(learner()) == file and ours.step_of(learner()) > 0
    make_pipe(file)
    assert ours.step_of(learner()) == 0


def test_the_checkpoint_of_another_run_is_named_and_not_gone_on_from(interrupted, began, tmp_path_factory):
    _, file = interrupted
    other = gk.Run(**dict(learner()) | {"seeds": gk.Seeds(init=7)})
    file.rename(file.with_name(file.name.replace(learner().key, other.key)))
    began.clear()
    with pytest.warns(CheckpointWarning, match=f"is of another run .{learner().key}."):
        gk.train(other, until=UNTIL, measure=MEASURE, store=tmp_path_factory.mktemp("other"))
    assert began == [(other.key, 0)]


def test_running_averages_are_in_a_checkpoint_and_one_without_them_is_passed_over(tmp_path, began):
    asked = dict(runs=a_run(model=gk.MLP(hidden=(16,), batch_norm=True)), until=UNTIL, measure=MEASURE)
    straight = digests(gk.train(**asked, store=tmp_path / "straight"))
    for damage, named in ((lambda file: None, nullcontext()), (forget_the_buffers, pytest.warns(CheckpointWarning))):
        with pytest.raises(gk.Interrupted):
            gk.train(**asked, store=tmp_path / "on", display=Watching(9, lambda: signal.raise_signal(signal.SIGINT)))
        [file] = checkpoint_files()
        step = step_of(file)
        damage(file)
        began.clear()
        with named:
            assert digests(gk.train(**asked, store=tmp_path / "on")) == straight
        assert began == [(asked["runs"].key, step if isinstance(named, nullcontext) else 0)] and step > 0
        shutil.rmtree(tmp_path / "on")


def test_a_sound_checkpoint_is_used_by_longer_and_shorter_requests_that_it_fits(interrupted, began, tmp_path_factory):
    store, file = interrupted
    step = step_of(file)
    kept = file.read_bytes()
    for steps, used in ((100, True), (step, False), (20, step < 20)):
        file.write_bytes(kept)
        until = gk.Until(steps=steps, accuracy=None)
        began.clear()
        here, there = (tmp_path_factory.mktemp(name) for name in ("here", "there"))
        resumed = gk.train(learner(), until=until, measure=MEASURE, store=here)
        assert began == [(learner().key, step if used else 0)]
        shutil.rmtree(cache())
        file.parent.mkdir(parents=True)
        assert digests(resumed) == digests(gk.train(learner(), until=until, measure=MEASURE, store=there))


def test_a_checkpoint_belongs_to_its_grid_and_its_environment(interrupted, began, monkeypatch):
    store, file = interrupted
    began.clear()
    gk.train(learner(), until=UNTIL, measure=gk.Measure(every=5), store=store)
    assert began == [(learner().key, 0)] and file.exists()
    began.clear()
    monkeypatch.setattr(machine, "hardware", lambda device: "another processor")
    with pytest.warns(CheckpointWarning, match="another processor here. and is left aside"):
        gk.train(learner(), until=gk.Until(steps=100, accuracy=None), measure=MEASURE, store=store)
    assert began == [(learner().key, 0)] and file.exists()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda patch: patch.setenv("MKL_CBWR", "COMPATIBLE"), "MKL_CBWR .*, COMPATIBLE here"),
        (lambda patch: patch.setattr("torch.backends.cpu.get_cpu_capability", lambda: "NEON"), "vector .* NEON here"),
        (lambda patch: patch.setattr(machine, "_code", lambda: "0" * 8), "code .*, 00000000 here"),
    ],
    ids=["MKL's code path", "vector instructions", "code"],
)
def test_a_checkpoint_of_another_arithmetic_is_left_aside_with_a_sentence(
    interrupted, began, monkeypatch, change, named
):
    store, file = interrupted
    began.clear()
    change(monkeypatch)
    with pytest.warns(CheckpointWarning, match=named):
        gk.train(learner(), until=gk.Until(steps=100, accuracy=None), measure=MEASURE, store=store)
    assert began == [(learner().key, 0)] and file.exists()
    assert not [other for other in checkpoint_files() if other != file]


def test_the_arithmetic_knows_every_file_that_a_step_runs_through(monkeypatch, tmp_path):
    copy = tmp_path / "grokkit"
    shutil.copytree(machine.PACKAGE, copy)
    monkeypatch.setattr(machine, "PACKAGE", copy)
    before = machine._code.__wrapped__()
    for name in ("records/record.py", "claims/findings.py"):
        emptied(copy / name)
        assert machine._code.__wrapped__() == before
    parts = "engine/kernel.py", "optimizers/sam.py", "models/shared/rows.py", "tasks/task.py"
    for name in (*parts, "config/optimizer.py", "config/sampling.py", "config/schedules.py"):
        emptied(copy / name)
        assert machine._code.__wrapped__() != before, name
        before = machine._code.__wrapped__()


def emptied(file):
    """A file that is not there would be made, and a test of what has moved away would never fail."""
    assert file.read_text()
    file.write_text("")


def test_without_a_place_for_checkpoints_nothing_is_begun(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("mine")
    monkeypatch.setenv("GROKKIT_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(gk.StoreError, match="choose another one with GROKKIT_CACHE"):
        whole_sweep(tmp_path / "store")
    assert (tmp_path / "file").read_text() == "mine" and not list((tmp_path / "store").iterdir())


def test_a_checkpoint_that_cannot_be_written_is_an_error_that_harms_no_record(tmp_path, undisturbed, monkeypatch):
    def lose_the_cache():
        shutil.rmtree(cache())
        cache().write_text("mine")
        monkeypatch.setattr(worker, "CHECKPOINT_SECONDS", 0.0)

    monkeypatch.setattr(worker, "CHECKPOINT_SECONDS", float("inf"))
    with pytest.raises(gk.GrokkitError) as caught:
        whole_sweep(tmp_path, display=Watching(WITH_EIGHT_DONE, lose_the_cache))
    for part in ("No checkpoint could be written to", str(cache()), "GROKKIT_CACHE", "records in the store are safe"):
        assert part in str(caught.value)
    assert cache().read_text() == "mine"
    cache().unlink()
    done = digests(whole_sweep(tmp_path, missing="report"))
    assert 0 < len(done) < 13 and set(done) < set(undisturbed)


def test_a_checkpoint_folder_without_permission_is_named(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(saved, "save_file", refuse)
    monkeypatch.setattr(worker, "CHECKPOINT_SECONDS", 0.0)
    with pytest.raises(gk.GrokkitError, match="No checkpoint could be written to .*Permission denied"):
        whole_sweep(tmp_path)
