"""Sphinx extension: `{api}`, one entry for each public name, read off the installed library on every build.

The content of a directive is names of `grokkit`, or of the module in its option `module`. An entry is a section whose
anchor is the full name (`#grokkit.Run`): signature, docstring, settings with type, bounds and default, methods.
A setting's meaning is what the docstring of its class, or of the class it comes from, says after "name:".
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
import typing
from collections.abc import Iterable
from functools import cached_property
from types import NoneType, UnionType
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from grokkit_book import LibraryTable
from pydantic import BaseModel
from sphinx.application import Sphinx

LINE = 68
"""Characters of a signature that fit beside the margins; a longer one has a line for each parameter."""
BOUNDS = {"ge": "at least {}", "gt": "above {}", "le": "at most {}", "lt": "below {}"}


class Api(LibraryTable):
    """`{api}`: entries, in the order given."""

    has_content = True
    option_spec = {"module": directives.unchanged_required}

    def render(self) -> list[nodes.Node]:
        module = self.options.get("module", "grokkit")
        return [self.entry(module, name) for name in " ".join(self.content).split()]

    def entry(self, module: str, name: str) -> nodes.section:
        thing, anchor = getattr(importlib.import_module(module), name), f"{module}.{name}"
        self.env.get_domain("std").note_hyperlink_target(anchor, self.env.docname, anchor, name)
        self.env.get_domain("py").note_object(anchor, object_type(thing), anchor, location=self.get_location())
        section = nodes.section("", nodes.title("", "", nodes.literal("", name)), ids=[anchor], names=[anchor])
        if shown := signature(thing, anchor.replace("grokkit.", "gk.", 1)):
            wrapped = [] if "\n" in shown else ["api-call"]
            section += nodes.literal_block(shown, shown, language="python", classes=[*wrapped, "no-copybutton"])
        section += [nodes.paragraph("", "", *inline(text)) for text in introduction(thing)]
        for title, items in (("Settings", settings(thing)), ("Fields", fields(thing)), ("Methods", members(thing))):
            if items:
                section += [nodes.rubric("", title), bullets(items)]
        return section


def object_type(thing: Any) -> str:
    """What the index of objects calls it."""
    if not inspect.isclass(thing):
        return "function" if inspect.isroutine(thing) else "data"
    return "exception" if issubclass(thing, BaseException) else "class"


def is_config(thing: Any) -> bool:
    return inspect.isclass(thing) and issubclass(thing, BaseModel)


# What is said about a thing, as text.


def signature(thing: Any, name: str, types: bool = True) -> str:
    """The call, on one line if it fits or if it leaves out types; nothing for what is called with a sentence alone."""
    if not callable(thing) or (inspect.isclass(thing) and issubclass(thing, BaseException)):
        return ""
    types = types and not is_config(thing)
    if is_config(thing):
        parameters, returned = ["*", *(assignment(*each) for each in fields_of(thing).items())], ""
    else:
        parameters, returned = described_parameters(thing, types)
    line = f"{name}({', '.join(parameters)}){returned}"
    if len(line) <= LINE or not types:
        return line
    return "\n".join([f"{name}(", *(f"    {parameter}," for parameter in parameters), f"){returned}"])


def described_parameters(thing: Any, types: bool) -> tuple[list[str], str]:
    """The parameters and the returned type of anything that Python itself can describe."""
    found, out, keyword_only = inspect.signature(thing), [], False
    for parameter in found.parameters.values():
        if parameter.name == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not keyword_only:
            keyword_only = True
            out.append("*")
        note = f": {quoted(parameter.annotation)}" if types and parameter.annotation is not parameter.empty else ""
        default = "" if parameter.default is parameter.empty else f"{' = ' if note else '='}{value(parameter.default)}"
        out.append(f"{parameter.name}{note}{default}")
    has_type = types and not inspect.isclass(thing) and found.return_annotation is not found.empty
    return out, f" -> {quoted(found.return_annotation)}" if has_type else ""


def value(default: Any) -> str:
    """A default as one would type it, as short as it can be."""
    if isinstance(default, BaseModel):
        return f"{type(default).__name__}()" if default == type(default)() else repr(default)
    if callable(default):
        return default.__name__
    return "..." if repr(default) == "<factory>" else quoted(repr(default))


def quoted(text: str) -> str:
    """With the quotation marks that the whole project uses."""
    return text.replace("'", '"')


def assignment(name: str, field: Any) -> str:
    return name if field.is_required() else f"{name}={value(field.default)}"


def fields_of(config: type[BaseModel]) -> dict[str, Any]:
    """Its settings without `kind`, which nobody sets."""
    return {name: field for name, field in config.model_fields.items() if name != "kind"}


def documentation(thing: Any) -> str:
    return (vars(thing).get("__doc__") if inspect.isclass(thing) else getattr(thing, "__doc__", None)) or ""


def field_names(thing: Any) -> list[str]:
    if is_config(thing):
        return list(fields_of(thing))
    return [field.name for field in dataclasses.fields(thing)] if dataclasses.is_dataclass(thing) else []


def parts(thing: Any) -> tuple[str, dict[str, str]]:
    """A docstring in two: what precedes the first "name:" of a setting, and the text after each."""
    text, names = inspect.cleandoc(documentation(thing)), field_names(thing)
    if not names:
        return text, {}
    pattern = rf"(?:^|(?<=\s))`?({'|'.join(names)})`?:\s"
    before, *rest = re.split(pattern, text)
    return before.strip(), {name: " ".join(said.split()) for name, said in zip(rest[::2], rest[1::2], strict=True)}


def introduction(thing: Any) -> list[str]:
    """Paragraphs."""
    said = [" ".join(paragraph.split()) for paragraph in parts(thing)[0].split("\n\n") if paragraph.strip()]
    if inspect.isclass(thing) and issubclass(thing, Exception):
        also = [base.__name__ for base in thing.__bases__ if base not in (Exception, BaseException)]
        return [*said, f"It is also a {' and a '.join(f'`{name}`' for name in also)}."] if also else said
    if is_config(thing) and (kind := thing.model_fields.get("kind")):
        return said if kind.is_required() else [*said, f'Its `kind` is `"{kind.default}"`.']
    if hasattr(thing, "resolve"):
        return [*said, f"Known: {', '.join(f'`{name}`' for name in sorted(thing))}."]
    return said


# Settings, fields and methods: what each is called, its type, its meaning.

Item = tuple[str, str, str]


def settings(thing: Any) -> list[Item]:
    """All settings of a configuration, with bounds and defaults."""
    if not is_config(thing):
        return []
    known = [base for base in reversed(thing.__mro__) if is_config(base) and base is not BaseModel]
    meanings = {name: said for base in known for name, said in parts(base)[1].items()}
    return [(name, type_and_default(field), meanings.get(name, "")) for name, field in fields_of(thing).items()]


def fields(thing: Any) -> list[Item]:
    """The documented fields of a dataclass; their types stand in the signature."""
    return [] if is_config(thing) else [(name, "", meaning) for name, meaning in parts(thing)[1].items()]


def type_and_default(field: Any) -> str:
    bounds = [BOUNDS[key].format(short(limit)) for each in field.metadata for key, limit in limits(each)]
    default = "required" if field.is_required() else f"default {value(field.default)}"
    return f"{', '.join([type_name(field.annotation), *bounds])}; {default}"


def limits(constraint: Any) -> list[tuple[str, Any]]:
    return [(key, getattr(constraint, key)) for key in BOUNDS if hasattr(constraint, key)]


def short(limit: float) -> str:
    return "2⁶³" if limit == 2**63 else str(limit)


def type_name(annotation: Any) -> str:
    """A type in words: 'int or None', '"pre", "post" or "none"', 'tuple of int'."""
    origin, inside = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return listed([f'"{each}"' if isinstance(each, str) else str(each) for each in inside])
    if origin in (UnionType, typing.Union):
        return listed(["None" if each is NoneType else type_name(each) for each in inside])
    if origin is typing.Annotated:
        return type_name(inside[0])
    if origin is tuple:
        return f"tuple of {type_name(inside[0])}"
    return f"`{annotation.__name__}`" if issubclass(annotation, BaseModel) else annotation.__name__


def listed(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def members(thing: Any) -> list[Item]:
    """The public methods and properties that a class documents itself."""
    if not inspect.isclass(thing):
        return [("add(*classes)", "", first_paragraph(thing.add))] if hasattr(thing, "resolve") else []
    named = [(name, member) for name, member in vars(thing).items() if not name.startswith("_")]
    kinds = (classmethod, staticmethod, property, cached_property)
    methods = [(name, m) for name, m in named if inspect.isfunction(m) or isinstance(m, kinds)]
    return [(call(thing, name, m), "", first_paragraph(m)) for name, m in methods if first_paragraph(m)]


def call(thing: type, name: str, member: Any) -> str:
    """How a member is used: `key`, `add(record)`, `Store.find(path=None)`."""
    if isinstance(member, property | cached_property):
        return name
    owner = f"{thing.__name__}." if isinstance(member, classmethod | staticmethod) else ""
    return signature(getattr(thing, name), f"{owner}{name}", types=False)


def first_paragraph(member: Any) -> str:
    return " ".join(inspect.cleandoc(member.__doc__ or "").split("\n\n")[0].split())


# Nodes.


def bullets(items: Iterable[Item]) -> nodes.bullet_list:
    made = nodes.bullet_list(classes=["api-items"])
    for name, kind, meaning in items:
        said = nodes.paragraph("", "", nodes.literal("", name))
        if kind:  # types are code: their quotes stay straight
            said += [
                nodes.Text(" "),
                nodes.inline("", "", *inline(kind), classes=["api-type"], support_smartquotes=False),
            ]
        said += inline(f": {meaning}" if meaning else "")
        made += nodes.list_item("", said)
    return made


def inline(text: str) -> list[nodes.Node]:
    """Text in which `code` stands between backquotes; a public name in it is a link to its entry."""
    return [code(part) if i % 2 else nodes.Text(part) for i, part in enumerate(text.split("`")) if part]


def code(text: str) -> nodes.Node:
    import grokkit

    name = text.removeprefix("grokkit.").removeprefix("gk.")
    if name not in grokkit.__all__:
        return nodes.literal("", text)
    return nodes.reference("", "", nodes.literal("", text), refid=f"grokkit.{name}", internal=True)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("api", Api)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
