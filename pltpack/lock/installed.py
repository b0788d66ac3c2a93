"""A lock of what is installed in a scope: nothing is resolved, everything has to be found again as it is there."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pltpack.catalog.locations import open_catalogs
from pltpack.catalog.search_path import SearchPath
from pltpack.errors import BlockedError, ChecksumError, PltError
from pltpack.fetch.fetcher import Fetcher
from pltpack.lock.make import Ways, as_asked_before, moment
from pltpack.lock.origins import wanted_of
from pltpack.lock.paths import written_location
from pltpack.lock.sources import AT_ONCE, LockSources, Pins
from pltpack.lock.targets import open_fetcher, target_of
from pltpack.lock.values import FORMAT, Lock, LockedPackage, ordered
from pltpack.racket.package_settings import package_settings
from pltpack.scope.plan.freshness import wish_of
from pltpack.scope.plan.values import Wish
from pltpack.scope.scope import Scope
from pltpack.scope.state.installed import Installed
from pltpack.scope.state.places import places_of
from pltpack.scope.state.surroundings import Surroundings


def lock_installed(scope: Scope, base: Path, ways: Ways, *, previous: Lock | None = None) -> Lock:
    """The lock of the packages of a scope, for the lock file in the directory ``base``.

    Each is fetched again by its checksum, and must be what is installed; what the ``previous`` lock says of the same
    package is believed. Raises :class:`~pltpack.errors.BlockedError`, which names all packages that cannot be had any
    more as they are there, :class:`~pltpack.errors.PltError` and ``OSError``.
    """
    base = base.absolute()
    installation = scope.installation
    target = target_of(installation)
    catalogs = ways.access.catalogs or tuple(package_settings(installation).catalogs.value)
    packages = scope.packages
    pins = Pins({} if previous is None else previous.for_target(target))
    with (
        open_fetcher(installation, ways.access) as fetcher,
        open_catalogs(catalogs, version=target.racket, transport=fetcher.transport) as opened,
    ):
        found = _found(list(packages.values()), scope, opened, fetcher, base, pins, ways)
    names = {block.name for block in found}
    situation = scope.surroundings().situation()
    needed = {one.name for block in found for one in block.dependencies} - names
    wanted = [wanted_of(_wish(one), base) for one in packages.values() if not one.record.auto]
    lock = ordered(
        Lock(
            lock_version=FORMAT,
            asked=moment(ways.clock),
            racket=(target.racket,),
            platforms=(target.platform,),
            catalogs=tuple(written_location(one, base) for one in catalogs),
            wanted=tuple(wanted),
            provided=tuple(name for name in needed if situation.find_wider(name) is not None),
            packages=tuple(found),
        )
    )
    return lock if previous is None else as_asked_before(lock, previous)


def _found(
    installed: Sequence[Installed],
    scope: Scope,
    catalogs: SearchPath,
    fetcher: Fetcher,
    base: Path,
    pins: Pins,
    ways: Ways,
) -> list[LockedPackage]:
    user = Surroundings(scope.installation, places_of(scope.installation, "user"))
    sources = LockSources(
        user,
        catalogs,
        fetcher,
        base,
        pins,
        version=target_of(scope.installation).racket,
        foreign=True,
        tell=ways.access.tell,
    )

    def one(package: Installed) -> LockedPackage | PltError | OSError:
        try:
            return _block(package, sources)
        except (PltError, OSError) as error:
            return error

    try:
        with ThreadPoolExecutor(ways.access.jobs or AT_ONCE) as pool:
            results = list(pool.map(one, installed))
    finally:
        sources.close()
    failed = [(package.name, result) for package, result in zip(installed, results, strict=True)
              if not isinstance(result, LockedPackage)]  # fmt: skip
    if failed:
        raise BlockedError(
            "packages cannot be had any more as they are installed",
            details=tuple(f"  {name}: {error}" for name, error in failed),
            hint="update them, or lock by name: raco-pkg lock NAME...",
        )
    return [result for result in results if isinstance(result, LockedPackage)]


def _wish(package: Installed) -> Wish:
    """Where a package came from."""
    origin = package.record.origin
    if origin.kind in ("link", "static-link", "clone"):
        kind = "static-link" if origin.kind == "static-link" else "link"
        return Wish(str(package.directory), kind, package.name)  # type: ignore[arg-type]  # both are types of sources
    if origin.kind in ("file", "dir"):
        return Wish(origin.arguments[0], origin.kind, package.name)  # type: ignore[arg-type]  # so are these
    wish = wish_of(package)
    assert wish is not None
    return wish


def _block(package: Installed, sources: LockSources) -> LockedPackage:
    block = sources.found_again(_wish(package), package.record.checksum)
    if not block.linked and package.record.checksum not in (None, block.checksum):
        raise ChecksumError(f"it is {block.checksum} at its source, and {package.record.checksum} here")
    return block
