"""The two data before the entries: the info procedure and the unpacking unit.

They look like programs and were run once; since Racket 5.92 they are compared with fixed patterns, and so they are
here: nothing of them is ever evaluated. :class:`Preamble` is the pair as it stands in the archive, whatever it is;
:class:`Header` is what it means, if it has one of the shapes that ``setup/unpack`` accepts.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final, Literal, TypeAlias

from pltpack.arguments import check_several
from pltpack.dataclass import dataclass
from pltpack.datum.values import Datum, Symbol, same_datum
from pltpack.errors import HeaderError

CollectionPath: TypeAlias = tuple[str, ...]
"""A collection: ``("games", "cards")`` is the collection games/cards."""

Version: TypeAlias = tuple[int | Fraction | float, ...]
"""A version as archives require it, most significant number first; ``()`` is any."""

_ONE: Final = "('games', 'cards')"
_SOME: Final = "[('games', 'cards')]"


@dataclass(frozen=True, slots=True)
class Header:
    """What an archive says of itself.

    ``requires``: collections with the version prefix each must have; ``conflicts``: collections that must not be there;
    ``collections``: those to set up after unpacking. ``plt_relative``: entries go to the user's directories, with
    ``plt_home_relative`` to those of the installation, if ``test_plt_dirs`` (``None``: without a test) are writable.
    """

    name: str
    requires: tuple[tuple[CollectionPath, Version], ...] = ()
    conflicts: tuple[CollectionPath, ...] = ()
    collections: tuple[CollectionPath, ...] = ()
    plt_relative: bool = True
    plt_home_relative: bool = False
    test_plt_dirs: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Raises ``TypeError`` for strings where collections, or several of them, are meant."""
        check_several("test_plt_dirs", self.test_plt_dirs, "('collects', 'lib')")
        check_several("requires", self.requires, _SOME)
        for name, paths in (("conflicts", self.conflicts), ("collections", self.collections)):
            check_several(name, paths, _SOME)
            for path in paths:
                check_several(f"a collection of {name}", path, _ONE)
        for requirement in self.requires:
            check_several("each of requires", requirement, "(('games', 'cards'), (1, 2))")
            check_several("a collection of requires", requirement[0], _ONE)

    @property
    def location(self) -> Literal["main", "user", "local"]:
        """Where the archive wants to be unpacked: the installation, the user's directories, the current directory."""
        if self.plt_home_relative:
            return "main"
        return "user" if self.plt_relative else "local"

    def preamble(self, unpack_unit: Datum | None = None) -> Preamble:
        """The two data that Racket 8.7 writes for this header; ``unpack_unit`` stands in for the second one.

        Raises ``ValueError`` where ``pack-plt`` does: ``plt_home_relative`` needs ``plt_relative``, and
        ``test_plt_dirs`` needs ``plt_home_relative``.
        """
        if self.plt_home_relative and not self.plt_relative:
            raise ValueError("plt_home_relative needs plt_relative")
        if self.test_plt_dirs is not None and not self.plt_home_relative:
            raise ValueError("test_plt_dirs needs plt_home_relative")
        return Preamble(_info_procedure(self), _unit(self) if unpack_unit is None else unpack_unit)


@dataclass(frozen=True, slots=True)
class Preamble:
    """The info procedure and the unpacking unit as data, in whatever shape the archive has them."""

    info: Datum
    unit: Datum

    def header(self) -> Header:
        """What the two data mean. Raises :class:`HeaderError` where ``unpack`` of ``setup/unpack`` does."""
        clauses = self.clauses()
        name = clauses["name"]
        if not isinstance(name, str):
            raise HeaderError("the archive's name is not a string")
        plt_relative = clauses["plt-relative?"] is not False
        # Without plt-relative?, home-relative says nothing, and without both, nor do the directories to test.
        home_relative = plt_relative and clauses["plt-home-relative?"] is not False
        test_dirs = _test_dirs(clauses.get(_TEST_DIRS, False))
        return Header(
            name,
            requires=_requirements(clauses["requires"]),
            conflicts=_collections(clauses["conflicts"], "conflicts"),
            collections=_collections(self.collections(), "setup collections"),
            plt_relative=plt_relative,
            plt_home_relative=home_relative,
            test_plt_dirs=test_dirs if home_relative else None,
        )

    def clauses(self) -> dict[str, Datum]:
        """The values of the info procedure by clause, ``requires`` and ``conflicts`` without their quotes.

        Raises :class:`HeaderError` if it has no known shape. Old archives have no ``test-plt-dirs``.
        """
        return _match_info(self.info)

    def collections(self) -> Datum:
        """What the unit lists for setting up. Raises :class:`HeaderError` if it has no known shape."""
        return _match_unit(self.unit)


def _symbols(names: str) -> list[Datum]:
    return [Symbol(name) for name in names.split()]


