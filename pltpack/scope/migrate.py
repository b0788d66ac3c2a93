"""The explicit packages of another version of Racket, wanted again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from pltpack.pkg.source import SourceType, parse_source
from pltpack.racket.installation import Installation
from pltpack.scope.plan.values import Wish
from pltpack.scope.state.installed import Installed, read_scope
from pltpack.scope.state.places import user_places


def old_packages(installation: Installation, version: str) -> list[Installed]:
    """The packages of another version's user scope that did not come along with others, sorted by name.

    Raises :class:`~pltpack.errors.ConfigError` and ``OSError``.
    """
    packages = read_scope(user_places(installation, version))
    return [package for _, package in sorted(packages.items()) if not package.record.auto]


def wishes_again(packages: Sequence[Installed], *, same_checksums: bool = False) -> list[Wish]:
    """The wishes to have packages again from where they came, today's versions, or with ``same_checksums`` the very
    same. Racket stops at packages from files, copied directories and ``git+http`` repositories."""
    return [_again(package, package.record.checksum if same_checksums else None) for package in packages]


def _again(package: Installed, checksum: str | None) -> Wish:
    origin = package.record.origin
    match origin.kind:
        case "catalog":
            return Wish(origin.arguments[0], "name", package.name, checksum)
        case "link" | "static-link":
            return Wish(str(package.directory), cast("SourceType", origin.kind), package.name)
        case "clone":
            return Wish(origin.arguments[1], "clone", package.name, clone=_clone(package))
        case "file" | "dir":
            return Wish(origin.arguments[0], cast("SourceType", origin.kind), package.name, checksum)
    source = parse_source(origin.arguments[0], name=package.name, strict=False)
    return Wish(origin.arguments[0], source.type or "file-url", package.name, checksum)


def _clone(package: Installed) -> Path:
    """The directory of a clone, of which a package may be a part."""
    source = parse_source(package.record.origin.arguments[1], type="clone", name=package.name, strict=False)
    directory = package.directory
    for _ in source.repository.path if source.repository is not None else ():
        directory = directory.parent
    return directory


def told(packages: Sequence[Installed], packages_directory: Path) -> Iterator[str]:
    """What is said of packages that will be installed; links as they will be found from the new place."""
    for package in packages:
        origin = package.record.origin
        if origin.linked:
            yield f"  {package.name} linked from {os.path.join(packages_directory, origin.arguments[0])}"
        elif origin.kind == "catalog":
            yield f"  {package.name}"
        else:
            yield f"  {package.name} from {origin.arguments[0]}"
