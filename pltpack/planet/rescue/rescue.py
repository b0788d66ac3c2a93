"""The rescue: releases of PLaneT become packages of today, one for each major version, from its latest minor one."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Generator, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, Literal, TypeAlias

from pltpack.codec.limits import Limits
from pltpack.errors import BlockedError, PackageError, PltError
from pltpack.formats.entries import Entry, EntryWriter
from pltpack.formats.formats import FORMATS, directory_writer, entry_writer
from pltpack.pkg.publish import publish
from pltpack.planet.index import Index
from pltpack.planet.release import Release, survey
from pltpack.planet.rescue.names import Target, clashes
from pltpack.planet.rescue.package import Making
from pltpack.planet.rescue.replacements import Replacements
from pltpack.planet.rescue.rescued import Rescue, Rescued
from pltpack.planet.rescue.resolve import World

RescueFormat: TypeAlias = Literal["zip", "tgz", "plt", "dir"]

_REMEMBERED: Final = 256
_AT_ONCE: Final = 16


@dataclass(frozen=True, slots=True)
class RescueOptions:
    """How packages are made. ``quiet_info``: without the fields of info files that make ``raco setup`` build
    documentation, tools and launchers. ``aliases``: other names, by owner, package and major version."""

    format: RescueFormat = "zip"
    quiet_info: bool = False
    replacements: Replacements = field(default_factory=Replacements)
    aliases: Mapping[tuple[str, str, int], str] = field(default_factory=dict)
    dry_run: bool = False
    limits: Limits = field(default_factory=Limits)


class FileLists:
    """The files of releases, read when somebody asks; those asked for last are kept in mind."""

    def __init__(self, limits: Limits = Limits()) -> None:
        self._limits = limits
        self._known: OrderedDict[Release, frozenset[str]] = OrderedDict()

    def __call__(self, release: Release) -> frozenset[str]:
        """The paths of the files. Of a release that cannot be read there are none: that is told of itself."""
        found = self._known.get(release)
        if found is None:
            try:
                found = frozenset(survey(release, limits=self._limits).files)
            except (PltError, OSError):
                found = frozenset()
            self._known[release] = found
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(release)
        return found

    def __reduce__(self) -> tuple[object, ...]:
        return FileLists, (self._limits,)


def selected(index: Index) -> tuple[list[Release], list[Release]]:
    """The releases that become packages, the latest of each major version, and those that give way to them."""
    latest: dict[tuple[str, str, int], Release] = {}
    for release in index.releases:
        latest[(*release.key, release.major)] = release
    chosen = set(latest.values())
    return list(latest.values()), [release for release in index.releases if release not in chosen]


def rescue_planet(
    index: Index,
    into: str | os.PathLike[str],
    *,
    options: RescueOptions = RescueOptions(),
    executor: Executor | None = None,
) -> Rescue:
    """Make packages of all releases of an index, below the directory ``into``, and tell what that came to.

    A release that cannot be read, or has no name that a package can have, is told in the result; the others are made
    all the same, each whole or not at all. The same releases give the same bytes. ``executor``: see
    :func:`rescue_each`. Raises ``OSError`` if ``into`` cannot be made.
    """
    chosen, superseded = selected(index)
    result = Rescue(superseded=superseded, unplaced=list(index.unplaced), problems=list(index.problems))
    result.packages.extend(rescue_each(chosen, index, into, options=options, executor=executor))
    result.finish()
    return result


def rescue_each(
    releases: Iterable[Release],
    index: Index,
    into: str | os.PathLike[str],
    *,
    options: RescueOptions = RescueOptions(),
    executor: Executor | None = None,
) -> Generator[Rescued, None, None]:
    """Make a package of each release, and say what became of it, in their order.

    ``executor``: any ``concurrent.futures.Executor``, such as a ``ProcessPoolExecutor`` or ``Client.get_executor()`` of
    dask, whose workers see the same files; ``None`` works in this process. What it raises passes through.
    """
    folder = Path(into)
    world = World(index, FileLists(options.limits), options.replacements, options.aliases)
    todo = list(releases)
    refusals = _refusals([world.target_of(release) for release in todo])
    if not options.dry_run:
        folder.mkdir(parents=True, exist_ok=True)
    if executor is None:
        for release in todo:
            yield _attempt(release, world, folder, options, refusals.get(world.target_of(release)))
        return
    chunks = [todo[at : at + _AT_ONCE] for at in range(0, len(todo), _AT_ONCE)]
    futures = [
        executor.submit(
            _attempts, chunk, world, folder, options, [refusals.get(world.target_of(release)) for release in chunk]
        )
        for chunk in chunks
    ]
    try:
        for future in futures:
            yield from future.result()
    finally:
        for future in futures:
            future.cancel()


def _attempts(
    releases: list[Release], world: World, folder: Path, options: RescueOptions, refusals: list[PltError | None]
) -> list[Rescued]:
    return [
        _attempt(release, world, folder, options, refusal) for release, refusal in zip(releases, refusals, strict=True)
    ]


def _refusals(targets: list[Target]) -> dict[Target, PltError]:
    """The packages that cannot be made because of their names."""
    found: dict[Target, PltError] = {}
    for target in targets:
        if (objection := target.objection) is not None:
            found[target] = PackageError(objection, hint="--name gives it another name")
    for group in clashes([target for target in targets if target not in found]):
        names = ", ".join(map(str, group))
        for target in group:
            found[target] = BlockedError(
                f"{names} would all be {group[0].name} or hold {group[0].collection}",
                hint="--name gives one of them another name",
            )
    return found


def _attempt(release: Release, world: World, folder: Path, options: RescueOptions, refusal: PltError | None) -> Rescued:
    rescued = Rescued(release, world.target_of(release))
    if refusal is not None:
        rescued.error = refusal
        return rescued
    try:
        return make_package(release, world, folder, options=options)
    except PltError as error:
        rescued.error = error.within(file=str(release.path))
    except OSError as error:
        rescued.error = error
    return rescued


def make_package(release: Release, world: World, folder: Path, *, options: RescueOptions = RescueOptions()) -> Rescued:
    """Make the package of one release in ``folder``; the file of an archive gets its ``CHECKSUM`` beside it.

    Raises what reading the release raises, :class:`~pltpack.errors.BlockedError`, ``OSError``; then nothing is written.
    """
    making = Making(release, world, quiet_info=options.quiet_info, limits=options.limits)
    name = making.rescued.target.name
    if options.dry_run:
        making.write(_Nowhere())
        return making.rescued
    path = folder / (name + next(iter(FORMATS[options.format].suffixes), ""))
    if options.format == "dir":
        with directory_writer(path) as writer:
            making.write(writer)
    else:
        making.rescued.sha1 = publish(path, lambda sink: _fill(making, sink, options, name)).sha1
    making.rescued.path = path
    return making.rescued


def _fill(making: Making, sink: BinaryIO, options: RescueOptions, name: str) -> None:
    assert options.format != "dir"
    with entry_writer(sink, options.format, name=name, collections=(making.rescued.target.owner,), jobs=1) as writer:
        making.write(writer)


class _Nowhere(EntryWriter):
    """Takes entries, and reads and keeps nothing of them."""

    def add(self, entry: Entry) -> None:
        pass

    def close(self) -> None:
        pass