_QUOTE: Final = Symbol("quote")
_CASE: Final = _symbols("case request")
_UNPACKER: Final[list[Datum]] = [_QUOTE, Symbol("mzscheme")]
_ELSE: Final = Symbol("else")
_FAILURE: Final = _symbols("failure")
_TEST_DIRS: Final = "test-plt-dirs"
_CLAUSES: Final = (
    "name",
    "unpacker",
    "requires",
    "conflicts",
    "plt-relative?",
    "plt-home-relative?",
    _TEST_DIRS,
)
_IMPORT: Final = _symbols("main-collects-parent-dir mzuntar")


def _quoted(value: Datum) -> list[Datum]:
    return [_QUOTE, value]


def _info_procedure(header: Header) -> Datum:
    # All lists are new ones: who changes what he got must not change what others will get.
    requires: list[Datum] = [[list(path), list(version)] for path, version in header.requires]
    conflicts: list[Datum] = [list(path) for path in header.conflicts]
    test_dirs: Datum = False
    if header.plt_home_relative:
        test_dirs = _quoted(False if header.test_plt_dirs is None else list(header.test_plt_dirs))
    values: tuple[Datum, ...] = (
        header.name,
        [*_UNPACKER],
        _quoted(requires),
        _quoted(conflicts),
        header.plt_relative,
        header.plt_home_relative,
        test_dirs,
    )
    clauses: list[Datum] = [[_symbols(name), value] for name, value in zip(_CLAUSES, values, strict=True)]
    return [Symbol("lambda"), _symbols("request failure"), [*_CASE, *clauses, [_ELSE, [*_FAILURE]]]]


def _unit(header: Header) -> Datum:
    collections: list[Datum] = [list(path) for path in header.collections]
    return [
        Symbol("unit"),
        [Symbol("import"), *_IMPORT],
        _symbols("export"),
        _symbols("mzuntar void"),
        _quoted(collections),
    ]


def _match_info(info: Datum) -> dict[str, Datum]:
    """The values of the clauses by name. Archives older than version 301.15 have no ``test-plt-dirs``."""
    problem = HeaderError("the archive's info procedure has no known shape", hint="raco-unpack can still list it")
    match info:
        case [Symbol("lambda"), [Symbol("request"), Symbol("failure")], [*case]] if same_datum(case[:2], _CASE):
            clauses = [clause for clause in case[2:] if isinstance(clause, list) and len(clause) == 2]
        case _:
            raise problem
    names = _CLAUSES if len(clauses) == len(_CLAUSES) + 1 else _CLAUSES[:-1]
    keys: list[Datum] = [clause[0] for clause in clauses]
    expected: list[Datum] = [_symbols(name) for name in names]
    expected.append(_ELSE)
    values = dict(zip(names, (clause[1] for clause in clauses), strict=False))
    if (
        len(clauses) != len(case) - 2
        or not same_datum(keys, expected)
        or not same_datum([values["unpacker"], clauses[-1][1]], [_UNPACKER, _FAILURE])
    ):
        raise problem
    for name in ("requires", "conflicts"):
        match values[name]:
            case [Symbol("quote"), quoted]:
                values[name] = quoted
            case _:
                raise HeaderError(f"the archive's {name} are not quoted data")
    return values


def _match_unit(unit: Datum) -> Datum:
    match unit:
        case [
            Symbol("unit"),
            [Symbol("import"), Symbol(), Symbol("mzuntar")],
            [Symbol("export")],
            [Symbol("mzuntar"), Symbol("void")],
            [Symbol("quote"), collections],
        ]:
            return collections
        case _:
            raise HeaderError(
                "the archive's unpacking unit has no known shape",
                hint="raco-unpack can still list and unpack it",
            )


def _requirements(value: Datum) -> tuple[tuple[CollectionPath, Version], ...]:
    requires: list[tuple[CollectionPath, Version]] = []
    for element in _list(value, "requires"):
        match element:
            case [path, [*version]] if all(
                isinstance(part, int | Fraction | float) and not isinstance(part, bool) for part in version
            ):
                numbers = tuple(part for part in version if isinstance(part, int | Fraction | float))
                requires.append((_collection(path, "requires"), numbers))
            case _:
                raise HeaderError("the archive's requires are not collections with versions")
    return tuple(requires)


def _collections(value: Datum, what: str) -> tuple[CollectionPath, ...]:
    return tuple(_collection(path, what) for path in _list(value, what))


def _collection(value: Datum, what: str) -> CollectionPath:
    names = [part for part in _list(value, what) if isinstance(part, str)]
    if not names or len(names) != len(_list(value, what)):
        raise HeaderError(f"the archive's {what} are not lists of collection paths")
    return tuple(names)


def _list(value: Datum, what: str) -> Sequence[Datum]:
    if not isinstance(value, list):
        raise HeaderError(f"the archive's {what} are not a list")
    return value


def _test_dirs(value: Datum) -> tuple[str, ...] | None:
    match value:
        case False | [Symbol("quote"), False]:
            return None
        case [Symbol("quote"), [*names]] if all(isinstance(name, str) for name in names):
            return tuple(name for name in names if isinstance(name, str))
        case _:
            raise HeaderError("the archive's test-plt-dirs are not #f or a quoted list of strings")
