"""What an archive says of itself: all that a catalog needs to know of a package, computed without Racket."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from pltpack.codec.limits import Limits
from pltpack.datum.values import Datum, Symbol
from pltpack.datum.writer import write_datum
from pltpack.errors import InfoError
from pltpack.pkg.checksum import digests
from pltpack.pkg.metadata import dependency_name
from pltpack.pkg.staging import StagedPackage, open_package
from pltpack.racket.info.fields import dependencies as as_dependencies
from pltpack.racket.info.info import Info

_README: Final = re.compile(r"readme(\.(md|markdown|txt|rst|org|scrbl))?", re.IGNORECASE)
_MOST_PROBLEMS: Final = 50


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one archive. Racket data are kept as the text that ``write`` makes of them.

    ``collection`` is ``None`` for a multi-collection package; ``dependencies`` are ``deps`` and then ``build-deps``,
    ``runtime`` the former alone; ``modules`` are the paths ``P`` of all ``(lib "P")``; ``license`` is the datum of the
    field; ``readme`` names the file at the top that is one; ``size`` and ``content_bytes`` are bytes, packed and
    unpacked; ``needs`` are the names of the packages that it depends on; ``problems`` is what an installer refuses or
    does not understand.
    """

    file: str
    format: str
    sha1: str
    sha256: str
    size: int
    version: str
    collection: str | None
    dependencies: tuple[str, ...] = ()
    runtime: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    implies: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    license: str | None = None
    description: str = ""
    authors: tuple[str, ...] = ()
    readme: str | None = None
    files: int = 0
    content_bytes: int = 0
    problems: tuple[str, ...] = ()


def examine(path: str | os.PathLike[str], name: str, *, limits: Limits = Limits()) -> Facts:
    """Read an archive to its end and say what is in it; ``name`` is that of the package.

    Raises what :func:`~pltpack.pkg.staging.open_package` raises.
    """
    package = open_package(path, name=name, check=False, limits=limits)
    sums = digests(path)
    info = package.info
    runtime = tuple(_written_dependencies(info, "deps"))
    files = [entry for entry in package.entries if entry.kind == "file"]
    return Facts(
        file=os.path.basename(path),
        format=package.format,
        sha1=sums.sha1,
        sha256=sums.sha256,
        size=sums.size,
        version=package.metadata.version,
        collection=package.collection,
        dependencies=(*runtime, *_written_dependencies(info, "build-deps")),
        runtime=runtime,
        needs=tuple(
            dict.fromkeys(filter(None, map(dependency_name, (*package.dependencies, *package.build_dependencies))))
        ),
        implies=tuple(write_datum(item) for item in _list(_value(info, "implies"))),
        modules=package.modules,
        license=_license(info),
        description=_text(_value(info, "pkg-desc")),
        authors=tuple(filter(None, map(_text, _authors(_value(info, "pkg-authors"))))),
        readme=_readme(package),
        files=len(files),
        content_bytes=sum(entry.size for entry in files),
        problems=package.problems[:_MOST_PROBLEMS],
    )


def _value(info: Info | None, name: str) -> object:
    """The value of a field, ``None`` where it is missing or cannot be told on this machine."""
    try:
        return None if info is None else info.get(name)
    except InfoError:
        return None


def _list(value: object) -> list[Datum]:
    return value if isinstance(value, list) else []


def _written_dependencies(info: Info | None, name: str) -> Iterator[str]:
    """The dependencies as they stand in the file, without those that an installer does not take."""
    for item in _list(_value(info, name)):
        known = as_dependencies([item])
        if known is not None and dependency_name(known[0]) is not None:
            yield write_datum(item)


def _authors(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value]


def _text(value: object) -> str:
    text = value.name if isinstance(value, Symbol) else value if isinstance(value, str) else ""
    return " ".join(text.split())


def _license(info: Info | None) -> str | None:
    value = _value(info, "license")
    if isinstance(value, Symbol | list):
        try:
            return write_datum(value)
        except (TypeError, ValueError):
            return None  # holds a path or a function
    return None


def _readme(package: StagedPackage) -> str | None:
    """The file at the top that is a readme; one in Markdown before others."""
    found = [entry.path for entry in package.entries if entry.kind == "file" and _README.fullmatch(entry.path)]
    return min(found, key=lambda path: (not path.lower().endswith((".md", ".markdown")), path), default=None)
