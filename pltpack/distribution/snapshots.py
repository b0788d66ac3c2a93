"""Snapshots of a distribution site: whole copies by stamps, ``current``, and which of them stay.

Large files are hard links: to the latest snapshot where that has the same ones, or else to the site. What programs may
write in place, tables, pages and logs, is copied, so that a snapshot never changes.
"""

from __future__ import annotations

import contextlib
import filecmp
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pltpack.distribution.change import Change, changing
from pltpack.distribution.config import DistributionConfig, read_distribution_config
from pltpack.distribution.layout import CONFIG, INSTALLERS, name_objection
from pltpack.distribution.listing import Line, Past, current_name, listing
from pltpack.distribution.pages import Place, downloads_page
from pltpack.distribution.past import CURRENT, current_stamp, is_snapshot, past_successes, snapshot_stamps
from pltpack.distribution.tables import Tables, read_tables, table_files
from pltpack.errors import CallError, EntryExistsError, MemberError, PltError
from pltpack.formats.entries import Entry
from pltpack.formats.paths import link_objection
from pltpack.formats.tree import Links, scan
from pltpack.racket.version import checked_version
from pltpack.site.config import read_config
from pltpack.site.layout import SNAPSHOTS, STATE
from pltpack.site.pages.pages import Look
from pltpack.site.retention import day_of, kept_by_number, kept_by_weeks
from pltpack.site.snapshots import point_to
from pltpack.site.write import Written, change_time, locked
from pltpack.suggestions import did_you_mean

StrPath = str | os.PathLike[str]

_COMMIT: Final = re.compile(r"[0-9a-fA-F]{4,64}")
_COMMIT_DIGITS: Final = 10
_LARGE: Final = 1 << 16
"""From so many bytes on a file is linked and not copied: nothing that is written in place is so large."""
_NOT_TAKEN: Final = (STATE, SNAPSHOTS)


@dataclass(slots=True)
class Taken:
    """A snapshot that was taken, or with ``dry_run`` would be: how many files and bytes it has, how many of them are
    shared, and the links of the site that lead out of it and are left out."""

    stamp: str
    files: int = 0
    size: int = 0
    shared: int = 0
    shared_size: int = 0
    left_out: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Managed:
    """What a folder of snapshots came to: which is current, which were removed and which stay (the latest first), the
    last successes of what the current one misses, the links that were made, and its page."""

    current: str
    removed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    past: dict[str, Past] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    written: Written = field(default_factory=Written)


def take_site_snapshot(
    site: StrPath,
    snapshots: StrPath,
    *,
    stamp: str | None = None,
    commit: str | None = None,
    dry_run: bool = False,
) -> Taken:
    """Copy a site as it is into a folder of snapshots, whole, and let ``current`` lead to it.

    ``stamp`` is what it is called (default: the date, and the first digits of ``commit``, as in
    ``20261128-0a1b2c3d4e``; a number behind it if that is taken). Raises :class:`~pltpack.errors.EntryExistsError` for
    a stamp that is there, :class:`~pltpack.errors.CallError` for one that cannot be,
    :class:`~pltpack.errors.BusyError`, ``PltError`` and ``OSError``.
    """
    source, folder = Path(site), Path(snapshots)
    if not is_snapshot(source):
        raise PltError("this is no distribution site", file=os.fspath(source), hint="pltpack site record begins one")
    with changing(folder, dry_run=dry_run) as change, _still(source, folder, dry_run=dry_run):
        taken = Taken(_checked_stamp(stamp) if stamp is not None else _free_stamp(folder, commit))
        if os.path.lexists(folder / taken.stamp):
            raise EntryExistsError(
                f"the snapshot {taken.stamp} is there already, and never changes", file=os.fspath(folder)
            )
        before = next(iter(snapshot_stamps(folder)), None)
        for entry in _entries(source, folder):
            _take(change, source, entry, taken, None if before is None else folder / before)
        change.commit()
        if not dry_run:
            point_to(folder, taken.stamp)
    return taken


def _still(source: Path, folder: Path, *, dry_run: bool) -> contextlib.AbstractContextManager[None]:
    """Nobody changes the site meanwhile."""
    same = folder.exists() and source.samefile(folder)
    return contextlib.nullcontext() if dry_run or same else locked(source, make=True)


def _entries(site: Path, folder: Path) -> Iterator[Entry]:
    """What belongs to a site: not what it keeps for itself, nor locks of others, nor the snapshots."""
    inside = os.path.relpath(os.path.realpath(folder), os.path.realpath(site))

    def leave_out(path: str) -> bool:
        return path.rpartition("/")[2].startswith(".") or path in (*_NOT_TAKEN, inside)

    return scan(site, Links.KEEP, leave_out=leave_out)


def _take(change: Change, site: Path, entry: Entry, taken: Taken, before: Path | None) -> None:
    place = f"{taken.stamp}/{entry.path}"
    if entry.kind == "link":
        if link_objection(entry.path, entry.target):
            taken.left_out.append(entry.path)
        elif os.path.exists(site / entry.path):
            change.link(place, entry.target)
    elif entry.kind == "file":
        taken.files += 1
        taken.size += entry.size
        file, large = site / entry.path, entry.size >= _LARGE
        old = None if before is None else before / entry.path
        if large and old is not None and _same(old, file):
            file = old
        if large:
            taken.shared += 1
            taken.shared_size += entry.size
        change.take(place, file, link=large)


def _same(one: Path, other: Path) -> bool:
    try:
        return not one.is_symlink() and (one.samefile(other) or filecmp.cmp(one, other, shallow=False))
    except OSError:
        return False


def _checked_stamp(stamp: str) -> str:
    if stamp == CURRENT or name_objection(stamp) is not None:
        raise CallError(f"{stamp!r} cannot be the name of a snapshot")
    return stamp


