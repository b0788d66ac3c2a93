"""Packages of a catalog as ``raco pkg catalog-show`` prints them, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from pltpack.datum.values import Datum, Keyword, Symbol
from pltpack.datum.writer import write_datum
from pltpack.pkg.names import is_package_name
from pltpack.pkg.source import parse_source

from ..documents import Json

if TYPE_CHECKING:
    from pltpack.catalog.record import Record
    from pltpack.racket.info.fields import Dependency

_SHOWN: Final = ("author", "source", "checksum", "tags", "description", "ring")
_WIDTH: Final = 72


def package_lines(record: Record, *, modules: bool) -> Iterator[str]:
    """A package, line by line."""
    yield f"Package name: {record.name}"
    for key in _SHOWN:
        value = record.get(key)
        if value is not None and value is not False:
            parts = value if isinstance(value, list) else [value]
            yield f" {key.title()}: {', '.join(map(_display, parts))}"
    dependencies = record.dependencies
    if dependencies:
        yield " Dependencies:"
        for dependency in dependencies:
            version = "" if dependency.version is None else f" version {dependency.version}"
            platform = "" if dependency.platform is None else f" on platform {_print(dependency.platform)}"
            yield f"  {_name(dependency)}{version}{platform}"
    if modules:
        yield " Modules:"
        yield from _filled(record.modules)


def _filled(modules: tuple[Datum, ...]) -> Iterator[str]:
    """The modules in lines of 72 columns; one that is longer has a line of its own."""
    line, column = "", 0
    for module in modules:
        text = " " + write_datum(_pretty(module))
        if column + len(text) > _WIDTH and line:
            yield line
            line = ""
        if not line:
            line, column = " ", 0
        line += text
        column += len(text)
    if line:
        yield line


def _pretty(module: Datum) -> Datum:
    """``(lib "a/b.rkt")`` as ``a/b``."""
    match module:
        case [Symbol("lib"), str(path)] if path.endswith(".rkt"):
            return Symbol(path.removesuffix(".rkt"))
        case _:
            return module


def _display(value: Datum) -> str:
    """A value as Racket's ``display`` prints the kinds that can be expected here."""
    match value:
        case str():
            return value
        case Symbol(name):
            return name
        case Keyword(name):
            return f"#:{name}"
        case list():
            return f"({' '.join(map(_display, value))})"
        case _:
            return write_datum(value)


def _print(value: Datum) -> str:
    """A value as Racket's ``print`` shows it."""
    return f"'{write_datum(value)}" if isinstance(value, Symbol) else write_datum(value)


def _name(dependency: Dependency) -> str:
    if is_package_name(dependency.source):
        return dependency.source
    return parse_source(dependency.source, strict=False).name or dependency.source


def record_json(record: Record) -> dict[str, Json]:
    """A package in a JSON document."""
    return {
        "name": record.name,
        "catalog": record.catalog,
        "source": record.source,
        "checksum": record.checksum,
        "author": record.author,
        "description": record.description,
        "tags": list(record.tags),
        "ring": record.ring,
        "dependencies": [_dependency_json(dependency) for dependency in record.dependencies],
        "modules": [write_datum(module) for module in record.modules],
        "versions": [version or "default" for version in record.versions],
        "record": record.write().decode(),
    }


def _dependency_json(dependency: Dependency) -> dict[str, Json]:
    platform = dependency.platform
    return {
        "source": dependency.source,
        "name": parse_source(dependency.source, strict=False).name,
        "version": dependency.version,
        "platform": None if platform is None else write_datum(platform),
    }
