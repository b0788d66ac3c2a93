"""The functions of the ``info`` language, as Racket's are: what they accept, what they make, when they fail.

Values are :data:`~pltpack.racket.info.values.Value`; typed ``Any`` here, as lists may hold any of them at any depth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from pltpack.dataclass import dataclass
from pltpack.datum.values import Box, Dotted, HashKind, HashTable, Identities, Prefab, Symbol, Vector, same_datum
from pltpack.errors import UnknownCollectionError
from pltpack.racket.info.machine import ALLOWED_VARIABLES, Machine, Mode, is_absolute, join_path
from pltpack.racket.info.values import PathValue, Procedure


class Mistake(Exception):
    """A call that fails in Racket as well: wrong arguments, a missing key, an unknown collection."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function: fewest and most arguments (``None``: any number), its keywords, and what it does.

    ``apply`` takes the arguments, behind a :class:`Context` if ``in_context``, and keywords by name.
    """

    apply: Callable[..., Any]
    least: int
    most: int | None
    keywords: frozenset[str] = frozenset()
    in_context: bool = False

    def accepts(self, count: int) -> bool:
        """Whether it can be called with so many arguments."""
        return self.least <= count and (self.most is None or count <= self.most)


@dataclass(frozen=True, slots=True)
class Context:
    """What functions can use besides their arguments: the machine, and calling a function they were given."""

    machine: Machine
    call: Callable[[Procedure, Sequence[Any]], Any]


def accepts(value: Any, count: int) -> bool:
    """Whether a value is a function that takes so many arguments."""
    return isinstance(value, Procedure) and ALL_FUNCTIONS[value.name].accepts(count)


def join(items: Iterable[Any], tail: Any) -> Any:
    """The list of ``items`` that goes on with ``tail``."""
    front = list(items)
    if not front:
        return tail
    if isinstance(tail, list):
        return front + tail
    if isinstance(tail, Dotted):
        return Dotted((*front, *tail.items), tail.tail)
    return Dotted(tuple(front), tail)


def append(*lists: Any) -> Any:
    """All but the last must be lists; the last becomes the tail."""
    result: Any = []
    for place, part in enumerate(reversed(lists)):
        result = join(_list(part), result) if place else part
    return result


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Mistake("the argument is not a list")
    return value


def _car(pair: Any) -> Any:
    match pair:
        case [first, *_] | Dotted(items=(first, *_)):
            return first
        case _:
            raise Mistake("the argument is not a pair")


def _cdr(pair: Any) -> Any:
    match pair:
        case [_, *rest]:
            return rest
        case Dotted(items=(_, *rest), tail=tail):
            return join(rest, tail)
        case _:
            raise Mistake("the argument is not a pair")


def _string_append(*strings: Any) -> str:
    if not all(isinstance(text, str) for text in strings):
        raise Mistake("an argument is not a string")
    return "".join(strings)


def _table(pairs: Iterable[tuple[Any, Any]], kind: HashKind) -> HashTable:
    """A table of the kind; of keys that are the same to it the last one stays."""
    key_of = _key_function(kind)
    entries: dict[object, tuple[Any, Any]] = {}
    for key, value in pairs:
        entries[key_of(key)] = (key, value)
    return HashTable(tuple(entries.values()), kind)


def _key_function(kind: HashKind) -> Callable[[Any], object]:
    """What stands for a key: its content or, for ``eq?`` and ``eqv?`` tables, the object if it is made of parts."""
    identities = Identities()

    def key_of(key: Any) -> object:
        by_object = (
            kind in ("eq", "eqv") and key != [] and isinstance(key, list | Dotted | Vector | Box | Prefab | HashTable)
        )
        return ("object", id(key)) if by_object else identities.of(key)

    return key_of


def _alternating(kind: HashKind) -> Callable[..., HashTable]:
    def make(*arguments: Any) -> HashTable:
        return _table(_pairs(arguments), kind)

    return make


def _pairs(arguments: Sequence[Any]) -> Iterable[tuple[Any, Any]]:
    if len(arguments) % 2:
        raise Mistake("the last key has no value")
    return zip(arguments[::2], arguments[1::2], strict=True)


def _make_immutable_hash(pairs: Any = ()) -> HashTable:
    associations = list(pairs) if isinstance(pairs, list | tuple) else _list(pairs)
    return _table([(_car(pair), _cdr(pair)) for pair in associations], "equal")


def _a_table(value: Any) -> HashTable:
    if not isinstance(value, HashTable):
        raise Mistake("the first argument is not a hash table")
    return value


def _hash_set(table: Any, *arguments: Any) -> HashTable:
    table = _a_table(table)
    return _table([*table.entries, *_pairs(arguments)], table.kind)


def _hash_remove(table: Any, key: Any) -> HashTable:
    table = _a_table(table)
    key_of = _key_function(table.kind)
    gone = key_of(key)
    return HashTable(tuple(entry for entry in table.entries if key_of(entry[0]) != gone), table.kind)


def _hash_clear(table: Any) -> HashTable:
    return HashTable((), _a_table(table).kind)


_NONE: Final = object()


def _hash_update(context: Context, table: Any, key: Any, update: Any, failure: Any = _NONE) -> HashTable:
    table = _a_table(table)
    if not accepts(update, 1):
        raise Mistake("the third argument is not a function of one argument")
    key_of = _key_function(table.kind)
    wanted = key_of(key)
    value = next((value for candidate, value in table.entries if key_of(candidate) == wanted), _NONE)
    if value is _NONE:
        value = failure
        if failure is _NONE:
            raise Mistake("the key is not in the table")
        if isinstance(failure, Procedure):
            if not accepts(failure, 0):
                raise Mistake("the fourth argument is a function that needs arguments")
            value = context.call(failure, ())
    return _table([*table.entries, (key, context.call(update, (value,)))], table.kind)


def _path_text(value: Any) -> str:
    match value:
        case str() | PathValue():
            return value if isinstance(value, str) else value.text
        case Symbol("up"):
            return ".."
        case Symbol("same"):
            return "."
        case _:
            raise Mistake("an argument is neither a path nor a string")


def _build_path(context: Context, *elements: Any) -> PathValue:
    try:
        return PathValue(join_path([_path_text(element) for element in elements], windows=context.machine.windows))
    except ValueError as error:
        raise Mistake(str(error)) from None


def _path_to_string(path: Any) -> str:
    if not isinstance(path, PathValue):
        raise Mistake("the argument is not a path")
    return path.text.encode(errors="surrogateescape").decode(errors="replace")


def _collection_path(context: Context, *elements: Any, fail: Any = None) -> Any:
    names = [element.text if isinstance(element, PathValue) else element for element in elements]
    for name in names:
        if not isinstance(name, str) or not name or "\0" in name or is_absolute(name, windows=context.machine.windows):
            raise Mistake("an argument is not a relative path")
    if fail is not None and not accepts(fail, 1):
        raise Mistake("#:fail is not a function of one argument")
    try:
        return PathValue(str(context.machine.collection_path(names)))
    except UnknownCollectionError as error:
        if fail is None:
            raise Mistake(str(error)) from None
        return context.call(fail, (str(error),))


_MODES: Final[dict[str, Mode]] = {"cs": "cs", "3m": "3m", "cgc": "cgc"}


def _system_library_subpath(context: Context, mode: Any = _NONE) -> PathValue:
    if mode is _NONE:
        return PathValue(context.machine.library_subpath("default"))
    if mode is False:
        return PathValue(context.machine.library_subpath(None))
    if not isinstance(mode, Symbol) or mode.name not in _MODES:
        raise Mistake("the argument is not one of 'cs, '3m, 'cgc and #f")
    return PathValue(context.machine.library_subpath(_MODES[mode.name]))


def _getenv(context: Context, name: Any) -> str | bool:
    if not isinstance(name, str) or "=" in name or "\0" in name:
        raise Mistake("the argument is not the name of an environment variable")
    environ = context.machine.environ
    return environ.get(name, False) if name in environ.get(ALLOWED_VARIABLES, "").split(";") else False


def _list_to_vector(items: Any) -> Vector:
    return Vector(tuple(_list(items)))


def _make_prefab(key: Any, fields: Any) -> Prefab:
    return Prefab(key, tuple(_list(fields)))


FUNCTIONS: Final = {
    "list": Function(lambda *items: list(items), 0, None),
    "list*": Function(lambda *items: join(items[:-1], items[-1]), 1, None),
    "cons": Function(lambda first, rest: join([first], rest), 2, 2),
    "car": Function(_car, 1, 1),
    "cdr": Function(_cdr, 1, 1),
    "append": Function(append, 0, None),
    "reverse": Function(lambda items: _list(items)[::-1], 1, 1),
    "equal?": Function(same_datum, 2, 2),
    "string-append": Function(_string_append, 0, None),
    "hash": Function(_alternating("equal"), 0, None),
    "make-immutable-hash": Function(_make_immutable_hash, 0, 1),
    "hash-set": Function(_hash_set, 3, 3),
    "hash-set*": Function(_hash_set, 1, None),
    "hash-remove": Function(_hash_remove, 2, 2),
    "hash-clear": Function(_hash_clear, 1, 1),
    "hash-update": Function(_hash_update, 3, 4, in_context=True),
    "path->string": Function(_path_to_string, 1, 1),
    "build-path": Function(_build_path, 1, None, in_context=True),
    "collection-path": Function(_collection_path, 1, None, frozenset({"fail"}), in_context=True),
    "system-library-subpath": Function(_system_library_subpath, 0, 1, in_context=True),
    "getenv": Function(_getenv, 1, 1, in_context=True),
}
"""The functions that an info file can name."""

TABLE_MAKERS: Final[dict[HashKind, str]] = {"equal": "hash", "eq": "hasheq", "eqv": "hasheqv", "always": "hashalw"}

ALL_FUNCTIONS: Final = {
    **FUNCTIONS,
    "hasheq": Function(_alternating("eq"), 0, None),
    "hasheqv": Function(_alternating("eqv"), 0, None),
    "hashalw": Function(_alternating("always"), 0, None),
    "list->vector": Function(_list_to_vector, 1, 1),
    "make-prefab-struct": Function(_make_prefab, 2, 2),
    "box": Function(Box, 1, 1),
}
"""Those, and the ones that a quasiquoted literal turns into."""
