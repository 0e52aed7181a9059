"""Sphinx extension: `{api}`, one entry for each public name, which autodoc reads off the installed library.

The content of a directive is names of `grokkit`, or of the module in its option `module`. Options of autodoc stand in
`_config.yml`. Here is what it cannot know: how our prose is read, how a group of settings is called, and their bounds.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from grokkit_book import LibraryTable
from pydantic import BaseModel
from sphinx.addnodes import desc_signature
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.typing import stringify_annotation

import grokkit

BOUNDS = {"ge": "at least {}", "gt": "above {}", "le": "at most {}", "lt": "below {}"}
PARAMETERS = re.compile(r'<dl>\s*<dd><em class="sig-param">.*?</dl>', flags=re.DOTALL)


class Api(LibraryTable):
    """`{api}`: entries, in the order given."""

    has_content = True
    option_spec = {"module": directives.unchanged_required}

    def render(self) -> list[nodes.Node]:
        module = self.options.get("module", "grokkit")
        entries = [self.entry(module, name) for name in " ".join(self.content).split()]
        made = self.parse_text_to_nodes("\n".join(["```{eval-rst}", *entries, "```"]))
        calls = [call for node in made for call in node.findall(desc_signature)]
        for text in [text for call in calls for text in call.findall(nodes.Text)]:
            text.parent.replace(text, nodes.Text(as_typed(text)))
        return made

    def entry(self, module: str, name: str) -> str:
        thing = getattr(import_module(module), name)
        kind, fields = object_type(thing), getattr(thing, "__dataclass_fields__", ())
        options = ["   :show-inheritance:"] if kind == "exception" else []
        if fields:  # they are parameters; one that holds a function by default would come out as a method
            options.append(f"   :exclude-members: {', '.join(fields)}")
        return "\n".join([f".. auto{kind}:: {module}.{name}", *options, ""])


def object_type(thing: Any) -> str:
    if not inspect.isclass(thing):
        return "function" if inspect.isroutine(thing) else "data"
    return "exception" if issubclass(thing, BaseException) else "class"


def as_typed(code: str) -> str:
    """Use the name and the quotation marks of the whole project."""
    return re.sub(r"^grokkit\.", "gk.", code).replace("'", '"')


# Signatures.


def signature(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, call: str | None, returned: str | None
) -> tuple[str | None, str | None]:
    """Say how it is called, where autodoc would show `kind`, or defaults that nobody can type."""
    if is_config(thing):
        call = f"({', '.join(['*', *(setting(*each) for each in fields_of(thing).items())])})"
    call = re.sub(r"<function (\w+)>", r"\1", call or "").replace("<factory>", "...")
    return call.replace("~typing.Literal", "Literal"), returned


def is_config(thing: Any) -> bool:
    return inspect.isclass(thing) and issubclass(thing, BaseModel)


def fields_of(config: type[BaseModel]) -> dict[str, Any]:
    """Leave out `kind`, which nobody sets."""
    return {name: field for name, field in config.model_fields.items() if name != "kind"}


def setting(name: str, field: Any) -> str:
    typed = f"{name}: {stringify_annotation(field.annotation, 'smart')}"
    return typed if field.is_required() else f"{typed} = {value(field.default)}"


def value(default: Any) -> str:
    """Write a default as short as it can be typed."""
    is_plain = isinstance(default, BaseModel) and default == type(default)()
    return f"{type(default).__name__}()" if is_plain else repr(default)


# Docstrings.


def docstring(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Turn our prose into reST: paragraphs, parameters, errors."""
    said, _, raised = "\n".join(beneath(name, thing) if what == "data" else lines).partition("\nRaises ")
    before, meanings = parts(said, parameters(thing))
    meanings = settings(thing) if is_config(thing) else meanings
    fields = [f":param {name}: {rest(meaning)}" for name, meaning in meanings.items()]
    errors = [":Raises: " + rest(re.sub(r"[A-Z]\w+", quoted, raised))] if raised else []
    paragraphs = [*before.split("\n\n"), *known(thing)]
    lines[:] = [line for each in paragraphs for line in (rest(each), "")] + [*fields, *errors, ""]


