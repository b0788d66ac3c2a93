"""What of the library is public: the names that ``import pltpack`` offers, and the types that those mention."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

import griffe

_MENTION = re.compile(r":\w+:`~?(pltpack\.[\w.]+)`")

Thing: TypeAlias = griffe.Class | griffe.Function | griffe.Attribute | griffe.TypeAlias


def public_things(homes: dict[str, str]) -> dict[str, Thing]:
    """The classes, functions, types and constants that users meet, by their full names.

    ``homes`` are the public names with their modules. Whatever an annotation, a base class or a docstring of something
    public mentions is public, too, and so on; and all errors, since any call may raise one.
    """
    package = griffe.load("pltpack")
    assert isinstance(package, griffe.Module)
    todo = [f"pltpack.{home}.{name}" for name, home in homes.items()]
    todo += [error.path for error in package["errors"].members.values() if isinstance(error, griffe.Class)]
    found: dict[str, Thing] = {}
    while todo:
        thing = _thing(package, todo.pop())
        if thing is not None and thing.path not in found:
            found[thing.path] = thing
            todo += _mentioned(thing)
    return found


def _thing(package: griffe.Module, path: str) -> Thing | None:
    """What a module holds under a name, for a member of a class the class; nothing for what is not ours."""
    names = path.split(".")
    if names[0] != "pltpack":
        return None
    place: griffe.Object | griffe.Alias = package
    for name in names[1:]:
        if name not in place.members:
            return None
        place = place.members[name]
        if place.is_alias:
            place = place.final_target
        if not isinstance(place, griffe.Module):
            break
    if not isinstance(place, griffe.Class | griffe.Function | griffe.Attribute | griffe.TypeAlias):
        return None
    return None if place.name.startswith("_") or _is_type_variable(place) else place


def _is_type_variable(thing: Thing) -> bool:
    value = thing.value if isinstance(thing, griffe.Attribute) else None
    return isinstance(value, griffe.ExprCall) and str(value.function) == "TypeVar"


def _mentioned(thing: Thing) -> Iterator[str]:
    """The full names of what is mentioned by something, and by its members that do not begin with ``_``."""
    if thing.docstring is not None:
        yield from _MENTION.findall(thing.docstring.value)
    expressions: list[str | griffe.Expr | None] = []
    if isinstance(thing, griffe.Function):
        expressions = [parameter.annotation for parameter in thing.parameters] + [thing.returns]
    elif isinstance(thing, griffe.Attribute):
        expressions = [thing.annotation]
        if isinstance(thing.annotation, griffe.Expr) and thing.annotation.canonical_name == "TypeAlias":
            expressions.append(thing.value)
    elif isinstance(thing, griffe.Class):
        expressions = [*thing.bases]
        for member in thing.members.values():
            if isinstance(member, griffe.Function | griffe.Attribute) and (
                not member.name.startswith("_") or member.name == "__init__"
            ):
                yield from _mentioned(member)
    for expression in expressions:
        if isinstance(expression, griffe.Expr):
            yield from (name.canonical_path for name in expression.iterate() if isinstance(name, griffe.ExprName))
