"""Making and changing a site: every change is one transaction, so that clients see the old or the new of each package.

A package that is removed leaves a tombstone: its record stays as it was, since a client that has the package could
update none of its packages without it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import msgspec

from pltpack.codec.limits import Limits
from pltpack.errors import MemberError, PltError
from pltpack.fetch.fetcher import Fetcher
from pltpack.site.config import read_config, read_overrides
from pltpack.site.files import site_files
from pltpack.site.inputs import Item, all_different, find_items
from pltpack.site.knowledge import Knowledge, read_summary
from pltpack.site.layout import STATE, files_of
from pltpack.site.pages.content import Content
from pltpack.site.pages.pages import Look, Pages
from pltpack.site.prepare import Failed, PltAs, Prepared, prepare
from pltpack.site.remote import fetch_items, is_remote
from pltpack.site.snapshots import releases_in_snapshots, snapshot_states
from pltpack.site.state import Input, PackageState, Release, Yank, read_states
from pltpack.site.write import Written, change_time, locked, put_files

StrPath = str | os.PathLike[str]
OnPackage = Callable[[str, int, int], object]
"""Called with the name of a package that is done, how many are, and how many there will be."""


@dataclass(slots=True)
class BuildReport:
    """What a change came to, or with ``dry_run`` would come to: names of packages, and what was written."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What there is to say of a package, by its name: problems that its archive has, what a zip does not hold."""
    written: Written = field(default_factory=Written)


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

    Inputs are archives, directories of packages, and sources that are fetched (repositories, URLs): the records of
    those say where they are, or with ``vendor`` the site keeps a copy. Only what has changed is read and written;
    packages that are not named stay as they are. What no package can be made of is in the report, and the package is
    there as it was before. ``plt_as``: how ``.plt`` archives are served (default: as ``catalog.toml`` says).
    ``fetcher`` fetches (default: one with the user's cache). ``executor``: any ``concurrent.futures.Executor`` whose
    workers see the same file system; ``None`` works in this process. With ``dry_run`` nothing in the site changes.

    Raises :class:`~pltpack.errors.PackageError` for inputs that cannot be told apart or named,
    :class:`~pltpack.errors.ConfigError`, :class:`~pltpack.errors.BusyError` if another process changes the site, what
    ``executor`` raises, and ``OSError``; the site is as it was then.
    """
    texts = [os.fspath(path) for path in inputs]
    remote = [text for text in texts if is_remote(text)]
    items = find_items(text for text in texts if text not in remote)
    with _changing(site, dry_run=dry_run) as change:
        way = plt_as or change.config.build.plt_as
        if remote:
            with contextlib.ExitStack() as stack:
                fetcher = fetcher or stack.enter_context(Fetcher())
                fetched, failed = fetch_items(remote, fetcher, lambda item: change.has(item, way), vendor=vendor)
            items = all_different([*items, *fetched])
            change.report.failed += failed
        todo = []
        for item in items:
            if change.has(item, way):
                change.report.unchanged.append(item.name)
            else:
                todo.append(item)
        work = partial(prepare, folder=os.fspath(change.folder), plt_as=way, limits=limits)
        done = map(work, todo) if executor is None else executor.map(work, todo)
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
    with _changing(site, dry_run=dry_run) as change:
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


def yank_package(site: StrPath, name: str, reason: str | None, *, dry_run: bool = False) -> BuildReport:
    """Say why a package should not be used any more (``None``: it may be used again); who has it can still install it.

    Raises as :func:`remove_packages` does.
    """
    with _changing(site, dry_run=dry_run) as change:
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
    with _changing(site, dry_run=dry_run) as change:
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


class _Change:
    """A change of a site under way: the states as they shall be, and a folder for what is not in place yet."""

    def __init__(self, site: Path, folder: Path, *, dry_run: bool) -> None:
        self.site = site
        self.folder = folder
        self.config = read_config(site)
        self.overrides = read_overrides(site)
        self.states = read_states(site)
        self._before = dict(self.states)
        self.now = change_time()
        self.forgotten: list[str] = []
        self.fresh: dict[str, Content] = {}
        self.report = BuildReport()
        self._dry_run = dry_run

    def state(self, name: str) -> PackageState:
        """What is known of a package. Raises :class:`~pltpack.errors.MemberError`."""
        from pltpack.suggestions import did_you_mean

        if name not in self.states:
            raise MemberError(
                f"there is no package {name!r}", file=os.fspath(self.site), hint=did_you_mean(name, self.states)
            )
        return self.states[name]

    def has(self, item: Item, way: PltAs) -> bool:
        """Whether the site has exactly this already."""
        state = self.states.get(item.name)
        if state is None or state.removed is not None or state.input != Input(item.origin, item.stamp, way):
            return False
        if state.archive is None or not item.kept:
            return state.archive is None and not item.kept
        try:
            return (self.site / state.archive).stat().st_size == state.facts.size
        except OSError:
            return False

    def take(self, result: Prepared | Failed, way: PltAs) -> None:
        """Put down what became of an input."""
        name = result.item.name
        if isinstance(result, Failed):
            self.report.failed.append(result)
            return
        facts = result.facts
        if result.content is not None:
            self.fresh[name] = result.content
        if said := (*result.notes, *facts.problems):
            self.report.notes[name] = said
        made_from = Input(result.item.origin, result.item.stamp, way)
        source = None if result.item.kept else result.item.origin
        old = self.states.get(name)
        if old is None:
            self.report.added.append(name)
            self.states[name] = PackageState(
                name=name,
                added=self.now,
                updated=self.now,
                checked=self.now,
                facts=facts,
                input=made_from,
                source=source,
                checksum=result.item.checksum if source else None,
            )
            return
        changed = old.facts.sha1 != facts.sha1 or old.removed is not None or old.source != source
        (self.report.updated if changed else self.report.unchanged).append(name)
        before = Release(old.facts.sha1, old.facts.sha256, old.facts.version, old.updated)
        self.states[name] = msgspec.structs.replace(
            old,
            facts=facts,
            input=made_from,
            source=source,
            checksum=result.item.checksum if source else None,
            removed=None,
            yanked=None if changed else old.yanked,
            updated=max(self.now, old.updated + 1) if changed else old.updated,
            checked=self.now if changed else old.checked,
            history=(*old.history, before) if old.facts.sha1 != facts.sha1 else old.history,
        )

    def commit(self, *, durable: bool = False) -> None:
        """Write what is new, in the order that is safe for clients."""
        look = Look.of(self.site, self.config)
        known = Knowledge(
            self.states,
            self.overrides,
            self.config,
            read_summary(self.site, self.config),
            releases_in_snapshots(self.site),
            look.digest(),
        )
        pages = Pages(self.site, known, look, self.fresh)
        changed = {name for name, state in self.states.items() if state is not self._before.get(name)}
        files = site_files(self.site, known, now=self.now, pages=pages, changed=changed)
        gone = [path for name in self.forgotten for path in files_of(name) if os.path.lexists(self.site / path)]
        self.report.written = put_files(
            self.site, files, archives=self.folder, gone=gone, dry_run=self._dry_run, durable=durable
        )


@contextlib.contextmanager
def _changing(site: StrPath, *, dry_run: bool) -> Iterator[_Change]:
    """Work on a site, alone. Raises :class:`~pltpack.errors.BusyError` if another process does."""
    path = Path(site)
    if dry_run:
        with tempfile.TemporaryDirectory() as folder:
            yield _Change(path, Path(folder), dry_run=True)
        return
    with locked(path, make=True):
        for left in (path / STATE).glob("incoming-*"):
            # Of a process that was killed: this one has the lock now.
            shutil.rmtree(left, ignore_errors=True)
        folder = tempfile.mkdtemp(prefix="incoming-", dir=path / STATE)
        try:
            yield _Change(path, Path(folder), dry_run=False)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
