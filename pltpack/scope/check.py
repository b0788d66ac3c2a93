"""Whether a scope is whole: what is recorded, linked and there agrees, and every package has what it needs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from pltpack.datum.values import Symbol
from pltpack.errors import ConfigError, FormatError, PltError
from pltpack.pkg.checksum import digests
from pltpack.scope.look import entries_of
from pltpack.scope.plan.graph import unmet
from pltpack.scope.plan.platforms import is_for
from pltpack.scope.plan.values import Options
from pltpack.scope.scope import Scope
from pltpack.scope.state.installed import Installed
from pltpack.scope.state.links import LinkEntries
from pltpack.scope.state.lock import LOCK, ScopeLock, patiently
from pltpack.scope.state.records import read_records
from pltpack.transaction.destination import BytesData, Existing, Root
from pltpack.transaction.directory import DirectoryDestination

Code: TypeAlias = Literal[
    "table",
    "links",
    "directory-missing",
    "link-missing",
    "link-dangling",
    "link-doubled",
    "unmet",
    "conflict",
    "orphan",
    "changed",
]

_OWN: set[str] = {"pkgs.rktd", "config.rktd", "links.rktd", "compiled", "doc", "info-domain", LOCK}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong. ``mendable``: it can be put right from what is there, without asking anybody."""

    code: Code
    package: str | None
    message: str
    mendable: bool = False


def check_scope(scope: Scope, *, content: bool = True) -> list[Finding]:
    """All that is wrong with a scope; with ``content`` also files that are not those of the archive that is recorded,
    where that is still there. Raises ``OSError``."""
    try:
        packages = scope.packages
    except ConfigError as error:
        return [Finding("table", None, str(error))]
    try:
        links = LinkEntries.read(scope.places.links)
    except ConfigError as error:
        return [Finding("links", None, str(error))]
    return [
        *_directories(packages.values()),
        *_links(scope, links, list(packages.values())),
        *_needs(scope),
        *_conflicts(scope),
        *_orphans(scope, list(packages.values())),
        *(_changes(list(packages.values())) if content else ()),
    ]


def _directories(packages: Iterable[Installed]) -> Iterator[Finding]:
    for one in packages:
        if not one.directory.is_dir():
            yield Finding("directory-missing", one.name, f"the directory of {one.name} is gone: {one.directory}")


def _links(scope: Scope, links: LinkEntries, packages: list[Installed]) -> Iterator[Finding]:
    for one in packages:
        if one.directory.is_dir() and not links.holds(one.directory, one.record):
            yield Finding("link-missing", one.name, f"{one.name} is not linked: Racket finds no module of it", True)
    known = {one.directory for one in packages}
    seen = set()
    for name, target in links.targets():
        shown = name.name if isinstance(name, Symbol) else str(name)
        if (str(name), target) in seen:
            yield Finding("link-doubled", None, f"{shown} is linked twice to {target}", True)
        seen.add((str(name), target))
        if not target.is_dir():
            ours = scope.places.packages in target.parents and target not in known
            yield Finding("link-dangling", None, f"the link of {shown} leads nowhere: {target}", ours)


def _needs(scope: Scope) -> Iterator[Finding]:
    situation = scope.surroundings().situation()
    for edge, have in unmet(situation.here, situation):
        dependency = situation.here[edge.user].facts.named(edge.name)
        if dependency is None or not is_for(dependency, situation, Options()):
            continue
        what = f"is not installed, and {edge.user} needs it"
        if have is not None:
            what = f"is {have}, and {edge.user} needs at least {edge.wanted}"
        yield Finding("unmet", edge.user, f"{edge.name} {what}")


def _conflicts(scope: Scope) -> Iterator[Finding]:
    """Modules that two packages of the scope have."""
    from pltpack.pkg.staging import open_package

    owners: dict[str, str] = {}
    for one in scope.packages.values():
        if not one.directory.is_dir():
            continue
        try:
            modules = open_package(one.directory, name=one.name, check=False, format="dir").modules
        except (PltError, OSError):
            continue  # told by other findings, or no matter of the scope
        for module in modules:
            other = owners.setdefault(module, one.name)
            if other != one.name:
                yield Finding("conflict", one.name, f"{other} and {one.name} both have the module {module}")


def _orphans(scope: Scope, packages: list[Installed]) -> Iterator[Finding]:
    known = {one.directory for one in packages}
    try:
        names = sorted(os.listdir(scope.places.packages))
    except FileNotFoundError:
        return
    for name in names:
        path = scope.places.packages / name
        if name not in _OWN and not name.startswith(".") and path not in known:
            yield Finding("orphan", None, f"no record knows {path}", True)


def _changes(packages: list[Installed]) -> Iterator[Finding]:
    for one in packages:
        origin = one.record.origin
        archive = Path(origin.arguments[0])
        if origin.kind != "file" or not archive.is_file() or not one.directory.is_dir():
            continue
        try:
            if digests(archive).sha1 != one.record.checksum:
                continue  # the archive is another one by now
            changed = list(_compared(one.directory, archive))
        except (FormatError, PltError, OSError):
            continue
        for path in changed:
            yield Finding("changed", one.name, f"{one.name}: {path} is not as in {archive}")


def _compared(directory: Path, archive: Path) -> Iterator[str]:
    from pltpack.formats.formats import format_of

    for entry in entries_of(archive, format_of(archive)):
        path = directory / entry.path
        if entry.kind == "file" and (not path.is_file() or path.read_bytes() != entry.read()):
            yield entry.path


def repair(scope: Scope, findings: list[Finding]) -> list[Finding]:
    """Mend what can be mended without asking: links are added and taken out, what no record knows goes into the trash.

    Returns what was mended. Waits for other processes, as plans do. Raises :class:`~pltpack.errors.BlockedError`,
    :class:`~pltpack.errors.BusyError` and ``OSError``.
    """
    wanted = [finding for finding in findings if finding.mendable]
    if wanted:
        patiently(lambda: _mend(scope), timeout=scope.manner.lock_timeout)
    return wanted


def _mend(scope: Scope) -> None:
    from pltpack.scope.state import trash
    from pltpack.scope.state.places import TRASH

    places = scope.places
    root = Root(places.packages, "packages")
    beside = root if places.links.parent == places.packages else Root(places.links.parent, "links")
    lock = ScopeLock(places.packages, timeout=scope.manner.lock_timeout, waiting=scope.manner.waiting)
    with DirectoryDestination(lock=lock) as destination:
        records = read_records(places.table)
        links = LinkEntries.read(places.links)
        links.tidy(places.packages, {record.directory(name, places.packages) for name, record in records.items()})
        for name, record in sorted(records.items()):
            directory = record.directory(name, places.packages)
            if directory.is_dir() and not links.holds(directory, record):
                links.add(directory, record.collection, static=record.origin.kind == "static-link")
        if links.changed:
            text = links.text()
            destination.write_file(beside, (places.links.name,), len(text), BytesData(text), Existing.REPLACE)
        taken = list(trash.list_trash(places.trash) or ())
        for finding in _orphans(scope, list(scope.packages.values())):
            path = Path(finding.message.removeprefix("no record knows "))
            there = trash.trash_name(path.name, scope.manner.now(), taken)
            taken.append(there)
            destination.move(root, (path.name,), root, (TRASH, there))
        destination.commit()
