"""Installed packages as the records of a catalog: ``raco pkg archive``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from pltpack.catalog.record import Record, dependency_datum
from pltpack.datum.values import Datum
from pltpack.errors import InfoError, PackageError
from pltpack.racket.info.fields import Dependency
from pltpack.racket.info.info import load_info
from pltpack.racket.installation import Installation
from pltpack.racket.packages import InstalledPackage, installed_packages

ROOTS: Final = frozenset({"base", "racket"})
"""What every installation has: never followed as dependencies."""


def installed_records(
    installation: Installation, names: Sequence[str], *, dependencies: bool = False, exclude: Sequence[str] = ()
) -> dict[str, Record]:
    """Records of installed packages, their directories being the sources; with what they depend on, if that is wanted.

    Raises :class:`~pltpack.errors.PackageError` for one that is not installed,
    :class:`~pltpack.errors.ConfigError` and ``OSError``.
    """
    installed = installed_packages(installation)
    for name in names:
        if name not in installed:
            raise PackageError(f"the package {name} is not installed", hint="raco pkg show tells which are")
    found: dict[str, Record] = {}
    pending = [name for name in names if not dependencies or name not in ROOTS | set(exclude)]
    while pending:
        name = pending.pop()
        if name in found or name not in installed:
            continue
        needed = _needed(installed[name])
        found[name] = _record(installed[name], needed)
        if dependencies:
            pending += [each.source for each in needed if each.source not in ROOTS | set(exclude)]
    return found


def _needed(package: InstalledPackage) -> tuple[Dependency, ...]:
    try:
        info = load_info(package.directory)
        return () if info is None else (*info.deps, *info.build_deps)
    except InfoError:
        return ()


def _record(package: InstalledPackage, needed: Sequence[Dependency]) -> Record:
    names = list(dict.fromkeys(dependency.source for dependency in needed))
    plain: list[Datum] = [dependency_datum(Dependency(name)) for name in names]
    fields: Mapping[str, Datum] = {
        "checksum": False if package.checksum is None else package.checksum,
        "dependencies": plain,
        "source": str(Path(package.directory)),
    }
    return Record.of(package.name, fields)
