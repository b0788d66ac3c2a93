"""A change of a site: one transaction, from what the site knows to the files that are made from it."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import msgspec

from pltpack.errors import EntryExistsError, MemberError
from pltpack.site.config import (
    OVERRIDES,
    Overrides,
    PackageOverride,
    override_with,
    read_config,
    read_overrides,
    read_toml,
)
from pltpack.site.files import site_files
from pltpack.site.inputs import Item
from pltpack.site.knowledge import Knowledge, read_summary
from pltpack.site.layout import BESIDE, CATALOG, STATE, files_of
from pltpack.site.pages.pages import Look, Pages
from pltpack.site.prepare import READY, Failed, PltAs, Prepared
from pltpack.site.snapshots import releases_in_snapshots
from pltpack.site.state import Input, PackageState, Release, read_states
from pltpack.site.write import Written, change_time, locked, put_files

StrPath: TypeAlias = str | os.PathLike[str]


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


class Change:
    """A change of a site under way: the states as they shall be, and a folder for what is not in place yet."""

    def __init__(self, site: Path, folder: Path, *, dry_run: bool) -> None:
        self.site = site
        self.folder = folder
        self.config = read_config(site)
        self.overrides = read_overrides(site)
        self._said = read_toml(site / OVERRIDES, Overrides)
        self.states = read_states(site)
        self._before = dict(self.states)
        self.now = change_time()
        self.forgotten: list[str] = []
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
            return os.stat(f"{self.site}/{state.archive}").st_size == state.facts.size
        except OSError:
            return False

    def take(self, result: Prepared | Failed, way: PltAs) -> None:
        """Put down what became of an input."""
        name = result.item.name
        if isinstance(result, Failed):
            self.report.failed.append(result)
            return
        facts = result.facts
        if said := (*result.notes, *facts.problems):
            self.report.notes[name] = said
        made_from = Input(result.item.origin, result.item.stamp, way)
        source = None if result.item.kept else result.item.source or result.item.origin
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

    def said_of(self, name: str, kept: PackageOverride) -> PackageOverride:
        """What ``overrides.toml`` says of a package, and else what is ``kept``."""
        return override_with(self._said.packages.get(name), kept)

    def commit(self, *, durable: bool = False, first: Iterable[tuple[str, bytes]] = ()) -> None:
        """Write what is new, in the order that is safe for clients; ``first`` are files that come before all others."""
        look = Look.of(self.site, self.config)
        known = Knowledge(
            self.states,
            self.overrides,
            self.config,
            read_summary(self.site, self.config),
            releases_in_snapshots(self.site),
            look.digest(),
        )
        pages = Pages(self.site, known, look, self.folder)
        changed = {name for name, state in self.states.items() if state is not self._before.get(name)}
        files = itertools.chain(first, site_files(self.site, known, now=self.now, pages=pages, changed=changed))
        gone = [path for name in self.forgotten for path in files_of(name) if os.path.lexists(self.site / path)]
        self.report.written = put_files(
            self.site, files, archives=self.folder / READY, gone=gone, dry_run=self._dry_run, durable=durable
        )


@contextlib.contextmanager
def changing(site: StrPath, *, dry_run: bool) -> Iterator[Change]:
    """Work on a site, alone.

    Raises :class:`~pltpack.errors.BusyError` if another process does, and :class:`~pltpack.errors.EntryExistsError`
    where there is no site yet, but files that it would replace.
    """
    path = Path(site)
    _refuse_strangers(path)
    if dry_run:
        with tempfile.TemporaryDirectory() as folder:
            yield Change(path, Path(folder), dry_run=True)
        return
    with locked(path, make=True):
        for left in (path / STATE).glob("incoming-*"):
            # Of a process that was killed: this one has the lock now.
            shutil.rmtree(left, ignore_errors=True)
        folder = tempfile.mkdtemp(prefix="incoming-", dir=path / STATE)
        try:
            yield Change(path, Path(folder), dry_run=False)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _refuse_strangers(site: Path) -> None:
    if (site / STATE).is_dir() or (site / CATALOG).is_dir():
        return
    if there := [name for name in (read_config(site).site.index, *BESIDE) if os.path.lexists(site / name)]:
        raise EntryExistsError(
            f"there is no catalog yet, and {', '.join(there)} would be replaced",
            file=os.fspath(site),
            paths=[(name, "exists already") for name in there],
            hint="a directory of its own is best; site.index in catalog.toml names another page for all packages",
        )
