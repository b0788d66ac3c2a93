"""Writes ``docs/public-api.txt``: every public name with its signature: ``python docs/api.py``.

A test compares it with the sources, so that nothing that programs rely on changes unnoticed: whoever means the change
runs this, and says in the changelog what it is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import griffe

import pltpack

sys.path.insert(0, str(Path(__file__).parent))
from things import Thing, public_things

FILE: Final = Path(__file__).parent / "public-api.txt"


def listing() -> str:
    """Every name that ``import pltpack`` offers, with its signature, and the members of classes below them."""
    things = public_things(pltpack._HOMES)
    lines = []
    for name, home in sorted(pltpack._HOMES.items()):
        thing = things.get(f"pltpack.{home}.{name}")
        lines.append(f"pltpack.{name}{'' if thing is None else _shape(thing)}")
        if isinstance(thing, griffe.Class):
            lines += [f"    {line}" for line in _members(thing)]
    return "\n".join(lines) + "\n"


def _members(thing: griffe.Class) -> Iterator[str]:
    bases = ", ".join(str(base) for base in thing.bases)
    if bases:
        yield f"({bases})"
    for name, member in sorted(thing.members.items()):
        if isinstance(member, griffe.Function | griffe.Attribute) and (
            not name.startswith("_") or (name.startswith("__") and name not in _ORDINARY)
        ):
            yield f"{name}{_shape(member)}"


_ORDINARY: Final = {"__doc__", "__module__", "__slots__", "__repr__", "__str__", "__hash__", "__post_init__"}


def _shape(thing: Thing) -> str:
    """What stands behind a name: parameters and result of a function, the type of a value."""
    if isinstance(thing, griffe.Function):
        return f"({_parameters(thing)}) -> {thing.returns}"
    if isinstance(thing, griffe.Class):
        return ": class"
    if isinstance(thing, griffe.Attribute) and thing.annotation is not None:
        return f": {thing.annotation}"
    return ""


def _parameters(function: griffe.Function) -> str:
    found = []
    seen_keyword = False
    for parameter in function.parameters:
        kind = parameter.kind
        if kind is griffe.ParameterKind.keyword_only and not seen_keyword:
            seen_keyword = True
            found.append("*")
        prefix = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}.get(kind, "")
        seen_keyword = seen_keyword or prefix == "*"
        annotation = "" if parameter.annotation is None else f": {parameter.annotation}"
        default = "" if parameter.default is None or prefix else f" = {parameter.default}"
        found.append(f"{prefix}{parameter.name}{annotation}{default}")
    return ", ".join(found)


if __name__ == "__main__":
    FILE.write_text(listing())
