"""How headers are shown: as Racket prints them, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from pltpack.codec.header import Preamble
from pltpack.datum.values import Datum
from pltpack.datum.writer import write_datum
from pltpack.errors import HeaderError

from ..documents import Json


def header_json(preamble: Preamble) -> dict[str, Json]:
    """What the header says; for one of no known shape the two data as Racket writes them."""
    try:
        header = preamble.header()
    except HeaderError as error:
        return {"problem": error.message, "info": write_datum(preamble.info), "unit": write_datum(preamble.unit)}
    return {
        "name": header.name,
        "requires": [
            {"collection": "/".join(path), "version": [_number(part) for part in version]}
            for path, version in header.requires
        ],
        "conflicts": ["/".join(path) for path in header.conflicts],
        "collections": ["/".join(path) for path in header.collections],
        "location": header.location,
        "testDirectories": None if header.test_plt_dirs is None else list(header.test_plt_dirs),
    }


def _number(value: int | Fraction | float) -> Json:
    """A number that every reader of JSON takes, or else as Racket writes it."""
    return value if isinstance(value, int) and value.bit_length() < 64 else write_datum(value)


_LOCATIONS = {
    "main": " unpack to main installation",
    "user": " unpack to user add-ons",
    "local": " unpack locally",
}


def config_lines(preamble: Preamble) -> Iterator[str]:
    """The lines of ``raco unpack -c``. What has not exactly the shape of today is shown whole."""
    try:
        clauses = preamble.clauses()
        if "test-plt-dirs" not in clauses:
            raise HeaderError("an older shape")
        yield "config:"
        yield f" name: {write_datum(clauses['name'])}"
        yield " requires:"
        for path, version in _pairs(clauses["requires"]):
            yield f"  {_joined(path)} {write_datum(version)}"
        yield " conflicts:"
        for path in _list(clauses["conflicts"]):
            yield f"  {_joined(path)}"
        # Home-relative counts here even where it means nothing, as in Racket.
        if clauses["plt-home-relative?"] is not False:
            yield _LOCATIONS["main"]
        else:
            yield _LOCATIONS["user" if clauses["plt-relative?"] is not False else "local"]
    except HeaderError:
        yield "config function:"
        yield from _whole(preamble.info)
    try:
        collections = preamble.collections()
        if not _imports_of_today(preamble.unit):
            raise HeaderError("an older shape")
        yield "setup collections:"
        for path in _list(collections):
            yield f" {_joined(path)}"
    except HeaderError:
        yield "setup unit:"
        yield from _whole(preamble.unit)


def _imports_of_today(unit: Datum) -> bool:
    return write_datum(unit).startswith("(unit (import main-collects-parent-dir ")


def _whole(datum: Datum) -> Iterator[str]:
    from pltpack.datum.pretty import pretty_lines

    yield from pretty_lines(datum)


def _list(datum: Datum) -> list[Datum]:
    if not isinstance(datum, list):
        raise HeaderError("not a list")
    return datum


def _pairs(datum: Datum) -> Iterator[tuple[Datum, Datum]]:
    for element in _list(datum):
        pair = _list(element)
        if len(pair) < 2:
            raise HeaderError("not a collection with a version")
        yield pair[0], pair[1]


def _joined(path: Datum) -> str:
    names = [name for name in _list(path) if isinstance(name, str)]
    if len(names) != len(_list(path)):
        raise HeaderError("not a collection path")
    return write_datum("/".join(names))
