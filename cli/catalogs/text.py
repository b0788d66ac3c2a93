"""Packages of a catalog as ``raco pkg catalog-show`` prints them, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from pltpack.datum.values import Datum, Keyword, Symbol
from pltpack.pkg.names import is_package_name

from ..documents import Json

if TYPE_CHECKING:
    from pltpack.catalog.record import Record
    from pltpack.racket.info.fields import Dependency

_SHOWN: Final = {key: key.title() for key in ("author", "source", "checksum", "tags", "description", "ring")}
_WIDTH: Final = 72


def package_lines(record: Record, *, modules: bool) -> list[str]:
    """A package, line by line."""
    lines = [f"Package name: {record.name}"]
    for key, title in _SHOWN.items():
        value = record.get(key)
        if isinstance(value, str):
            lines.append(f" {title}: {value}")
        elif value is not None and value is not False:
            parts = value if isinstance(value, list) else [value]
            lines.append(f" {title}: {', '.join(map(_display, parts))}")
    dependencies = record.dependencies
    if dependencies:
        lines.append(" Dependencies:")
        lines += map(_needed, dependencies)
    if modules:
        lines += [" Modules:", *_filled(record.modules)]
    return lines


def _needed(dependency: Dependency) -> str:
    line = f"  {_name(dependency)}"
    if dependency.version is not None:
        line += f" version {dependency.version}"
    if dependency.platform is not None:
        line += f" on platform {_print(dependency.platform)}"
    return line


def _filled(modules: tuple[Datum, ...]) -> Iterator[str]:
    """The modules in lines of 72 columns; one that is longer has a line of its own."""
    line, column = "", 0
    for module in modules:
        text = " " + _written(_pretty(module))
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
    if isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)
    match value:
        case Symbol(name):
            return name
        case Keyword(name):
            return f"#:{name}"
        case list():
            return f"({' '.join(map(_display, value))})"
        case _:
            return _written(value)


def _print(value: Datum) -> str:
    """A value as Racket's ``print`` shows it."""
    return f"'{_written(value)}" if isinstance(value, Symbol) else _written(value)


def _name(dependency: Dependency) -> str:
    if is_package_name(dependency.source):
        return dependency.source
    return _named(dependency.source) or dependency.source


def _named(source: str) -> str | None:
    from pltpack.pkg.source import parse_source

    return parse_source(source, strict=False).name


def _written(value: Datum) -> str:
    from pltpack.datum.writer import write_datum

    return write_datum(value)


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
        "modules": [_written(module) for module in record.modules],
        "versions": [version or "default" for version in record.versions],
        "record": record.write().decode(),
    }


def _dependency_json(dependency: Dependency) -> dict[str, Json]:
    platform = dependency.platform
    return {
        "source": dependency.source,
        "name": _named(dependency.source),
        "version": dependency.version,
        "platform": None if platform is None else _written(platform),
    }