def beneath(name: str, constant: Any) -> list[str]:
    """Find what stands beneath a constant where it is written, or else what our class says of it, or what it is."""
    name = name.rpartition(".")[2]
    written = (path for path, module in [*sys.modules.items()] if getattr(module, "__dict__", {}).get(name) is constant)
    said = (ModuleAnalyzer.for_module(path).find_attr_docs().get(("", name)) for path in written)
    is_builtin = type(constant).__module__ == "builtins"
    return next(filter(None, said), [f"`{as_typed(repr(constant))}`" if is_builtin else inspect.getdoc(constant)])


def parameters(thing: Any) -> list[str]:
    if is_config(thing):
        return [*fields_of(thing)]
    call = thing.__init__ if inspect.isclass(thing) else thing
    return [*inspect.signature(call).parameters] if callable(call) else []


def parts(text: str, names: list[str]) -> tuple[str, dict[str, str]]:
    """Split a docstring: what precedes the first "name:" or "name, name:" of parameters, and the text after each.

    Where no line begins so, a colon after a name belongs to a sentence.
    """
    name = f"(?:{'|'.join(map(re.escape, names)) or '(?!)'})"
    start = rf"`?({name}(?:, {name})*)`?:\s"
    if not re.search(f"^{start}", text, flags=re.MULTILINE):
        return text, {}
    before, *found = re.split(rf"(?:^|(?<=\. )){start}", text, flags=re.MULTILINE)
    return before, dict(each for pair in zip(found[::2], found[1::2], strict=True) for each in shared(*pair))


def shared(names: str, meaning: str) -> Iterator[tuple[str, str]]:
    """Say of the first of several parameters what is said of all, and refer the others to it."""
    first, *others = names.split(", ")
    return iter([(first, meaning), *((other, f"as `{first}`.") for other in others)])


def settings(config: type[BaseModel]) -> dict[str, str]:
    """Collect what is said of each setting, by its class or the class it comes from, after its bounds."""
    said: dict[str, str] = {}
    for base in reversed(config.__mro__):
        said |= parts(inspect.cleandoc(vars(base)["__doc__"] or ""), parameters(config))[1]
    told = {name: [bounds(field), said.get(name)] for name, field in fields_of(config).items()}
    return {name: "; ".join(filter(None, each)) for name, each in told.items() if any(each)}


def bounds(field: Any) -> str:
    limits = [(key, getattr(each, key)) for each in field.metadata for key in BOUNDS if hasattr(each, key)]
    return ", ".join(BOUNDS[key].format("2⁶³" if limit == 2**63 else limit) for key, limit in limits)


def known(thing: Any) -> list[str]:
    """Tell what a configuration is known as, or what a table knows."""
    if hasattr(thing, "resolve"):
        names = ", ".join(f"`{name}`" for name in sorted(thing))
        return [f"Known: {names}.", f"`add(*classes)`: {inspect.getdoc(thing.add)}"]
    kind = thing.model_fields.get("kind") if is_config(thing) else None
    return [] if kind is None or kind.is_required() else [f'Its `kind` is `"{kind.default}"`.']


def quoted(word: re.Match[str]) -> str:
    return f"`{word[0]}`" if word[0] in grokkit.__all__ else word[0]


def rest(paragraph: str) -> str:
    """Write prose as reST in which only `code` is markup; a public name in it is a link to its entry."""
    pieces = enumerate(" ".join(paragraph.split()).split("`"))
    return r"\ " + "".join(code(piece) if i % 2 else re.sub(r"([\\*|_])", r"\\\1", piece) for i, piece in pieces)


def code(text: str) -> str:
    name = text.removeprefix("grokkit.").removeprefix("gk.")
    return rf"\ :py:obj:`{text} <grokkit.{name}>`\ " if name in grokkit.__all__ else rf"\ ``{text}``\ "


def mend_lists(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Make items of a long call's parameters, which Sphinx sets as definitions without terms."""
    items = PARAMETERS.sub(lambda found: found[0].replace("dl>", "ul>").replace("dd>", "li>"), context.get("body", ""))
    context["body"] = items


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("sphinx.ext.autodoc")
    app.add_directive("api", Api)
    app.connect("autodoc-process-signature", signature)
    app.connect("autodoc-process-docstring", docstring)
    app.connect("html-page-context", mend_lists)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
