"""Prefab structure keys: which are valid for a number of fields, and the short form that Racket writes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from pltpack.datum.values import FIXNUM_LIMIT, Datum, Symbol, Vector


class PrefabKeyError(ValueError):
    """The key is malformed, or asks for another number of fields."""


def normal_prefab_key(key: Datum, fields: int) -> Datum:
    """The form of ``key`` that ``prefab-struct-key`` returns for a structure of that many fields.

    A key is a name, or ``(name [count] [(automatic value)] [#(mutable-index ...)] parent-key ...)``, where the count
    may be left out behind the first name only. Raises :class:`PrefabKeyError`.
    """
    if isinstance(key, Symbol):
        return key
    if not isinstance(key, list) or not key or not isinstance(key[0], Symbol):
        raise PrefabKeyError("a prefab key is a symbol or a list that begins with one")
    levels: list[list[Datum]] = []
    total = 0
    position = len(key)
    for start in reversed([i for i, part in enumerate(key) if isinstance(part, Symbol)]):
        name, count, automatic, mutable = _level(key[start:position])
        position = start
        if count is None:
            if start > 0:
                raise PrefabKeyError(f"no field count behind the parent name {name.name}")
            count = fields - total - (automatic[0] if automatic else 0)
        if count < 0:
            raise PrefabKeyError("more fields in the prefab key than values")
        if any(index >= count for index in mutable):
            raise PrefabKeyError("the prefab key has a mutable field that does not exist")
        total += count + (automatic[0] if automatic else 0)
        level: list[Datum] = [name] if start == 0 else [name, count]
        if automatic is not None and automatic[0] > 0:
            level.append(list(automatic))
        if mutable:
            level.append(Vector(tuple(sorted(mutable))))
        levels.append(level)
    if total != fields:
        wanted = total if total < FIXNUM_LIMIT else "very many"
        raise PrefabKeyError(f"the prefab key is for {wanted} fields, not {fields}")
    whole = [part for level in reversed(levels) for part in level]
    return whole[0] if len(whole) == 1 else whole


def _level(parts: list[Datum]) -> tuple[Symbol, int | None, list[Any] | None, tuple[Any, ...]]:
    """Name, field count, automatic fields and mutable indices of one structure type in the key."""
    name, *rest = parts
    assert isinstance(name, Symbol)
    count: int | None = None
    automatic: list[Any] | None = None
    mutable: tuple[Any, ...] = ()
    for index, part in enumerate(rest):
        if _is_count(part) and index == 0:
            assert isinstance(part, int)
            count = part
        elif isinstance(part, list) and len(part) == 2 and _is_count(part[0]) and automatic is None:
            automatic = part
        elif isinstance(part, Vector) and part is rest[-1] and all(map(_is_count, part.items)):
            mutable = part.items
        else:
            raise PrefabKeyError("malformed prefab key")
    if any(a == b for a, b in pairwise(sorted(mutable))):  # no set: numbers can be chosen to have one hash value
        raise PrefabKeyError("a mutable field is listed twice in the prefab key")
    return name, count, automatic, mutable


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
