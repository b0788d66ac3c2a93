"""A block of a lock file, what was wished for, and what is recorded of an installed package: from one to another."""

from __future__ import annotations

from pathlib import Path
from typing import Final, cast, get_args

from pltpack.errors import PackageError
from pltpack.fetch.transport import shown
from pltpack.lock.paths import meant, written
from pltpack.lock.values import LockedPackage, LockedType, Wanted
from pltpack.pkg.source import SourceType
from pltpack.scope.plan.origins import expected_origin, local_path
from pltpack.scope.plan.values import Wish
from pltpack.scope.state.records import Origin, Record

LOCAL: Final = ("file", "dir", "link", "static-link")
REPOSITORIES: Final = ("git", "git-url", "github")


def locked_type(type: SourceType) -> LockedType:
    """The type of a source as a lock file has it. Raises :class:`~pltpack.errors.PackageError` for a clone."""
    if type not in get_args(LockedType):
        raise PackageError(f"a source of type {type} cannot be locked", hint="lock the repository itself")
    return cast(LockedType, type)


def wanted_of(wish: Wish, base: Path) -> Wanted:
    """What was wished for, as the lock file in the directory ``base`` says it."""
    if wish.type == "name":
        name = None if wish.source == wish.name else wish.source
        return Wanted(wish.name, None, name, wish.checksum)
    source = written(local_path(wish), base) if wish.type in LOCAL else shown(wish.source)
    return Wanted(wish.name, locked_type(wish.type), source, wish.checksum)


def wish_of(wanted: Wanted, base: Path) -> Wish:
    """The wish that a lock file in the directory ``base`` says."""
    if wanted.type is None:
        return Wish(wanted.source or wanted.name, "name", wanted.name, wanted.checksum)
    source = wanted.source or ""
    if wanted.type in LOCAL:
        source = str(meant(source, base))
    return Wish(source, wanted.type, wanted.name, wanted.checksum)


def source_wish(package: LockedPackage, base: Path) -> Wish:
    """The wish for the content of a block, from where it was found."""
    source = str(meant(package.source, base)) if package.type in LOCAL else package.source
    return Wish(source, package.type, package.name, package.checksum)


def record_of(package: LockedPackage, base: Path, packages: Path, *, auto: bool) -> Record:
    """What is recorded of a package that a block describes, in the scope with these ``packages``."""
    wish = source_wish(package, base)
    if package.catalog is None:
        origin = expected_origin(wish, packages)
    else:
        repository = (package.source,) if package.type in REPOSITORIES else ()
        origin = Origin("catalog", (package.name, *repository))
    folder = Path(wish.source).name if package.linked and "+" in Path(wish.source).name else None
    return Record(origin, package.checksum, auto, package.collection, folder)
