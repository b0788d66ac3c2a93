"""Installed packages: what ``pkgs.rktd`` says, in each scope."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, TypeAlias

from pltpack.dataclass import dataclass
from pltpack.datum.values import Datum, Prefab, Symbol
from pltpack.errors import ConfigError
from pltpack.racket.config import path_text, read_table
from pltpack.racket.installation import Installation

Scope: TypeAlias = Literal["user", "installation"] | Path
"""``user``, ``installation``, or the directory of another scope."""

_LINKED: Final = frozenset({"link", "static-link", "clone"})
_CHAIN: Final = {
    # the structure types in use: their fields, and those that their names stand for in the key of the prefab
    "pkg-info": ("source", "checksum", "auto"),
    "pkg-info/alt": ("source", "checksum", "auto", "directory"),
    "sc-pkg-info": ("source", "checksum", "auto", "collection"),
    "sc-pkg-info/alt": ("source", "checksum", "auto", "collection", "directory"),
}


@dataclass(frozen=True, slots=True)
class PackageOrigin:
    """Where a package was installed from: ``kind`` is ``catalog``, ``url``, ``git``, ``file``, ``dir``, ``link``,
    ``static-link`` or ``clone``, ``arguments`` what stands behind it (the first is a name, URL or path)."""

    kind: str
    arguments: tuple[Datum, ...]


@dataclass(frozen=True, slots=True)
class InstalledPackage:
    """An installed package. ``collection`` is the name of a single-collection package's collection, otherwise
    ``None``; ``checksum`` is ``None`` where none is known; ``auto`` tells that it came as a dependency."""

    name: str
    scope: Scope
    directory: Path
    source: PackageOrigin
    checksum: str | None
    auto: bool
    collection: str | None


def installed_packages(installation: Installation, scope: Scope | None = None) -> dict[str, InstalledPackage]:
    """The packages of one scope, or of all: the user's, then those of ``pkgs-search-dirs`` that are not hidden by
    an earlier one.

    Raises :class:`~pltpack.errors.ConfigError` for a damaged ``pkgs.rktd`` and ``OSError``.
    """
    found: dict[str, InstalledPackage] = {}
    for one, directory in package_scopes(installation):
        if scope is None or scope == one:
            for package in read_packages(directory, one):
                found.setdefault(package.name, package)
    if isinstance(scope, Path) and not found:
        # a scope that is searched by nobody may still be named
        found = {package.name: package for package in read_packages(scope, scope)}
    return found


def package_scopes(installation: Installation) -> Iterator[tuple[Scope, Path]]:
    """The scopes, narrowest first, with the directories of their packages."""
    if installation.user_paths and installation.user_known:
        yield "user", installation.user_pkgs_dir
    for directory in installation.pkgs_search_dirs:
        yield "installation" if directory == installation.pkgs_dir else directory, directory


def read_packages(directory: Path, scope: Scope) -> Iterator[InstalledPackage]:
    """The packages recorded in the ``pkgs.rktd`` of a directory; none if there is no such file."""
    file = directory / "pkgs.rktd"
    if not file.is_file():
        return
    for name, record in read_table(file.read_bytes(), file):
        package = _package(name, record, directory, scope)
        if package is None:
            raise ConfigError(f"the record of package {name!r} is not one that is known", file=str(file))
        yield package


def _package(name: Datum, record: Datum, directory: Path, scope: Scope) -> InstalledPackage | None:
    """A record as a package; ``None`` if it has another shape."""
    if not isinstance(name, str) or not isinstance(record, Prefab):
        return None
    fields = _fields(record)
    source = fields.get("source")
    if not isinstance(source, list) or len(source) < 2 or not isinstance(source[0], Symbol):
        return None
    kind = "catalog" if source[0].name == "pnr" else source[0].name
    place: Path | None
    if kind in _LINKED:
        text = path_text(source[1])
        place = None if text is None else directory / text
    else:
        folder = fields.get("directory") or name
        place = directory / folder if isinstance(folder, str) else None
    checksum, collection = fields.get("checksum"), fields.get("collection")
    if place is None:
        return None
    return InstalledPackage(
        name=name,
        scope=scope,
        directory=place,
        source=PackageOrigin(kind, tuple(source[1:])),
        checksum=checksum if isinstance(checksum, str) else None,
        auto=fields.get("auto") is not False,
        collection=collection if isinstance(collection, str) else None,
    )


def _fields(record: Prefab) -> dict[str, Datum]:
    """The fields of a record by name: its key starts with the name of its structure type, then, for a subtype, the
    rest of the chain (``(sc-pkg-info pkg-info 3)``), which the number of fields confirms."""
    key = record.key[0] if isinstance(record.key, list) and record.key else record.key
    names = _CHAIN.get(key.name, ()) if isinstance(key, Symbol) else ()
    return dict(zip(names, record.fields, strict=False)) if len(names) == len(record.fields) else {}
