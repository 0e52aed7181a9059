"""A compiler that is there and does not work: training goes on without it, and says so in a sentence, once."""

import os
import sys
from pathlib import Path

import pytest
import torch
from tiny import MEASURE, UNTIL, a_run

import grokkit as gk
from grokkit.engine import compiler as engine_compiler
from grokkit.train import machine, trial

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shell scripts")

PAGE = """
for i in 1 2 3 4 5 6 7 8 9; do echo "In file included from /usr/include/x.h:$i:10:" >&2; done
echo "<stdin>:1:10: fatal error: 'omp.h' file not found" >&2
exit 1
"""
CPU = torch.device("cpu")


def forget():
    """As in another process."""
    trial._tried.cache_clear()
    machine._warn_once.cache_clear()


@pytest.fixture
def compiler(tmp_path, monkeypatch):
    """Writes the compiler that is called: a shell script, which notes its calls."""
    monkeypatch.delenv("GROKKIT_COMPILED")
    program, calls = tmp_path / "g++", tmp_path / "calls"

    def write(script, at=1):
        program.write_text(f"#!/bin/sh\necho >> {calls}\n{script}")
        program.chmod(0o755)
        os.utime(program, (at, at))
        monkeypatch.setenv("CXX", str(program))
        forget()
        return lambda: calls.read_text().count("\n") if calls.exists() else 0

    yield write
    forget()


@pytest.mark.skipif(" " in str(torch.__file__), reason="nothing is compiled here")
def test_a_broken_compiler_is_no_compiler(compiler):
    compiler(PAGE)
    reason = machine.why_uncompiled(CPU)
    assert "g++; $CXX names another) does not work here (<stdin>:1:10: fatal error: 'omp.h' file not found)" in reason


def test_with_a_broken_compiler_training_is_uncompiled_and_says_so_once(compiler, tmp_path, capfd):
    compiler(PAGE)
    asked = dict(until=UNTIL, measure=MEASURE, store=tmp_path / "store")
    with pytest.warns(
        machine.UncompiledWarning, match="uncompiled.*'omp.h' file not found.*GROKKIT_COMPILED=0"
    ) as said:
        [record] = gk.train([a_run()], **asked)
    assert record.provenance["compiled"] is False and len(said) == 1 and "\n" not in str(said[0].message)
    gk.train([a_run(1)], **asked)  # a warning would be an error
    assert not any(capfd.readouterr())


@pytest.mark.parametrize("choice", ["argument", "environment"])
def test_who_wants_it_uncompiled_hears_nothing(compiler, tmp_path, monkeypatch, choice):
    calls = compiler(PAGE)
    if choice == "environment":
        monkeypatch.setenv("GROKKIT_COMPILED", "0")
    wanted = {"compiled": False} if choice == "argument" else {}
    gk.train([a_run()], until=UNTIL, measure=MEASURE, store=tmp_path / "store", **wanted)
    assert calls() == 0


def test_a_broken_compiler_is_refused_where_compiling_is_wanted(compiler, tmp_path):
    compiler(PAGE)
    for call in (lambda: gk.train([a_run()], compiled=True), lambda: gk.weights_at(a_run(), [1], compiled=True)):
        with pytest.raises(gk.BadInput, match="compiled: impossible here, .* does not work here .*; leave it out"):
            call()


def test_a_compiler_that_works_is_tried_once_and_another_one_again(compiler):
    calls = compiler("exit 0")
    for _ in range(2):
        forget()
        assert trial.why_it_fails(os.environ["CXX"]) is None
    assert calls() == 1
    compiler("exit 0", at=2)
    assert trial.why_it_fails(os.environ["CXX"]) is None and calls() == 2


def test_a_compiler_that_was_mended_is_found(compiler):
    calls = compiler("test -e mended")
    assert trial.why_it_fails(os.environ["CXX"]) == trial.why_it_fails(os.environ["CXX"]) == "it ends without a word"
    assert calls() == 1
    forget()
    trial.why_it_fails(os.environ["CXX"])
    assert calls() == 2


@pytest.mark.parametrize("why", ["slow", "no program"])
def test_a_compiler_that_hangs_or_cannot_be_started_does_not_work(compiler, monkeypatch, why):
    compiler("exec sleep 20")
    monkeypatch.setattr(trial, "SECONDS", 0.2)
    if why == "no program":
        Path(os.environ["CXX"]).write_bytes(b"\x7fELF nothing")
    assert trial.why_it_fails(os.environ["CXX"])


def test_a_cache_that_cannot_be_written_only_costs_a_trial(compiler, monkeypatch):
    monkeypatch.setenv("GROKKIT_CACHE", "/dev/null/cache")
    compiler("exit 0")
    assert trial.why_it_fails(os.environ["CXX"]) is None


def test_the_compiler_here_is_what_the_trial_says(compiler, monkeypatch):
    """The two lines are what they seem: a real compiler takes them."""
    monkeypatch.delenv("CXX", raising=False)
    if machine.why_uncompiled(CPU):
        pytest.skip("There is no compiler here.")
    assert trial._compile("g++" if sys.platform != "darwin" else "clang++") is None


@pytest.mark.parametrize("prefix", ["OMP_PREFIX", "CONDA_PREFIX", None])
def test_on_a_mac_openmp_is_looked_for_where_pytorch_does(monkeypatch, tmp_path, prefix):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(trial, "BREW", ())
    for name in ("OMP_PREFIX", "CONDA_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    places = []
    if prefix:
        (tmp_path / "include").mkdir()
        (tmp_path / "include" / "omp.h").touch()
        monkeypatch.setenv(prefix, str(tmp_path))
        places = [f"-I{tmp_path}/include", f"-L{tmp_path}/lib"]
    assert trial._openmp() == ["-Xclang", "-fopenmp", *places, "-lomp"]


def test_a_step_that_does_not_compile_gets_a_sentence():
    from torch._inductor.exc import CppCompileError, InductorError

    page = "/tmp/a.cpp:1: note: here\n/tmp/a.cpp:9:4: error: no such intrinsic\n" + "long\n" * 100
    broken = CppCompileError(["g++", "-Werror"], page)
    told = r"compiled.*\(/tmp/a.cpp:9:4: error: no such intrinsic\).*compiled=False"
    for error in (broken, InductorError(broken, None)):
        with pytest.raises(gk.GrokkitError, match=told), engine_compiler.in_a_sentence():
            raise error
    with pytest.raises(InductorError, match="another"), engine_compiler.in_a_sentence():
        raise InductorError(ValueError("another"), None)


# Cores.


def test_cores_are_counted_on_every_system(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 3}, raising=False)
    assert machine.cores() == 2
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    assert machine.cores() == 5
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert machine.cores() == 1
