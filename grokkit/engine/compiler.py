"""Compiles functions of trees of tensors by running them once on tensors without data.

`torch.compile` would read the bytecode of every function on the way, which took most of a process's start, would check
at every call that none of them has changed, and changes to uncompiled numbers when it has compiled often.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor
from torch.utils._pytree import tree_leaves

from grokkit.engine.libraries import with_libraries
from grokkit.errors import GrokkitError

Builder = Callable[[Iterator[Tensor]], Any]


def compiled_by_form(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` of tensors and nested dicts of them, compiled once for each form (names and shapes) of its arguments.

    What it does may depend on nothing else, and other tensors that it reads must stay as they are.
    """
    made: dict[tuple[Any, ...], tuple[Callable[..., list[Tensor]], Builder]] = {}

    def call(*arguments: Any) -> Any:
        tensors: list[Tensor] = []
        form: list[Any] = []
        _walk(arguments, tensors, form)
        if (key := tuple(form)) not in made:
            made[key] = _compiled(function, arguments, tensors)
        run, build = made[key]
        return build(iter(run(*tensors)))

    return call


def _walk(tree: Any, tensors: list[Tensor], form: list[Any]) -> None:
    """Note the tensors of a tree and what tells its form from others; PyTorch's own takes ten times as long."""
    if isinstance(tree, Tensor):
        tensors.append(tree)
        form.append(tree.shape)
        return
    form.append(tuple(tree) if isinstance(tree, dict) else len(tree))
    for part in tree.values() if isinstance(tree, dict) else tree:
        _walk(part, tensors, form)


def _builder(tree: Any) -> Builder:
    """What makes a tree of the same form of the tensors that come next."""
    if isinstance(tree, Tensor):
        return next
    parts = [_builder(part) for part in (tree.values() if isinstance(tree, dict) else tree)]
    if not isinstance(tree, dict):
        return lambda tensors: tuple([part(tensors) for part in parts])
    names = tuple(tree)
    if all(part is next for part in parts):
        return lambda tensors: dict(zip(names, tensors, strict=False))  # the tensors go on
    return lambda tensors: {name: part(tensors) for name, part in zip(names, parts, strict=True)}


def _compiled(function: Callable[..., Any], arguments: tuple[Any, ...], tensors: list[Tensor]) -> Any:
    """`_compile`, again where a library that was compiled before cannot be loaded."""
    with in_a_sentence():
        return with_libraries(lambda: _compile(function, arguments, tensors))


@contextmanager
def in_a_sentence() -> Iterator[None]:
    """Turn a compiler's pages into one sentence that says what to do."""
    from torch._inductor.exc import CppCompileError, InductorError

    try:
        yield
    except (CppCompileError, InductorError) as error:
        cause = getattr(error, "inner_exception", error)
        if not isinstance(cause, CppCompileError):
            raise
        raise GrokkitError(
            f"A step could not be compiled, although the compiler works ({first_error(cause.output)}). To train "
            "uncompiled, slower, pass compiled=False or set GROKKIT_COMPILED=0."
        ) from None


def _compile(function: Callable[..., Any], arguments: tuple[Any, ...], tensors: list[Tensor]) -> Any:
    """A function from a list of tensors to the list of its results, and what makes a tree of them."""
    from torch._guards import TracingContext, tracing  # here: what they import takes a second
    from torch._inductor import compile as compile_graph
    from torch._subclasses import FakeTensorMode
    from torch.fx.experimental.proxy_tensor import make_fx
    from torch.fx.experimental.symbolic_shapes import ShapeEnv

    given = _builder(arguments)
    builders: list[Builder] = []

    def of_list(*tensors: Tensor) -> list[Tensor]:
        results = function(*given(iter(tensors)))
        builders.append(_builder(results))
        return tree_leaves(results)

    without_data = FakeTensorMode(shape_env=ShapeEnv(), allow_non_fake_inputs=True)
    graph = make_fx(of_list)(*(without_data.from_tensor(x, static_shapes=True) for x in tensors))
    with tracing(TracingContext(without_data)):  # otherwise PyTorch would not use its caches
        return compile_graph(graph, tensors), builders[0]


def first_error(output: str) -> str:
    """Return the line of a compiler's output that says what is wrong, at most 200 characters of it."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    wrong = (line for line in lines if "error" in line.lower())
    return next(wrong, lines[0] if lines else "it ends without a word")[:200].rstrip(".")
