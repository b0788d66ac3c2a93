"""Making and changing a site: every change is one transaction, so that clients see the old or the new of each package.

A package that is removed leaves a tombstone: its record stays as it was, since a client that has the package could
update none of its packages without it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from pltpack.codec.limits import Limits
from pltpack.errors import PltError
from pltpack.site.change import BuildReport, StrPath, changing
from pltpack.site.inputs import all_different, find_items
from pltpack.site.prepare import PltAs, prepare
from pltpack.site.remote import fetch_items, is_remote
from pltpack.site.snapshots import snapshot_states
from pltpack.site.state import Yank
from pltpack.site.stored import fetch_stored, is_stored

if TYPE_CHECKING:
    from pltpack.fetch.fetcher import Fetcher

_WORTH_SENDING = 2
"""With so many packages other processes have something to do."""

OnPackage = Callable[[str, int, int], object]
"""Called with the name of a package that is done, how many are, and how many there will be."""


def build_site(
    site: StrPath,
    inputs: Iterable[StrPath] = (),
    *,
    plt_as: PltAs | None = None,
    vendor: bool = False,
    fetcher: Fetcher | None = None,
    executor: Executor | None = None,
    dry_run: bool = False,
    durable: bool = False,
    limits: Limits = Limits(),
    progress: OnPackage | None = None,
) -> BuildReport:
    """Have the packages at ``inputs`` in the site, and everything else made from them.

    Inputs are archives, also in buckets (``s3://``, ``gs://``, ``az://``), directories of packages, and sources that
    are fetched (repositories, URLs): the records of those say where they are, or with ``vendor`` the site keeps a copy.
    Only what has changed is read and written; packages that are not named stay as they are. What no package can be made
    of is in the report, and the package is there as it was before. ``plt_as``: how ``.plt`` archives are served
    (default: as ``catalog.toml`` says). ``fetcher`` fetches (default: one with the user's cache). ``executor``: any
    ``concurrent.futures.Executor`` whose workers see the same file system; ``None`` works in this process. With
    ``dry_run`` nothing in the site changes.

    Raises :class:`~pltpack.errors.PackageError` for inputs that cannot be told apart or named,
    :class:`~pltpack.errors.ConfigError`, :class:`~pltpack.errors.BusyError` if another process changes the site, what
    ``executor`` raises, and ``OSError``; the site is as it was then.
    """
    texts = [os.fspath(path) for path in inputs]
    stored = [text for text in texts if is_stored(text)]
    remote = [text for text in texts if not is_stored(text) and is_remote(text)]
    items = find_items(text for text in texts if not is_stored(text) and text not in remote)
    with changing(site, dry_run=dry_run) as change:
        way = plt_as or change.config.build.plt_as
        if remote:
            from pltpack.fetch.fetcher import Fetcher

            with contextlib.ExitStack() as stack:
                fetcher = fetcher or stack.enter_context(Fetcher())
                fetched, failed = fetch_items(remote, fetcher, lambda item: change.has(item, way), vendor=vendor)
            items = all_different([*items, *fetched])
            change.report.failed += failed
        if stored:
            fetched, failed = fetch_stored(
                stored,
                change.folder,
                lambda item: change.has(item, way),
                options=change.config.build.options,
                limits=limits,
            )
            items = all_different([*items, *fetched])
            change.report.failed += failed
        todo = []
        for item in items:
            if change.has(item, way):
                change.report.unchanged.append(item.name)
            else:
                todo.append(item)
        work = partial(prepare, folder=os.fspath(change.folder), plt_as=way, limits=limits)
        done = map(work, todo) if executor is None or len(todo) < _WORTH_SENDING else executor.map(work, todo)
        for number, result in enumerate(done, 1):
            change.take(result, way)
            if progress is not None:
                progress(result.item.name, number, len(todo))
        change.commit(durable=durable)
    return change.report


def remove_packages(site: StrPath, names: Iterable[str], *, forget: bool = False, dry_run: bool = False) -> BuildReport:
    """Remove packages: each leaves a tombstone, with its last record, or with ``forget`` nothing.

    Raises :class:`~pltpack.errors.MemberError` for a name that is not there, and as :func:`build_site` does.
    """
    with changing(site, dry_run=dry_run) as change:
        for name in names:
            state = change.state(name)
            if forget:
                del change.states[name]
                change.forgotten.append(name)
            else:
                change.states[name] = msgspec.structs.replace(state, removed=state.removed or change.now)
            change.report.removed.append(name)
        change.commit()
    return change.report


def add_versions(site: StrPath, version: str, tables: Mapping[str, str], *, dry_run: bool = False) -> BuildReport:
    """Say of packages what holds for clients of one version of Racket alone: tables as Racket data, by names.

    Raises as :func:`remove_packages` does.
    """
    with changing(site, dry_run=dry_run) as change:
        for name, table in tables.items():
            state = change.state(name)
            if state.versions.get(version) == table:
                change.report.unchanged.append(name)
                continue
            versions = {**state.versions, version: table}
            change.states[name] = msgspec.structs.replace(state, versions=versions, updated=change.now)
            change.report.updated.append(name)
        change.commit()
    return change.report


def yank_package(site: StrPath, name: str, reason: str | None, *, dry_run: bool = False) -> BuildReport:
    """Say why a package should not be used any more (``None``: it may be used again); who has it can still install it.

    Raises as :func:`remove_packages` does.
    """
    with changing(site, dry_run=dry_run) as change:
        yanked = None if reason is None else Yank(reason, change.now)
        change.states[name] = msgspec.structs.replace(change.state(name), yanked=yanked, updated=change.now)
        change.report.updated.append(name)
        change.commit()
    return change.report


def restore_snapshot(site: StrPath, stamp: str, *, dry_run: bool = False) -> BuildReport:
    """Have the site as it was when a snapshot was taken; packages that have come since then leave tombstones.

    Raises :class:`~pltpack.errors.MemberError` if there is no such snapshot, ``PltError`` if an archive is gone, and as
    :func:`build_site` does.
    """
    with changing(site, dry_run=dry_run) as change:
        then = snapshot_states(change.site, stamp)
        for name, state in then.items():
            if state.archive is not None and not (change.site / state.archive).exists():
                raise PltError(
                    f"the archive of {name} is not there any more", file=os.fspath(change.site / state.archive)
                )
            now = change.states.get(name)
            if now is None or msgspec.structs.replace(now, input=None) != msgspec.structs.replace(state, input=None):
                (change.report.added if now is None else change.report.updated).append(name)
                change.states[name] = msgspec.structs.replace(state, updated=change.now)
        for name, state in change.states.items():
            if name not in then and state.removed is None:
                change.states[name] = msgspec.structs.replace(state, removed=change.now)
                change.report.removed.append(name)
        change.commit()
    return change.report
