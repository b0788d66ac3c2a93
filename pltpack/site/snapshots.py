"""Freezing a site: dated snapshots that never change, which share their archives with the site by content.

A snapshot is a catalog of its own, whose URL a client can pin. It is made whole, gets the file ``done``, and is never
touched again but to be removed.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from pltpack.errors import EntryExistsError, FormatError, MemberError
from pltpack.site.config import read_config, read_overrides
from pltpack.site.files import catalog_files, catalog_texts
from pltpack.site.knowledge import Knowledge, read_summary
from pltpack.site.layout import CATALOG, DONE, SNAPSHOTS, relative_source
from pltpack.site.state import PackageState, read_states
from pltpack.site.write import Files, change_time, locked, put_files

_STAMP: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_MOST: Final = 256 << 20

_T = TypeVar("_T")

STATES: Final = "states.json"
SUMS: Final = "packages.json"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot: its stamp, and the SHA-1 of each package's archive in it."""

    stamp: str
    packages: Mapping[str, str]


def take_snapshot(site: str | os.PathLike[str], stamp: str | None = None, *, dry_run: bool = False) -> Snapshot:
    """Freeze the site as it is; ``stamp`` names the snapshot (default: the date, with a number if that is taken).

    ``snapshots/current`` is a link to it from then on. Raises :class:`~pltpack.errors.EntryExistsError` for a stamp
    that is there, ``ValueError`` for one that cannot be a name, :class:`~pltpack.errors.BusyError`, ``OSError``.
    """
    path = Path(site)
    with locked(path):
        stamp = stamp or _free_stamp(path)
        if not _STAMP.fullmatch(stamp) or stamp == "current":
            raise ValueError(f"{stamp!r} cannot be the name of a snapshot: use letters, digits, '.', '-' and '_'")
        if (path / SNAPSHOTS / stamp).exists():
            raise EntryExistsError(f"the snapshot {stamp} is there already, and never changes", file=os.fspath(path))
        states = read_states(path)
        snapshot = Snapshot(stamp, {name: state.checksum or state.facts.sha1 for name, state in states.items()})
        if not dry_run:
            config = read_config(path)
            known = Knowledge(states, read_overrides(path), config, read_summary(path, config))
            put_files(path, _files(snapshot, known))
            point_to(path / SNAPSHOTS, stamp)
    return snapshot


def _free_stamp(site: Path) -> str:
    day = datetime.fromtimestamp(change_time(), UTC).strftime("%Y-%m-%d")
    taken, number = set(stamps(site)), 2
    if day not in taken:
        return day
    while f"{day}-{number}" in taken:
        number += 1
    return f"{day}-{number}"


def _files(snapshot: Snapshot, known: Knowledge) -> Files:
    """The files of a snapshot; sources lead from its catalog to the archives of the site."""
    top = f"{SNAPSHOTS}/{snapshot.stamp}"
    records = known.records(now=0)
    for name, record in records.items():
        if (archive := known.states[name].archive) is not None:
            record["source"] = relative_source(archive, f"{top}/{CATALOG}")
            record.pop("versions", None)  # holds the source as it is in the site's own catalog
    yield from catalog_files(catalog_texts(records), f"{top}/{CATALOG}")
    yield f"{top}/{STATES}", msgspec.json.encode(list(known.states.values()))
    yield f"{top}/{SUMS}", msgspec.json.format(msgspec.json.encode(dict(snapshot.packages)), indent=1) + b"\n"
    yield f"{top}/{DONE}", b""


def point_to(folder: Path, stamp: str) -> None:
    """Let ``current`` in a folder of snapshots be a link to one of them; at each moment it leads to one."""
    temporary = folder / f".current-{os.getpid()}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(stamp)
    temporary.replace(folder / "current")


def stamps(site: Path) -> list[str]:
    """The complete snapshots of a site, the latest first by name."""
    try:
        names = [entry.name for entry in os.scandir(site / SNAPSHOTS) if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []
    return sorted((name for name in names if (site / SNAPSHOTS / name / DONE).exists()), reverse=True)


def read_snapshot(site: Path, stamp: str) -> Snapshot:
    """A snapshot of a site. Raises :class:`~pltpack.errors.MemberError` if there is none, ``FormatError``."""
    from pltpack.suggestions import did_you_mean

    if stamp not in stamps(site):
        raise MemberError(
            f"there is no snapshot {stamp!r}", file=os.fspath(site), hint=did_you_mean(stamp, stamps(site))
        )
    path = site / SNAPSHOTS / stamp / SUMS
    return Snapshot(stamp, _decoded(path, dict[str, str]))


def snapshot_states(site: Path, stamp: str) -> dict[str, PackageState]:
    """The packages of a snapshot as the site knew them then. Raises as :func:`read_snapshot`."""
    read_snapshot(site, stamp)
    states = _decoded(site / SNAPSHOTS / stamp / STATES, list[PackageState])
    return {state.name: state for state in states}


def _decoded(path: Path, kind: type[_T]) -> _T:
    with path.open("rb") as stream:
        text = stream.read(_MOST)
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError as error:
        raise FormatError(f"not what a snapshot holds: {error}", file=os.fspath(path)) from None


def releases_in_snapshots(site: Path) -> dict[str, list[tuple[str, str]]]:
    """For each package the snapshots that it is in, the latest first, with its checksum in each."""
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for stamp in stamps(site):
        for name, sha1 in read_snapshot(site, stamp).packages.items():
            found[name].append((stamp, sha1))
    return dict(found)
