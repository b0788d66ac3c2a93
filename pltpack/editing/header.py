"""Changing fields of a header, whatever its age, and nothing else of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, cast, get_args

from pltpack.codec.header import CollectionPath, Header, Preamble, Version
from pltpack.datum.values import Datum, Symbol, same_datum
from pltpack.editing.changes import Field, SetField
from pltpack.errors import HeaderError

FIELDS: Final = cast("tuple[Field, ...]", get_args(Field))

_CLAUSES: Final[dict[Field, tuple[str, ...]]] = {
    "name": ("name",),
    "requires": ("requires",),
    "conflicts": ("conflicts",),
    "location": ("plt-relative?", "plt-home-relative?", "test-plt-dirs"),
    "test-dirs": ("test-plt-dirs",),
}
"""The clauses of the info procedure that say what a field says; ``collections`` are said by the unit."""

_LOCATIONS: Final = {"main": (True, True), "user": (True, False), "local": (False, False)}
"""Of each location, whether it is relative to the user's directories, and whether to those of the installation."""


def parsed(text: str) -> SetField:
    """The change that ``FIELD=VALUE`` stands for; lists have commas, versions stand behind a space.

    >>> parsed("requires=mzlib 370.1, mred").value
    ((('mzlib',), (370, 1)), (('mred',), ()))

    Raises ``ValueError``.
    """
    name, equals, value = text.partition("=")
    field = cast("Field", name)
    if not equals or field not in FIELDS:
        raise ValueError(f"{text!r} is not FIELD=VALUE with a field of {', '.join(FIELDS)}")
    parts = [part.strip() for part in value.split(",") if part.strip()]
    match field:
        case "name":
            return SetField(field, value)
        case "location":
            if value not in _LOCATIONS:
                raise ValueError(f"the location is main, user or local, not {value!r}")
            return SetField(field, value)
        case "requires":
            return SetField(field, tuple(_requirement(part) for part in parts))
        case "test-dirs":
            return SetField(field, tuple(parts) or None)
        case _:
            return SetField(field, tuple(_collection(part) for part in parts))


def _requirement(text: str) -> tuple[CollectionPath, Version]:
    path, _, version = text.partition(" ")
    if version and re.fullmatch(r"[0-9]{1,18}(\.[0-9]{1,18})*", version, re.ASCII) is None:
        raise ValueError(f"{version!r} is no version: numbers with dots between them")
    return _collection(path), tuple(map(int, version.split("."))) if version else ()


def _collection(text: str) -> CollectionPath:
    names = tuple(text.split("/"))
    if not all(names):
        raise ValueError(f"{text!r} is no collection: names with slashes between them")
    return names


def edited(preamble: Preamble, changes: Sequence[SetField]) -> Preamble:
    """The header with fields that say something else. What nobody changes stays the same datum, in the same shape.

    Raises :class:`~pltpack.errors.HeaderError` for a header of no known shape, ``ValueError`` for values that
    contradict each other.
    """
    if not changes:
        return preamble
    try:
        before = preamble.header()
    except HeaderError as error:
        raise HeaderError(
            f"no field can be set: {error.message}", hint="without --set the header is kept as it is"
        ) from None
    after = before
    for change in changes:
        after = _with(after, change)
    target = after.preamble()
    # The names of the unit's import say how old it is; today's may stand there whatever they were.
    unit = preamble.unit if after.collections == before.collections else target.unit
    clauses = {clause for change in changes for clause in _CLAUSES.get(change.field, ())}
    return Preamble(_with_clauses(preamble.info, target.info, clauses), unit)


def _with(header: Header, change: SetField) -> Header:
    value = cast("Any", change.value)
    match change.field:
        case "location":
            relative, home = _LOCATIONS[value]
            tests = header.test_plt_dirs if home else None
            return replace(header, plt_relative=relative, plt_home_relative=home, test_plt_dirs=tests)
        case "test-dirs":
            return replace(header, test_plt_dirs=value)
        case field:
            return replace(header, **{field: value})


def _with_clauses(info: Datum, target: Datum, names: set[str]) -> Datum:
    """The info procedure with some of its clauses from another one; clauses that it lacks come before the ``else``."""
    match info, target:
        case [head, arguments, [*case]], [_, _, [*wanted]]:
            pass
        case _:
            raise AssertionError("a header of a known shape")
    values = {name: clause for name in names for clause in wanted if _is_clause(clause, name)}
    clauses: list[Datum] = []
    for clause in case:
        name = next((name for name in values if _is_clause(clause, name)), None)
        clauses.append(clause if name is None else values.pop(name))
    for name, clause in values.items():
        if name != "test-plt-dirs" or not _says_nothing(clause):
            clauses.insert(len(clauses) - 1, clause)
    return [head, arguments, clauses]


def _is_clause(clause: Datum, name: str) -> bool:
    return isinstance(clause, list) and len(clause) == 2 and same_datum(clause[0], [Symbol(name)])


def _says_nothing(clause: Datum) -> bool:
    quoted: Datum = [Symbol("quote"), False]
    return isinstance(clause, list) and (clause[1] is False or same_datum(clause[1], quoted))
