"""Which snapshots stay, and which archives nobody needs any more."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from pltpack.site.config import read_config
from pltpack.site.layout import ARCHIVES, SNAPSHOTS, STATE
from pltpack.site.snapshots import snapshot_states, stamps
from pltpack.site.state import PackageState, read_states
from pltpack.site.write import change_time, locked, put_files

_DATED: Final = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_DAY: Final = timedelta(days=1)
_DAYS: Final = 7

UNNEEDED: Final = f"{STATE}/unneeded.json"
"""When each archive that nobody needs was first seen to be so."""


@dataclass(slots=True)
class Pruned:
    """What was removed, or with ``dry_run`` would be: snapshots by their stamps, archives by their paths in the site.

    ``waiting`` are archives that nobody needs any more, and that stay for their time of grace. ``size``: bytes freed.
    """

    snapshots: list[str] = field(default_factory=list)
    archives: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    size: int = 0


def kept_by_number(names: Iterable[str], most: int, current: str | None = None) -> list[str]:
    """The ``most`` snapshots that are the latest by name, and the current one whatever its name.

    >>> kept_by_number(["2026-01-01", "2026-01-03", "2026-01-02"], 2)
    ['2026-01-03', '2026-01-02']
    """
    ordered = sorted(names, reverse=True)
    return ordered[:most] + [name for name in ordered[most:] if name == current]


def kept_by_weeks(names: Sequence[str], weeks: int, now: datetime) -> list[str]:
    """The oldest snapshot of each of the last seven days and of each of the last ``weeks`` weeks.

    Names begin with a date, ``YYYYMMDD`` or ``YYYY-MM-DD``, which stands for its midnight in UTC; days and weeks are
    counted back from ``now``. If none is in any of them the oldest of all stays. The rule is that of the snapshots of
    Racket's distribution sites, but for names without a date: those are no snapshots, and raise ``ValueError``.
    """
    dated = sorted(((day_of(name), name) for name in names), key=lambda pair: pair[0])
    spans = [(now - (number + 1) * _DAY, now - number * _DAY) for number in range(_DAYS)]
    spans += [(now - 7 * (number + 1) * _DAY, now - 7 * number * _DAY) for number in range(weeks)]
    kept: dict[str, None] = {}
    for start, end in spans:
        oldest = next((name for day, name in dated if start <= day < end), None)
        if oldest is not None:
            kept[oldest] = None
    return list(kept) or [name for _, name in dated[:1]]


def day_of(name: str) -> datetime:
    """The day that a name begins with. Raises ``ValueError`` if it begins with none."""
    found = _DATED.match(name)
    if found is None:
        raise ValueError(f"{name!r} does not begin with a date")
    year, month, day = map(int, found.groups())
    return datetime(year, month, day, tzinfo=UTC)


def prune_site(
    site: str | os.PathLike[str],
    *,
    keep: int | None = None,
    weeks: int | None = None,
    grace_days: int | None = None,
    dry_run: bool = False,
) -> Pruned:
    """Remove snapshots beyond ``keep``, or beyond the rule of ``weeks``, and archives that nothing needs any more.

    The current snapshot always stays. Without either all snapshots stay. What is not said is as in ``catalog.toml``.
    An archive is needed by the packages of the site and of the snapshots that stay; it goes when it has been seen
    unneeded for ``grace_days``, so that no download is cut off. Folders that are no complete snapshots are not counted
    and not touched. Raises :class:`~pltpack.errors.BusyError`, ``PltError`` and ``OSError``.
    """
    path = Path(site)
    with locked(path):
        config = read_config(path)
        keep = config.snapshots.keep if keep is None and weeks is None else keep
        weeks = config.snapshots.weeks if keep in (None, 0) and weeks is None else weeks
        grace = (config.publish.grace_days if grace_days is None else grace_days) * 86400
        now = change_time()
        pruned = Pruned(snapshots=_beyond(path, keep or 0, weeks or 0, now))
        staying = [stamp for stamp in stamps(path) if stamp not in pruned.snapshots]
        needed = set(_needed(read_states(path).values()))
        for stamp in staying:
            needed.update(_needed(snapshot_states(path, stamp).values()))
        since = _read_unneeded(path)
        unneeded: dict[str, int] = {}
        for archive in _archives(path):
            if archive in needed:
                continue
            seen = since.get(archive, now)
            if now - seen >= grace:
                pruned.archives.append(archive)
                pruned.size += sum(entry.stat().st_size for entry in os.scandir((path / archive).parent))
            else:
                pruned.waiting.append(archive)
                unneeded[archive] = seen
        if not dry_run:
            # Snapshots go before the archives that only they need, so that no client is told of what is gone.
            put_files(path, iter(()), gone=[f"{SNAPSHOTS}/{stamp}" for stamp in pruned.snapshots])
            folders = [archive.rpartition("/")[0] for archive in pruned.archives]
            put_files(path, iter([(UNNEEDED, msgspec.json.encode(unneeded))]), gone=folders)
    return pruned


def _beyond(site: Path, keep: int, weeks: int, now: int) -> list[str]:
    names = stamps(site)
    current = current_stamp(site)
    if keep:
        kept = kept_by_number(names, keep, current)
    elif weeks:
        dated = [name for name in names if _DATED.match(name)]
        kept = kept_by_weeks(dated, weeks, datetime.fromtimestamp(now, UTC))
        kept += [name for name in names if name not in dated]
    else:
        return []
    return sorted(name for name in names if name not in kept and name != current)


def current_stamp(site: Path) -> str | None:
    """The snapshot that ``current`` leads to."""
    try:
        return os.readlink(site / SNAPSHOTS / "current")
    except OSError:
        return None


def _needed(states: Iterable[PackageState]) -> Iterator[str]:
    return (state.archive for state in states if state.archive is not None)


def _archives(site: Path) -> list[str]:
    """All archives in a site, by their paths; their checksums are not counted."""
    found = (site / ARCHIVES).glob("??/*/*")
    paths = (path.relative_to(site).as_posix() for path in found if not path.name.endswith(".CHECKSUM"))
    return sorted(paths)


def _read_unneeded(site: Path) -> dict[str, int]:
    try:
        return msgspec.json.decode((site / UNNEEDED).read_bytes(), type=dict[str, int])
    except (FileNotFoundError, msgspec.MsgspecError):
        return {}  # seen for the first time, all of them
