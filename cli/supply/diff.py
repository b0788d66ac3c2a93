"""``raco-pkg diff``: what another lock file comes to."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .. import options, racket_options
from ..console import DIFFERENT, print_json, write_line
from ..documents import Json, document
from ..locks import lock_options as lo
from ..packages import scope_options as o

if TYPE_CHECKING:
    from pltpack.lock.contents import Contents
    from pltpack.lock.values import LockedPackage
    from pltpack.supply.difference import LockDifference, PackageDifference


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A lock file.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Another one.")] = lo.LOCK,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Fetch packages that are not in the cache, to see which modules they have.")
    ] = False,
    take: lo.From = [],  # noqa: B006  typer copies it
    racket: racket_options.Racket = None,
    racket_version: racket_options.RacketVersion = None,
    offline: o.Offline = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Say what is different in another lock file: versions, sizes, modules gained and lost, and new conflicts.

    Modules are those of the packages that are in the cache; --fetch gets the others. Exits with 1 if there is a
    difference.

    \b
    raco-pkg diff old.lock racket.lock
    raco-pkg diff old.lock --fetch --json
    """
    from pltpack.lock.read import read_lock
    from pltpack.supply.difference import compare_locks

    before, after = read_lock(old), read_lock(new)
    with _contents(old, new, take, racket, racket_version, offline=offline or not fetch) as places:

        def modules(block: LockedPackage) -> Collection[str] | None:
            return _modules(block, places[block in after.packages], fetch=fetch or bool(take))

        found = compare_locks(before, after, modules)
    if json:
        print_json(_document(old, new, found))
    elif not quiet:
        for line in _lines(found):
            write_line(line)
    if found:
        raise typer.Exit(DIFFERENT)


@contextlib.contextmanager
def _contents(
    old: Path, new: Path, take: list[str], racket: Path | None, version: str | None, *, offline: bool
) -> Iterator[tuple[Contents, Contents]]:
    """Where the packages of the old and of the new lock file are."""
    from pltpack.lock.contents import Contents
    from pltpack.lock.targets import open_fetcher
    from pltpack.racket.installation import Installation
    from pltpack.scope.access import Access

    installation = Installation.discover(racket=racket, version=version)
    with open_fetcher(installation, Access(offline=offline)) as fetcher:
        bases = old.absolute().parent, new.absolute().parent
        yield Contents(fetcher, bases[0], take), Contents(fetcher, bases[1], take)


def _modules(block: LockedPackage, contents: Contents, *, fetch: bool) -> Collection[str] | None:
    from pltpack.lock.trees import is_whole
    from pltpack.pkg.staging import open_package

    if block.content is None:
        return None
    tree = contents.near(block)
    if tree is None or not is_whole(tree, block.content):
        if not fetch:
            return None
        tree = contents.tree(block).path
    return open_package(tree, name=block.name, check=False, format="dir").modules


def _lines(found: LockDifference) -> Iterator[str]:
    for one in found.packages:
        before, after = one.sizes
        yield f"{one.change} ({after - before:+,} bytes)"
        for sign, modules in (("+", one.gained), ("-", one.lost)):
            yield from (f"  {sign} {module}" for module in modules or ())
    for conflict in found.conflicts:
        yield f"conflict: {conflict.module} is in {', '.join(conflict.packages)}"
    if found.unknown:
        yield f"modules not known, for they are not in the cache (--fetch): {', '.join(found.unknown)}"
    before, after = found.sizes
    yield f"{before:,} bytes -> {after:,} bytes" if found else "no difference"


def _document(old: Path, new: Path, found: LockDifference) -> dict[str, Json]:
    return document(
        "lock-diff",
        old=str(old),
        new=str(new),
        packages=[_package(one) for one in found.packages],
        conflicts=[{"module": one.module, "packages": list(one.packages)} for one in found.conflicts],
        unknown=list(found.unknown),
        bytesBefore=found.sizes[0],
        bytesAfter=found.sizes[1],
    )


def _package(one: PackageDifference) -> dict[str, Json]:
    return {
        "name": one.change.name,
        "kind": one.change.kind,
        "before": [_block(block) for block in one.change.before],
        "after": [_block(block) for block in one.change.after],
        "gained": None if one.gained is None else list(one.gained),
        "lost": None if one.lost is None else list(one.lost),
    }


def _block(block: LockedPackage) -> dict[str, Json]:
    return {
        "version": block.version,
        "checksum": block.checksum,
        "size": block.size,
        "racket": list(block.racket),
        "platforms": list(block.platforms),
    }