def _free_stamp(folder: Path, commit: str | None) -> str:
    day = datetime.fromtimestamp(change_time(), UTC).strftime("%Y%m%d")
    if commit is not None:
        if not _COMMIT.fullmatch(commit):
            raise CallError(f"{commit!r} is no commit", hint="it has 4 to 64 hexadecimal digits")
        day = f"{day}-{commit[:_COMMIT_DIGITS].lower()}"
    stamp, number = day, 2
    while os.path.lexists(folder / stamp):
        stamp, number = f"{day}-{number}", number + 1
    return stamp


def manage_snapshots(
    snapshots: StrPath,
    *,
    current: str | None = None,
    keep: int | None = None,
    weeks: int | None = None,
    version: str | None = None,
    dry_run: bool = False,
) -> Managed:
    """See to a folder of snapshots: ``current``, names with ``current`` in them, the page, and what does not stay.

    ``current`` is the snapshot that is so from now on (default: the one that is, or else the latest). The ``keep``
    latest stay by name; with ``weeks`` the oldest of each of the last seven days and so many weeks; with both what
    either keeps; the current one always. What is not said is as in ``site.toml``. ``version``: the one of the current
    snapshot's installers, where that is not recorded. Directories that are no sites are neither counted nor touched,
    and by weeks those stay that have no date. Nothing is removed before everything else is in place.

    Raises :class:`~pltpack.errors.MemberError` for a ``current`` that is not there, and as :func:`take_site_snapshot`.
    """
    folder = Path(snapshots)
    names = snapshot_stamps(folder)
    if current is not None and current not in names:
        raise MemberError(
            f"there is no snapshot {current!r}", file=os.fspath(folder), hint=did_you_mean(current, names)
        )
    if not names:
        raise PltError("there are no snapshots", file=os.fspath(folder), hint="pltpack site snapshot takes one")
    stamp = current or current_stamp(folder) or names[0]
    config = read_distribution_config(folder if (folder / CONFIG).is_file() else folder / stamp)
    kept = _kept(names, stamp, config, keep, weeks)
    managed = Managed(stamp, [name for name in names if name not in kept], [name for name in names if name in kept])
    with changing(folder, dry_run=dry_run) as change:
        _see_to_current(change, managed, config, version)
        change.commit()
        if not dry_run:
            point_to(folder, stamp)
        managed.written = change.written
    with changing(folder, dry_run=dry_run) as change:
        for name in managed.removed:
            change.remove(name)
        change.commit()
    return managed


def _kept(names: list[str], current: str, config: DistributionConfig, keep: int | None, weeks: int | None) -> set[str]:
    if keep is None and weeks is None:
        keep, weeks = config.snapshots.keep or None, config.snapshots.weeks or None
        keep = None if weeks is not None else keep
    if keep is None and weeks is None:
        return set(names)
    kept = {current}
    if keep is not None:
        kept.update(kept_by_number(names, keep, current))
    if weeks is not None:
        dated = [name for name in names if _has_day(name)]
        kept.update(kept_by_weeks(dated, weeks, datetime.fromtimestamp(change_time(), UTC)))
        kept.update(name for name in names if name not in dated)
    return kept


def _has_day(name: str) -> bool:
    try:
        day_of(name)
    except ValueError:
        return False
    return True


def _see_to_current(change: Change, managed: Managed, config: DistributionConfig, version: str | None) -> None:
    """Version, links and page of the current snapshot."""
    folder, stamp = change.site, managed.current
    site = folder / stamp
    before = read_tables(site)
    tables = before
    if before.version is None and version is not None:
        tables = Tables(before.files, before.installers, before.logs, checked_version(version, "--racket-version"))
        change.put((f"{stamp}/{path}", text) for path, text in table_files(tables, changed=before))
    others = [name for name in managed.kept if name != stamp]
    managed.past = past_successes(folder, stamp, tables, others)
    if config.snapshots.links:
        managed.links = dict(_current_links(tables, managed.past))
    for name, target in managed.links.items():
        change.link(f"{stamp}/{INSTALLERS}/{name}", target)
    _drop_links(change, managed)
    managed.lines = listing(site, tables, config, top=f"{CURRENT}/", past=managed.past, current=config.snapshots.links)
    look = Look.of(site, read_config(site))
    place = Place(f"{CURRENT}/", stamp, tuple(others))
    change.put(downloads_page(config, look, managed.lines, tables.version, place=place))


def _current_links(tables: Tables, past: dict[str, Past]) -> Iterator[tuple[str, str]]:
    """Names with ``current`` and what they lead to: installers of this snapshot, or the last ones that were made."""
    taken = set(tables.files.values())
    for file in tables.files.values():
        name = current_name(file, tables.version) if name_objection(file) is None else None
        if name is not None and name not in taken:
            yield name, file
            taken.add(name)
    for success in past.values():
        name = current_name(success.file, success.version)
        if name is not None and name not in taken:
            yield name, f"../../{success.stamp}/{INSTALLERS}/{success.file}"
            taken.add(name)


def _drop_links(change: Change, managed: Managed) -> None:
    """Links of snapshots that stay, to ones that go: they would lead nowhere."""
    for stamp in managed.kept:
        place = change.site / stamp / INSTALLERS
        for entry in sorted(os.scandir(place), key=lambda entry: entry.name) if place.is_dir() else ():
            if not entry.is_symlink() or (stamp == managed.current and entry.name in managed.links):
                continue
            to = os.readlink(entry.path).removeprefix("../../").partition("/")[0]
            if to in managed.removed:
                change.remove(f"{stamp}/{INSTALLERS}/{entry.name}")
